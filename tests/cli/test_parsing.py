"""Texts of options become values or one sentence."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.cli import parsing
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from bot.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "number"),
    [("2.5", "2.5"), (" 100 ", "100"), ("1_000", "1000"), ("+3", "3"), ("0", "0")],
)
def test_a_number_is_read_exactly(text: str, number: str) -> None:
    assert parsing.number(text, "--coins", parsing.COINS) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["-1", "NaN", "Infinity", "1e5", "", "ten", "1,5", "٣", "1e999999999", "9" * 16]
)
def test_what_is_not_an_amount_is_named_with_its_option(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parsing.number(text, "--coins", parsing.COINS)
    assert str(refused.value) == (
        f"--coins: {text!r} is not an amount of coins, 0 or more; write one such as 2.5"
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), ("0.5h", 1800)],
)
def test_a_length_of_time_is_read(text: str, seconds: int) -> None:
    assert parsing.length(text, "--for") == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["90", "h", "0s", "-1h", "1h 30", "1w", "", "1h-1m", "99999999d"])
def test_what_is_no_length_of_time_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--for: .* write one such as 90s, 10m, 2h or 1d$"):
        parsing.length(text, "--for")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("full", Full()),
        ("static:0.5", Static(Decimal("0.5"))),
        ("constant-ratio:1", ConstantRatio(Decimal(1))),
        ("usd:100000", FixedUsd(Decimal(100_000))),
        ("keep-coins:1", KeepCoins(Decimal(1))),
    ],
)
def test_each_target_can_be_written(text: str, target: Target) -> None:
    assert parsing.target(text, "--target") == target


@pytest.mark.parametrize(
    "text",
    ["half", "full:1", "static", "static:", "static:1.5", "constant-ratio:-0.1", "usd:-5", ""],
)
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--target.* write "):
        parsing.target(text, "--target")


def test_pairs_are_read_up_to_the_first_equals_sign() -> None:
    assert parsing.pairs(["spot=a=b", "ts=time"], "--column", "x") == {"spot": "a=b", "ts": "time"}


@pytest.mark.parametrize("given", [["spot"], ["=close"], ["spot="], ["spot=a", "spot=b"]])
def test_a_pair_that_is_none_or_comes_twice_is_refused(given: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"^--column: "):
        parsing.pairs(given, "--column", "spot=close")


def test_a_whole_number_is_not_a_fraction() -> None:
    assert parsing.whole("3", "--cycles") == 3
    with pytest.raises(ConfigError, match=r"^--cycles: '2\.5' is not a whole number of 1 or more"):
        parsing.whole("2.5", "--cycles")
