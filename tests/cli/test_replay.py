"""``hedgehold replay``: from a file and options to a report, a document, a page."""

import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Said
from tests.cli.test_showing import Screen

KEYS = {
    "bars",
    "orders",
    "turnover_usd",
    "fees_usd",
    "funding_usd",
    "start_usd",
    "end_usd",
    "change_usd",
    "unhedged_change_usd",
    "hedged_sd_usd",
    "unhedged_sd_usd",
    "variance_reduction",
    "variance_reduction_daily",
    "cvar5_usd",
    "worst_drawdown_usd",
    "max_abs_delta_coin",
    "liquidations",
    "margin_moves",
    "attribution",
    "seconds",
    "bars_per_s",
    "runs",
}
PRICES = [50_000, 48_000, 45_000, 37_500, 40_000, 60_000, 75_000]


def write_history(
    folder: Path, *, header: str = "ts,spot_close,perp_close", days: tuple[int, ...] = (1,)
) -> Path:
    """Hours that fall by a quarter and then double, once per day given."""
    path = folder / "prices.csv"
    rows = [
        f"2024-01-{day:02}T{hour:02}:00:00Z,{price},{price}"
        for day in days
        for hour, price in enumerate(PRICES)
    ]
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


BAG = ("--asset", "BTC", "--coins", 5, "--collateral", 5)


def test_a_fall_and_a_doubling_need_one_order(hedgehold: Command, tmp_path: Path) -> None:
    said = hedgehold("replay", write_history(tmp_path), *BAG, "--target", "full", "--json")
    assert (said.code, said.err) == (0, "")
    document = said.document
    assert set(document) == KEYS
    assert (document["bars"], document["orders"], document["liquidations"]) == (7, 1, 0)
    assert document["unhedged_change_usd"] == 125_000
    assert abs(document["change_usd"]) < 500
    assert set(document["runs"][0]) == KEYS - {"runs"} | {"from", "to"}


def test_people_get_tables_without_a_progress_bar_in_a_pipe(
    hedgehold: Command, tmp_path: Path
) -> None:
    said = hedgehold("replay", write_history(tmp_path, days=(1, 9)), *BAG)
    assert (said.code, said.err) == (0, "")
    for text in ("+250,000.00", "Where the change came from", "Runs in USD, each", "2024-01-09"):
        assert text in said.out


