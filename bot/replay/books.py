"""The books of a replayed bag: its coins, its short on the simulated venue's ledger, the account.

Every booking is made by the ledger and taken into the attribution at once, so the attribution adds
up to the change of value without a rest. It is cut where the position changes or coins come in
from outside. Funding leaves the position alone and needs no cut: a stretch that starts with w
coins and receives f₁, f₂ … at spot prices S₁, S₂ … until the price S is worth, beside what its
first w coins make, ``Σfₖ·S = Σfₖ·Sₖ + Σfₖ·(S − Sₖ)``: funding, and what spot did to it since.
"""

from __future__ import annotations

from decimal import Context, Decimal

from bot.adapters.simulator.coin_margin import CoinMargin
from bot.domain.account import PositionSide
from bot.domain.attribution import (
    NOTHING,
    Attribution,
    BagBook,
    Marks,
    Terms,
    of_fee,
    of_flow,
    over_interval,
    value_usd,
)
from bot.domain.payoff import InverseBook, coins_at
from bot.domain.quantities import ZERO

_WIDE = Context(prec=60)  # sums of funding times price stay exact, in whatever order


class Books:
    """The coins outside and the ledger of a bag, followed from booking to booking."""

    __slots__ = (
        "_funded_before_coin",
        "_funding_coin",
        "_funding_usd",
        "_since",
        "_so_far",
        "leg",
        "margin",
        "outside_coin",
    )

    def __init__(self, outside_coin: Decimal, margin: CoinMargin, marks: Marks) -> None:
        """Start the account with these coins, at these prices."""
        self.outside_coin = outside_coin
        self.margin = margin
        self.leg = margin.legs[PositionSide.NET]
        self._since = (self.bag(), marks)
        self._so_far = NOTHING
        self._funding_coin = ZERO
        self._funding_usd = ZERO
        self._funded_before_coin = ZERO

    @property
    def futures(self) -> InverseBook:
        """The position of the bag."""
        return self.leg.book

    @property
    def delta_coin(self) -> Decimal:
        """Coins left exposed: all coins plus the coin cost, whatever the price."""
        return self.outside_coin + self.margin.wallet_coin + self.leg.book.coin_cost

    @property
    def unfunded_coin(self) -> Decimal:
        """The delta without the funding that was ever received: only events change it."""
        return self.delta_coin - self._funded_before_coin - self._funding_coin

    def bag(self) -> BagBook:
        """The books as they stand."""
        return BagBook(self.outside_coin, self.margin.wallet_coin, self.futures)

    def settle_funding(self, mark_usd: Decimal, spot_usd: Decimal, rate: Decimal) -> Decimal:
        """Let the ledger settle one funding payment; the coins received, negative if paid."""
        received_coin = self.margin.settle_funding(mark_usd, rate)
        self._funding_coin += received_coin
        self._funding_usd = _WIDE.fma(received_coin, spot_usd, self._funding_usd)
        return received_coin

    def flow(self, outside_coin: Decimal, wallet_coin: Decimal, marks: Marks) -> None:
        """Coins come in (positive) or leave."""
        self._cut(marks)
        self.outside_coin += outside_coin
        self.margin.wallet_coin += wallet_coin
        self._book(of_flow(outside_coin + wallet_coin, marks), marks)

    def trade(
        self, face_change_usd: Decimal, price_usd: Decimal, fee_rate: Decimal, marks: Marks
    ) -> None:
        """Let the ledger fill an order; negative is sold."""
        self._cut(marks)
        before_coin = self.delta_coin
        booked = self.margin.fill(face_change_usd, price_usd, fee_rate)
        gained_coin = self.delta_coin - before_coin + booked.fee_coin
        self._book(
            _execution(face_change_usd, gained_coin, marks) + of_fee(booked.fee_coin, marks), marks
        )

    def liquidate(self, marks: Marks) -> None:
        """Let the ledger take the position.

        What it keeps of the margin counts as a fee; where it makes good a loss beyond the margin,
        the position was in effect closed at a better price than the mark.
        """
        self._cut(marks)
        before_coin = self.delta_coin
        for forfeit in self.margin.liquidate(marks.mark_usd):
            kept_coin = max(ZERO, forfeit.forfeited_coin)
            gained_coin = self.delta_coin - before_coin + kept_coin
            self._book(
                _execution(-forfeit.face_usd, gained_coin, marks) + of_fee(kept_coin, marks), marks
            )

    def account(self, marks: Marks) -> Attribution:
        """Where the money came from since the start, at these last prices."""
        self._cut(marks)
        return self._so_far

    def value_usd(self, marks: Marks) -> Decimal:
        """What the bag is worth at these prices."""
        return value_usd(self.bag(), marks)

    def _cut(self, marks: Marks) -> None:
        """Bring the account up to these prices."""
        book, before = self._since
        funding = Terms(
            spot=marks.spot_usd * self._funding_coin - self._funding_usd,
            funding=self._funding_usd,
        )
        self._so_far += over_interval(book, before, marks)
        self._so_far += Attribution(funding, Terms(funding=self._funding_coin))
        self._funded_before_coin += self._funding_coin
        self._funding_coin = self._funding_usd = ZERO
        self._since = (self.bag(), marks)

    def _book(self, attribution: Attribution, marks: Marks) -> None:
        self._so_far += attribution
        self._since = (self.bag(), marks)


def _execution(face_change_usd: Decimal, gained_coin: Decimal, marks: Marks) -> Attribution:
    """What a fill won or lost against the mark, the ledger's rounding included.

    ``gained_coin`` is what it added to wallet and coin cost together, the fee apart.
    """
    execution = gained_coin - coins_at(face_change_usd, marks.mark_usd)
    return Attribution(Terms(execution=marks.spot_usd * execution), Terms(execution=execution))
