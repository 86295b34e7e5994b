"""Numbers and ids that everything else is made of: exact decimals and the rounding of a venue."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final, NewType

ClientOrderId = NewType("ClientOrderId", str)
"""The id that we give an order before it is sent. A function of the decision, never random."""

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
HALF: Final = Decimal("0.5")
BPS: Final = Decimal("0.0001")
"""One basis point, 0.01 %."""

WALLET_GRAIN_COIN: Final = Decimal("1e-12")
"""The smallest amount of coin that a ledger books; every booking is a whole multiple of it."""


def book_coin(amount_coin: Decimal) -> Decimal:
    """The amount of coin as a ledger books it, to ``WALLET_GRAIN_COIN``, half to even.

    Rounding each booking makes a wallet an exact sum of its entries, in whatever order.
    """
    return amount_coin.quantize(WALLET_GRAIN_COIN, rounding=ROUND_HALF_EVEN)


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of ``step`` (positive) that is not above ``value``."""
    return (value / step).to_integral_value(rounding=ROUND_FLOOR) * step


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of ``step`` (positive) that is not below ``value``."""
    return (value / step).to_integral_value(rounding=ROUND_CEILING) * step


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether ``value`` is a whole number of ``step``."""
    return value % step == ZERO


_TO_PLACES: Final = tuple(f".{places}f" for places in range(29))


def plain(value: Decimal, places: int | None = None) -> str:
    """The number as decimal text without an exponent and without idle zeros after the point.

    It is rounded to so many ``places`` where they are given, and exact where not.
    """
    if places is not None:
        text = format(value, _TO_PLACES[places])
    else:
        text = str(value)  # much faster, and the same wherever it needs no exponent
        if "E" in text:
            text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def in_usd(amount_usd: Decimal, *, signed: bool = False) -> str:
    """Dollars as people read them: to the cent, thousands apart; with its sign where it matters."""
    text = format(amount_usd, "+,.2f" if signed else ",.2f")
    return text.replace("-", "+" if signed else "") if text == "-0.00" else text


def in_coin(amount_coin: Decimal) -> str:
    """Coins as people read them: to the eighth place, without idle zeros."""
    text = format(amount_coin, ",.8f").rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def as_price(price_usd: Decimal) -> str:
    """A price as people read it: to the cent, and finer for what costs less than ten dollars."""
    return format(price_usd, ",.2f" if abs(price_usd) >= 10 else ",.6f")
