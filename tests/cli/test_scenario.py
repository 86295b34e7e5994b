"""``hedgehold scenario``: the worked example, and a bag of one's own."""

from decimal import Decimal

import pytest

from tests.cli.conftest import Command


def test_the_worked_example_is_printed_to_the_last_digit(hedgehold: Command) -> None:
    said = hedgehold("scenario")
    assert (said.code, said.err) == (0, "")
    for number in (
        "+328.7593",
        "-166.5556",
        "+14.379645511721",
        "-11.148123473240",
        "+316.1802",
        "-154.0171",
    ):
        assert number in said.out
    assert "Liquidation: at 4,976.24 USD on the perpetual, +24.38 % from here." in said.out


def test_json_holds_the_worked_example_and_a_row_per_move_and_basis(hedgehold: Command) -> None:
    document = hedgehold("scenario", "--json").document
    example = document["worked_example"]["outcomes"]
    assert [Decimal(one["net_usd"]).quantize(Decimal("0.0001")) for one in example] == [
        Decimal("328.7593"),
        Decimal("-166.5556"),
        Decimal("316.1802"),
        Decimal("-154.0171"),
    ]
    assert {Decimal(row["move"]) for row in document["rows"]} >= {Decimal("-0.9"), Decimal(3)}
    assert len(document["rows"]) == 12 * 3
    assert document["short_usd"] == "400100"
    assert document["collateral_coin"] == "20"


def test_a_bag_that_nothing_can_liquidate_says_never(hedgehold: Command) -> None:
    options = ("scenario", "--asset", "BTC", "--coins", "5", "--spot", "50000", "--perp", "50000")
    said = hedgehold(*options, "--collateral", "5", "--json").document
    assert said["liquidation_price"] == "never"
    assert {row["liquidation_distance"] for row in said["rows"]} == {"never"}
    assert not any(row["liquidated"] for row in said["rows"])
    text = hedgehold(*options, "--collateral", "5").out
    assert "Liquidation: never" in text
    assert "Worked example" not in text  # it is about another bag


def test_own_moves_and_bases_make_the_table(hedgehold: Command) -> None:
    said = hedgehold("scenario", "--moves=-50,25", "--basis-bps=0,100", "--json").document
    rows = [(float(row["move"]), float(row["basis_bps"])) for row in said["rows"]]
    assert rows == [(-0.5, 0.0), (-0.5, 100.0), (0.25, 0.0), (0.25, 100.0)]


@pytest.mark.parametrize(
    ("target", "short_usd"),
    [
        ("static:0.5", 200_050),
        ("usd:100000", 100_000),
        ("keep-coins:25", 300_075),
        ("full", 400_100),
    ],
)
def test_a_target_gives_the_short(hedgehold: Command, target: str, short_usd: int) -> None:
    said = hedgehold("scenario", "--target", target, "--json").document
    assert Decimal(said["short_usd"]) == short_usd


@pytest.mark.parametrize(
    "options",
    [
        ["--coins=-1"],
        ["--coins=nan"],
        ["--coins=0"],
        ["--spot=0"],
        ["--perp=-4001"],
        ["--target=static:1.5"],
        ["--target=half"],
        ["--short-usd=-1"],
        ["--collateral=101"],
        ["--collateral=19"],
        ["--collateral=-1"],
        ["--leverage=0"],
        ["--moves=-100"],
        ["--moves="],
        ["--basis-bps=x"],
        ["--maintenance-rate=1"],
        ["--asset=BTC/USD"],
        ["--unknown"],
        ["stray"],
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(hedgehold: Command, options: list[str]) -> None:
    said = hedgehold("scenario", *options)
    assert said.code == 2
    assert said.out == ""
    assert len(said.sentences) == 1
    assert options[0].partition("=")[0] in said.err


def test_a_short_that_the_whole_bag_cannot_carry_is_refused(hedgehold: Command) -> None:
    said = hedgehold("scenario", "--short-usd=4000000")
    assert (said.code, len(said.sentences)) == (2, 1)
    assert "more than the 100 coins of the bag" in said.err
