"""What an inverse contract pays: dollars of face in, coins of profit out.

A position is two numbers, both signed, negative for a short: its face F in USD and its coin cost
``C = ΣF_i/P_i``, the coins that its face was worth where it was entered. Costs add, so the
average entry ``E = F/C`` is the harmonic mean of the fills, and at the mark price M::

    unrealised profit, coin     u = C − F/M         short of N = −F:  N·(1/M − 1/E)
    the same in USD at M      M·u = M·C − F         a straight line, (N/E)·(E − M)

A fill of f at P always changes wallet + C by f/P: added face brings its cost, removed face takes
its cost along and leaves the difference in the wallet as realised profit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.quantities import ZERO
from bot.errors import InvariantBroken


@dataclass(frozen=True, slots=True)
class InverseBook:
    """A position in one inverse contract; both numbers carry the same sign, or both are zero."""

    face_usd: Decimal
    coin_cost: Decimal

    def __post_init__(self) -> None:
        """Refuse a face and a cost that no fill could have left behind."""
        face, cost = self.face_usd, self.coin_cost
        if (face > ZERO) != (cost > ZERO) or (face < ZERO) != (cost < ZERO):
            raise InvariantBroken(f"a position of {face} USD cannot have cost {cost} coins")

    @property
    def entry_usd(self) -> Decimal | None:
        """The average (harmonic) entry price; None where there is no position."""
        return self.face_usd / self.coin_cost if self.face_usd else None


FLAT: Final = InverseBook(ZERO, ZERO)
"""No position."""


def book_at_entry(face_usd: Decimal, entry_usd: Decimal) -> InverseBook:
    """The position that a venue describes by face and average entry price."""
    return InverseBook(face_usd, coins_at(face_usd, entry_usd)) if face_usd else FLAT


def coins_at(face_usd: Decimal, price_usd: Decimal) -> Decimal:
    """Coins that a face is worth at a price, sign kept: what venues show as size in coin.

    Raises :class:`InvariantBroken` for a price that is not positive.
    """
    if price_usd > ZERO:
        return face_usd / price_usd
    raise InvariantBroken(f"a price of {price_usd} USD reached the arithmetic")


def apply_fill(
    book: InverseBook, face_change_usd: Decimal, price_usd: Decimal
) -> tuple[InverseBook, Decimal]:
    """The position after a fill (negative when sold), and the coins it realised.

    Adding realises nothing; reducing leaves the entry price as it was; going through zero closes
    the position and opens the rest at the fill's price. A closed position is exactly ``FLAT``.
    Raises :class:`InvariantBroken` for a price that is not positive.
    """
    face = book.face_usd
    cost_change = coins_at(face_change_usd, price_usd)
    if not face_change_usd:
        return book, ZERO
    face_left = face + face_change_usd
    unplaced = book.coin_cost + cost_change
    if not face_left:
        return FLAT, unplaced
    if not face or (face > ZERO) == (face_change_usd > ZERO):
        return InverseBook(face_left, unplaced), ZERO
    if (face_left > ZERO) == (face > ZERO):
        cost_left = book.coin_cost * face_left / face
    else:
        cost_left = face_left / price_usd
    return InverseBook(face_left, cost_left), unplaced - cost_left


def unrealised_coin(book: InverseBook, mark_usd: Decimal) -> Decimal:
    """Profit not yet booked, in coin: ``C − F/M``."""
    return book.coin_cost - coins_at(book.face_usd, mark_usd)


def unrealised_usd(book: InverseBook, mark_usd: Decimal, spot_usd: Decimal) -> Decimal:
    """The coin profit valued at a spot price, in USD.

    With the mark itself as the spot price it is the straight line ``M·C − F``.
    """
    return spot_usd * unrealised_coin(book, mark_usd)


def net_delta_coin(coins: Decimal, book: InverseBook) -> Decimal:
    """Coins left exposed: all coins outside and in the margin wallet, plus the coin cost.

    It is ``coins + u + F/M`` at every mark price, which drops out; only trades, fees, funding and
    flows change it.
    """
    return coins + book.coin_cost


def fee_coin(face_usd: Decimal, price_usd: Decimal, fee_rate: Decimal) -> Decimal:
    """Coins *paid* for trading a face of either sign; negative for a rebate (negative rate)."""
    return fee_rate * abs(coins_at(face_usd, price_usd))


def funding_coin(face_usd: Decimal, mark_usd: Decimal, funding_rate: Decimal) -> Decimal:
    """Coins *received* at a funding time: ``−rate·F/M``.

    A short receives while the rate is positive and pays while it is negative.
    """
    return -funding_rate * coins_at(face_usd, mark_usd)
