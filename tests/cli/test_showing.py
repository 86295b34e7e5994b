"""What goes to the screen: JSON that programs read, numbers that people read."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.cli import tables
from bot.cli.output import console
from bot.domain.documents import jsonable
from bot.domain.limits import TradingState
from bot.domain.margin import NEVER
from bot.domain.records import Figure


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_json_holds_exact_numbers_plain_times_and_words() -> None:
    value = {
        "small": Decimal("1E-12"),
        "large": Decimal("1E+5"),
        "liquidation": NEVER,
        "unknown": None,
        "state": TradingState.HALTED,
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "figures": (Figure("short", "5", "USD", "position", 0.5),),
    }
    assert json.loads(json.dumps(jsonable(value))) == {
        "small": "0.000000000001",
        "large": "100000",
        "liquidation": "never",
        "unknown": None,
        "state": "halted",
        "at": "2026-01-01T00:00:00+00:00",
        "figures": [
            {"name": "short", "value": "5", "unit": "USD", "source": "position", "age_s": 0.5}
        ],
    }


@pytest.mark.parametrize(
    ("show", "value", "text"),
    [
        (tables.usd, Decimal("1234567.891"), "1,234,567.89"),
        (tables.signed_usd, Decimal("0.004"), "+0.00"),
        (tables.signed_usd, Decimal("-0.004"), "+0.00"),
        (tables.signed_usd, Decimal("-12.3"), "-12.30"),
        (tables.coin, Decimal("0.10000000"), "0.1"),
        (tables.coin, Decimal("1E-9"), "0"),
        (tables.signed_coin, Decimal("-0.5"), "-0.50000000"),
        (tables.share, Decimal("0.99995"), "100.00 %"),
        (tables.bps, Decimal("2.5"), "+2.50 bps"),
        (tables.rate, Decimal("0.0001"), "+1.00 bps"),
        (tables.multiple, Decimal("Infinity"), "no margin left"),
        (tables.price, NEVER, "never"),
        (tables.distance, NEVER, "never"),
        (tables.price, None, "unknown"),
        (tables.span, 59.9, "60 s"),
        (tables.span, 3599.0, "59 min 59 s"),
        (tables.span, 90_000.0, "1 d 1 h"),
    ],
)
def test_a_number_reads_as_people_write_it(
    show: Callable[[object], str], value: object, text: str
) -> None:
    assert show(value) == text


@pytest.mark.parametrize(
    "show", [tables.usd, tables.coin, tables.share, tables.bps, tables.rate, tables.multiple]
)
def test_what_is_not_known_is_a_dash_and_not_a_zero(show: Callable[[object], str]) -> None:
    assert show(None) == tables.UNKNOWN


@pytest.mark.parametrize(
    ("stream", "no_color", "coloured"),
    [(Screen(), "", True), (Screen(), "1", False), (io.StringIO(), "", False)],
)
def test_colours_are_for_terminals_that_want_them(
    stream: io.StringIO, no_color: str, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", no_color)
    console(stream).print("wrong", style="red")
    assert ("\x1b[" in stream.getvalue()) is coloured


def test_a_forced_colour_does_not_reach_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    console(stream).print("wrong", style="red")
    assert stream.getvalue() == "wrong\n"


def test_nothing_of_a_wide_table_is_cut_off_in_a_pipe() -> None:
    stream = io.StringIO()
    made = tables.table("name", *(f"column {number}" for number in range(10)))
    made.add_row("bag", *(f"{number:,}" for number in range(10**9, 10**9 + 10)))
    console(stream).print(made)
    assert "…" not in stream.getvalue()
    assert "1,000,000,009" in stream.getvalue()


def test_no_digit_of_a_wide_table_is_lost_on_a_narrow_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    screen = Screen()
    made = tables.table("name", *(f"column {number}" for number in range(6)))
    made.add_row("bag", *("7,777,777,777.77" for _ in range(6)))
    console(screen).print(made)
    assert screen.getvalue().count("7") == 6 * 12
    assert "…" not in screen.getvalue()


def test_square_brackets_are_text() -> None:
    stream = io.StringIO()
    console(stream).print("[red]reason[/red] :warning:")
    assert stream.getvalue() == "[red]reason[/red] :warning:\n"
