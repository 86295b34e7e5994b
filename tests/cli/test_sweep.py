"""``hedgehold replay`` over bags of a settings file, several histories, and a grid."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Said
from tests.cli.test_replay import BAG, write_history
from tests.cli.test_showing import Screen

CONFIG = Path(__file__).parents[2] / "config" / "dry-run.toml"


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    return write_history(tmp_path)


def test_a_grid_is_a_row_per_combination_on_the_screen(hedgehold: Command, prices: Path) -> None:
    grid = ("--sweep", "band=0.5%,2%,auto", "--sweep", "target=full,constant-ratio:0.5")
    said = hedgehold("replay", prices, *BAG, *grid, "--cores", 1)
    assert (said.code, said.err) == (0, "")
    for text in ("0.5%", "auto", "constant-ratio:0.5", "6 replays of 42 bars"):
        assert text in said.out


def test_a_grid_is_a_document_with_the_values_as_they_were_written(
    hedgehold: Command, prices: Path
) -> None:
    grid = ("--sweep", "collateral=50%,5", "--sweep", "fee=0,0.1%")
    cases = hedgehold("replay", prices, *BAG, *grid, "--json", "--cores", 1).document["cases"]
    assert [case["sweep"] for case in cases] == [
        {"collateral": "50%", "fee": "0"},
        {"collateral": "50%", "fee": "0.1%"},
        {"collateral": "5", "fee": "0"},
        {"collateral": "5", "fee": "0.1%"},
    ]
    assert cases[0]["fees_usd"] == 0 or cases[0]["liquidations"]
    assert cases[3]["fees_usd"] == pytest.approx(0.001 * cases[3]["turnover_usd"], rel=1e-3)


def test_a_terminal_shows_how_many_replays_are_done(
    hedgehold: Command, prices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    said = hedgehold("replay", prices, *BAG, "--sweep", "band=1%,2%", "--json", "--cores", 1)
    assert len(said.document["cases"]) == 2
    assert "2/2" in screen.getvalue()


def test_a_page_of_the_grid_is_written(hedgehold: Command, prices: Path, tmp_path: Path) -> None:
    page = tmp_path / "sweep.html"
    grid = ("--sweep", "band=1%,2%", "--cores", 1)
    said = hedgehold("replay", prices, *BAG, *grid, "--html", page)
    assert (said.code, f"The page is {page}." in said.out) == (0, True)
    assert "What it costs, and the risk that it leaves" in page.read_text()


def test_the_bag_of_a_settings_file_is_replayed_as_it_is_set(
    hedgehold: Command, prices: Path
) -> None:
    said = hedgehold("replay", prices, "--config", CONFIG, "--bag", "eth", "--json")
    assert said.document["start_usd"] == 50 * 50_000  # 30 in spot and 20 in the margin wallet
    assert said.document["orders"] >= 1
    half = said.document["max_abs_delta_coin"]
    assert half == pytest.approx(25, rel=1e-3)


def test_every_bag_is_replayed_over_the_histories_of_its_coin(
    hedgehold: Command, prices: Path
) -> None:
    files = (f"BTC:one={prices}", f"BTC:two={prices}", f"ETH={prices}")
    said = hedgehold("replay", *files, "--config", CONFIG, "--json", "--cores", 1).document
    assert [(case["bag"], case["history"]) for case in said["cases"]] == [
        ("btc", "one"),
        ("btc", "two"),
        ("eth", "ETH"),
    ]


def test_an_option_wins_over_the_settings_and_the_grid_over_both(
    hedgehold: Command, prices: Path
) -> None:
    bag = ("replay", prices, "--config", CONFIG, "--bag", "btc", "--json", "--cores", 1)
    coins = ("--coins", 4, "--collateral", 4, "--fee", "0.1%")
    cases = hedgehold(*bag, *coins, "--sweep", "fee=0,0.2%").document["cases"]
    assert [case["start_usd"] for case in cases] == [200_000, 200_000]
    for case, fee in zip(cases, (0, 0.002), strict=True):
        assert case["fees_usd"] == pytest.approx(fee * case["turnover_usd"], rel=1e-3)


def test_any_setting_can_be_swept_over(hedgehold: Command, prices: Path) -> None:
    bag = ("replay", prices, "--config", CONFIG, "--bag", "btc", "--json", "--cores", 1)
    margin = ("--coins", 5, "--collateral", 5)
    of_bag = hedgehold(*bag, *margin, "--sweep", "bag.execution.max_slice_usd=1000,100000")
    few, many = (case["turnover_usd"] for case in of_bag.document["cases"])
    assert few < many
    limits = hedgehold(*bag, *margin, "--sweep", "limits.max_short_usd=1000,off")
    none, whole = (case["orders"] for case in limits.document["cases"])
    assert (none, whole >= 1) == (0, True)


def test_coins_that_the_settings_do_not_know_are_asked_for(
    hedgehold: Command, prices: Path, tmp_path: Path
) -> None:
    config = tmp_path / "bag.toml"
    config.write_text(
        '[accounts.main]\nvenue = "simulator"\n\n[[bags]]\nname = "savings"\nasset = "BTC"\n'
        'hedge = { account = "main" }\ntarget = { kind = "full" }\n'
    )
    bag = ("replay", prices, "--config", config)
    refused(hedgehold(*bag), "bags[savings]: the settings do not say how many BTC it holds")
    refused(hedgehold(*bag, "--coins", 5), "give --collateral too")
    assert hedgehold(*bag, "--coins", 5, "--collateral", "100%").code == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--sweep", "band="), "--sweep band: there are no values to sweep over"),
        (("--sweep", "bnad=1%"), "there is no 'bnad' to sweep over; did you mean band?"),
        (("--sweep", "style=twap"), "there is no 'style' to sweep over"),
        (("--sweep", "target=ful"), "--sweep target: 'ful' is no target"),
        (("--sweep", "band=1%,wide"), "--sweep band: 'wide'"),
        (("--sweep", "leverage=0.5"), "--sweep leverage: '0.5'"),
        (("--sweep", "collateral=120%"), "--sweep collateral: '120%'"),
        (("--sweep", "limits.max_short_usd=1"), "name the file with --config"),
        (("--cores", "0"), "--cores: '0'"),
        (("--cores", "2", "--dask", "tcp://127.0.0.1:1"), "--cores: the cluster of --dask"),
        (("--bag", "savings"), "--bag: bags have names in a settings file"),
        (("--config", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_a_grid_that_cannot_be_meant_is_one_sentence(
    hedgehold: Command, prices: Path, options: tuple[str, ...], told: str
) -> None:
    given = options if "--config" in options else (*BAG, *options)
    refused(hedgehold("replay", prices, *given), told)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "there are bags of BTC and ETH; say whose prices these are"),
        (("--bag", "bct"), "--bag: there is no bag 'bct'"),
        (("--coins", "5"), "--coins: the settings have 2 bags"),
        (("--asset", "BTC"), "--asset: the bags of --config have theirs"),
        (("--bag", "btc", "--sweep", "limits.x=1"), "limits.x on the command line"),
        (("--bag", "btc", "--sweep", "bag.style=twap"), "bags[btc].style on the command line"),
        (("--bag", "btc", "--sweep", "bag.execution.style=twap2"), "bags[btc].execution.style"),
        (("--bag", "btc", "--sweep", "bag.name.x=1"), "'name' is no section of a bag"),
    ],
)
def test_settings_that_do_not_fit_are_one_sentence(
    hedgehold: Command, prices: Path, options: tuple[str, ...], told: str
) -> None:
    refused(hedgehold("replay", prices, "--config", CONFIG, *options), told)


def test_a_coin_without_prices_and_prices_without_a_coin_are_told(
    hedgehold: Command, prices: Path
) -> None:
    alone = hedgehold("replay", f"BTC={prices}", "--config", CONFIG)
    refused(alone, "there are no prices of ETH; add ETH=FILE")
    files = (f"BTC={prices}", f"SOL={prices}")
    refused(hedgehold("replay", *files, "--config", CONFIG, "--bag", "btc"), "no bag is of SOL")


def refused(said: Said, told: str) -> None:
    """Bad input: exit code 2, one sentence, nothing else."""
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1), said.err
    assert told in said.err
