"""Tables for people: numbers as one reads them, an en dash where a number is not known."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.domain.margin import LiquidationPrice, Never
from bot.domain.quantities import BPS, plain
from bot.domain.report import liquidation_text

if TYPE_CHECKING:
    from rich.table import Table

UNKNOWN: Final = "–"
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0


def table(*columns: str, title: str = "", left: int = 1) -> Table:
    """An empty table; the first ``left`` columns hold words, the others numbers.

    On a narrow screen a cell goes on in its next line: no digit is ever left out.
    """
    from rich import box
    from rich.table import Table

    made = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for index, name in enumerate(columns):
        made.add_column(name, justify="left" if index < left else "right", overflow="fold")
    return made


def facts(
    rows: Sequence[tuple[str, Sequence[str]]], names: Sequence[str], title: str = ""
) -> Table:
    """A table with one named row per fact and one column per ``names``."""
    made = table("", *names, title=title)
    for label, cells in rows:
        made.add_row(label, *cells)
    return made


def usd(amount: Decimal | None) -> str:
    """Dollars to the cent."""
    return UNKNOWN if amount is None else f"{_rounded(amount, 2):,.2f}"


def signed_usd(amount: Decimal | None) -> str:
    """Dollars to the cent, with a plus sign where they were gained."""
    return UNKNOWN if amount is None else f"{_rounded(amount, 2):+,.2f}"


def coin(amount: Decimal | None) -> str:
    """Coins to eight places, idle zeros left out."""
    return UNKNOWN if amount is None else plain(_rounded(amount, 8))


def signed_coin(amount: Decimal | None) -> str:
    """Coins to eight places with their sign."""
    return UNKNOWN if amount is None else f"{_rounded(amount, 8):+f}"


def share(part: Decimal | None) -> str:
    """A share as per cent."""
    return UNKNOWN if part is None else f"{_rounded(part * 100, 2):,.2f} %"


def signed_share(part: Decimal | None) -> str:
    """A share as per cent with its sign."""
    return UNKNOWN if part is None else f"{_rounded(part * 100, 2):+,.2f} %"


def bps(hundredths: Decimal | None) -> str:
    """Basis points."""
    return UNKNOWN if hundredths is None else f"{_rounded(hundredths, 2):+,.2f} bps"


def rate(value: Decimal | None) -> str:
    """A funding rate in basis points."""
    return UNKNOWN if value is None else bps(value / BPS)


def multiple(factor: Decimal | None) -> str:
    """A leverage."""
    if factor is None:
        return UNKNOWN
    return f"{_rounded(factor, 2):,.2f}×" if factor.is_finite() else "no margin left"


def price(at: LiquidationPrice | None) -> str:
    """A liquidation price, "never" where none can be reached."""
    return liquidation_text(at)


def distance(away: LiquidationPrice | None) -> str:
    """A distance to liquidation as per cent of the price, "never" where there is none."""
    if away is None:
        return UNKNOWN
    return "never" if isinstance(away, Never) else signed_share(away)


def span(seconds: float | None) -> str:
    """A length of time in its two largest units."""
    if seconds is None:
        return UNKNOWN
    if seconds < _MINUTE:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min {seconds % _MINUTE:.0f} s"
    if seconds < _DAY:
        return f"{seconds // _HOUR:.0f} h {seconds % _HOUR // _MINUTE:.0f} min"
    return f"{seconds // _DAY:.0f} d {seconds % _DAY // _HOUR:.0f} h"


def _rounded(amount: Decimal, places: int) -> Decimal:
    """The amount to so many places, never a negative zero."""
    return round(amount, places) + Decimal(0)