def test_a_terminal_shows_how_far_it_is(
    hedgehold: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    said = hedgehold("replay", write_history(tmp_path), *BAG, "--json")
    assert said.document["bars"] == 7
    assert "7/7" in screen.getvalue()


def test_columns_and_rows_are_chosen_by_name(hedgehold: Command, tmp_path: Path) -> None:
    path = tmp_path / "venues.csv"
    path.write_text(
        "when,venue,index,last\n"
        "2024-01-01T00:00:00Z,bybit,50000,50000\n"
        "2024-01-01T00:00:00Z,other,1,1\n"
        "2024-01-01T01:00:00Z,bybit,60000,60000\n"
    )
    columns = ("--column", "ts=when", "--column", "spot=index", "--column", "perp=last")
    said = hedgehold("replay", path, *BAG, *columns, "--where", "venue=bybit", "--json")
    assert said.document["bars"] == 2
    assert said.document["unhedged_change_usd"] == 50_000


def test_a_shorter_gap_makes_more_runs(hedgehold: Command, tmp_path: Path) -> None:
    path = write_history(tmp_path, days=(1, 2))
    runs = [
        len(hedgehold("replay", path, *BAG, "--max-gap", gap, "--json").document["runs"])
        for gap in ("2d", "3h")
    ]
    assert runs == [1, 2]


def test_a_band_decides_how_often_a_ratio_is_restored(hedgehold: Command, tmp_path: Path) -> None:
    path = write_history(tmp_path)
    ratio = ("replay", path, *BAG, "--target", "constant-ratio:0.5", "--json")
    orders = [hedgehold(*ratio, *band).document["orders"] for band in ((), ("--band", "0.5:0.2"))]
    assert orders[0] > orders[1] == 1


def test_a_fee_is_a_share_of_what_is_traded(hedgehold: Command, tmp_path: Path) -> None:
    path = write_history(tmp_path)
    said = hedgehold("replay", path, *BAG, "--fee", "0.001", "--json").document
    assert said["fees_usd"] == pytest.approx(0.001 * said["turnover_usd"], rel=1e-3)
    assert hedgehold("replay", path, *BAG, "--fee", 0, "--json").document["fees_usd"] == 0


def test_a_page_is_written_where_it_was_asked_for(hedgehold: Command, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    said = hedgehold("replay", write_history(tmp_path), *BAG, "--html", page)
    assert said.code == 0
    assert f"The page is {page}." in said.out
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--coins", "-5"), "--coins: '-5'"),
        (("--collateral", "6"), "--collateral: 6 BTC"),
        (("--target", "static:1.5"), "--target static: '1.5' is not a share between 0 and 1"),
        (("--target", "constant-ratio:1.5"), "--target constant-ratio: '1.5'"),
        (("--asset", "DOGE"), "--asset"),
        (("--asset", "BTC/USDT:USDT"), "--asset"),
        (("--max-gap", "2 days"), "--max-gap: '2 days'"),
        (("--band", "0.1:0.2"), "band"),
        (("--band", "wide"), "--band: 'wide'"),
        (("--column", "spot"), "--column: 'spot' is not NAME=VALUE"),
        (("--column", "price=close"), "--column price=close"),
        (("--where", "venue"), "--where: 'venue'"),
        (("--fee", "1"), "--fee: '1'"),
        (("--half-spread", "0.1"), "--half-spread: '0.1'"),
        (("--leverage", "0.5"), "--leverage: '0.5'"),
        (("--html", "nowhere/page.html"), "--html: there is no folder nowhere"),
        (("--html", "."), "--html: . is a folder"),
    ],
)
def test_bad_options_are_one_sentence_and_exit_code_2(
    hedgehold: Command, tmp_path: Path, options: tuple[str, str], told: str
) -> None:
    given = dict(zip(BAG[::2], BAG[1::2], strict=True)) | {options[0]: options[1]}
    words = [word for pair in given.items() for word in pair]
    said = hedgehold("replay", write_history(tmp_path), *words)
    refused(said, told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ts,open,high\n2024-01-01T00:00:00Z,1,2\n", "spot"),
        ("ts,spot,perp\n2024-01-01T00:00:00Z,NaN,1\n2024-01-01T01:00:00Z,nan,2\n", "line 2"),
        ("ts,spot,perp\n", "prices.csv"),
        ("", "prices.csv"),
        ("ts,spot,perp\n2024-01-01T00:00:00Z,-1,1\n", "line 2"),
    ],
)
def test_a_file_without_prices_is_one_sentence_and_exit_code_2(
    hedgehold: Command, tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(text)
    refused(hedgehold("replay", path, *BAG), told)


def test_a_file_that_is_not_there_is_one_sentence(hedgehold: Command) -> None:
    refused(hedgehold("replay", "nowhere.csv", *BAG), "nowhere.csv")


@pytest.mark.shared_data
def test_recorded_years_are_hedged_to_three_nines(hedgehold: Command, shared_data: Path) -> None:
    path = shared_data / "btc_inverse_binance_1h.csv.gz"
    runs = hedgehold("replay", path, *BAG, "--target", "full", "--json").document["runs"]
    assert runs
    for run in runs:
        assert Decimal(str(run["variance_reduction"])) > Decimal("0.997")
        assert Decimal(str(run["variance_reduction_daily"])) > Decimal("0.9995")
        assert run["liquidations"] == 0
        assert abs(run["attribution"]["residual"]) < 1e-12


def refused(said: Said, told: str) -> None:
    """Bad input: exit code 2, one sentence, nothing else."""
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1), said.err
    assert told in said.err
