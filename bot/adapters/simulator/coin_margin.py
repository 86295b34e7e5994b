"""One coin's margin wallet and the inverse positions it carries: pure bookkeeping, no clock.

This is the heart of the simulated venue and usable on its own: a historical replay books its fills,
funding and liquidations here too. Every amount of coin is booked to the ledger's grain, so a wallet
is an exact sum of what was booked to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from bot.domain.account import MarginMode, PositionSide
from bot.domain.cross_margin import liquidation_moves
from bot.domain.instrument import InversePerpetual
from bot.domain.margin import (
    NEVER,
    LiquidationPrice,
    MarginedPosition,
    Never,
    initial_margin_coin,
    liquidation_price,
    maintenance_margin_coin,
)
from bot.domain.payoff import FLAT, InverseBook, apply_fill, fee_coin, funding_coin, unrealised_coin
from bot.domain.quantities import ONE, ZERO, book_coin
from bot.errors import InvariantBroken

CLEARANCE_RATE: Final = Decimal("0.015")
"""Share of the position's value that a liquidation costs, as far as coins are left."""


class Booked(NamedTuple):
    """What a fill moved in the wallet: ``realised_coin`` signed, ``fee_coin`` positive if paid."""

    realised_coin: Decimal
    fee_coin: Decimal


class Forfeit(NamedTuple):
    """A position that the venue took: its face before, what closing it at the mark realised, and
    the coins that went with it (negative where the venue made good a loss beyond the margin)."""

    side: PositionSide
    face_usd: Decimal
    realised_coin: Decimal
    forfeited_coin: Decimal


class Reach(NamedTuple):
    """The highest price below and the lowest above that liquidate something; NEVER for none."""

    fall_usd: LiquidationPrice
    rise_usd: LiquidationPrice

    def is_hit_by(self, mark_usd: Decimal) -> bool:
        """Whether the mark is at or beyond either price."""
        fall, rise = self
        return (not isinstance(fall, Never) and mark_usd <= fall) or (
            not isinstance(rise, Never) and mark_usd >= rise
        )


@dataclass(slots=True)
class Leg:
    """A position in the market: the net one, or the long or short one in hedge mode.

    ``isolated_coin`` are the wallet's coins that are bound to it in isolated mode, else zero.
    """

    side: PositionSide
    book: InverseBook = FLAT
    isolated_coin: Decimal = ZERO


def legs_of(*, hedge_mode: bool) -> tuple[PositionSide, ...]:
    """The legs of a market: the net one, or long and short side by side."""
    return (PositionSide.LONG, PositionSide.SHORT) if hedge_mode else (PositionSide.NET,)


class CoinMargin:
    """The margin wallet of one coin with its legs in that coin's market.

    ``wallet_coin`` includes isolated coins and excludes unrealised profit. Nothing here asks
    whether a fill can be afforded: :meth:`available_coin` lets the caller ask first.
    """

    __slots__ = ("clearance_rate", "instrument", "legs", "leverage", "mode", "wallet_coin")

    def __init__(
        self,
        instrument: InversePerpetual,
        wallet_coin: Decimal = ZERO,
        *,
        leverage: Decimal = ONE,
        mode: MarginMode = MarginMode.CROSS,
        hedge_mode: bool = False,
        clearance_rate: Decimal = CLEARANCE_RATE,
    ) -> None:
        self.instrument = instrument
        self.wallet_coin = wallet_coin
        self.leverage = leverage
        self.mode = mode
        self.clearance_rate = clearance_rate
        self.legs = {side: Leg(side) for side in legs_of(hedge_mode=hedge_mode)}

    @property
    def is_flat(self) -> bool:
        """Whether no leg holds anything."""
        return all(not leg.book.face_usd for leg in self.legs.values())

    def fill(
        self,
        face_change_usd: Decimal,
        price_usd: Decimal,
        fee_rate: Decimal,
        side: PositionSide = PositionSide.NET,
    ) -> Booked:
        """Book a trade of a signed face (negative: sold) with its fee; a negative rate is a rebate.

        A leg of hedge mode cannot change sides: that raises :class:`InvariantBroken`.
        """
        leg = self.legs[side]
        before = leg.book
        book, realised = apply_fill(before, face_change_usd, price_usd)
        face = book.face_usd
        if side is not PositionSide.NET and face and (face > ZERO) is (side is PositionSide.SHORT):
            raise InvariantBroken(f"the {side.value} leg would hold {face} USD")
        booked = Booked(
            book_coin(realised), book_coin(fee_coin(face_change_usd, price_usd, fee_rate))
        )
        leg.book = book
        self.wallet_coin += booked.realised_coin - booked.fee_coin
        if self.mode is MarginMode.ISOLATED:
            self._bind(leg, before.face_usd, price_usd)
        return booked

    def settle_funding(self, mark_usd: Decimal, funding_rate: Decimal) -> Decimal:
        """Book one funding payment on every leg and give the coins *received*, negative if paid."""
        received = ZERO
        for leg in self.legs.values():
            if leg.book.face_usd:
                coins = book_coin(funding_coin(leg.book.face_usd, mark_usd, funding_rate))
                received += coins
                if self.mode is MarginMode.ISOLATED:
                    leg.isolated_coin += coins
        self.wallet_coin += received
        return received

    def unrealised_coin(self, mark_usd: Decimal) -> Decimal:
        """Profit of all legs that is not booked, in coin at the mark."""
        profit = ZERO
        for leg in self.legs.values():
            profit += unrealised_coin(leg.book, mark_usd)
        return profit

    def equity(self, mark_usd: Decimal) -> Decimal:
        """Wallet plus unrealised profit, in coin."""
        return self.wallet_coin + self.unrealised_coin(mark_usd)

    def maintenance_coin(self, mark_usd: Decimal) -> Decimal:
        """Coins that must remain behind all legs together."""
        needed = ZERO
        for leg in self.legs.values():
            needed += self._maintenance(leg, mark_usd)
        return needed

    def position_margin_coin(self, mark_usd: Decimal) -> Decimal:
        """Coins that open positions bind: initial margin at the mark, or the isolated coins."""
        if self.mode is MarginMode.ISOLATED:
            return sum((leg.isolated_coin for leg in self.legs.values()), ZERO)
        bound = ZERO
        for leg in self.legs.values():
            bound += initial_margin_coin(leg.book.face_usd, mark_usd, self.leverage)
        return bound

    def available_coin(self, mark_usd: Decimal, order_margin_coin: Decimal = ZERO) -> Decimal:
        """Coins free to carry more positions; negative when there are too few already."""
        bound = self.position_margin_coin(mark_usd) + order_margin_coin
        if self.mode is MarginMode.ISOLATED:
            return self.wallet_coin - bound
        return self.equity(mark_usd) - bound

    def withdrawable_coin(self, mark_usd: Decimal, order_margin_coin: Decimal = ZERO) -> Decimal:
        """Coins that may leave the wallet, never negative; profit on paper may not."""
        available = self.available_coin(mark_usd, order_margin_coin)
        if self.mode is MarginMode.CROSS:
            available -= max(ZERO, self.unrealised_coin(mark_usd))
        return max(ZERO, available)

    def liquidation_price(self, side: PositionSide = PositionSide.NET) -> LiquidationPrice:
        """The mark price at which this leg is liquidated while it is the only open one.

        Two cross-margined legs share one wallet and have no price each: see :meth:`reach`.
        """
        leg = self.legs[side]
        backing = self.wallet_coin if self.mode is MarginMode.CROSS else leg.isolated_coin
        rules = self.instrument
        return liquidation_price(leg.book, backing, rules.maintenance, rules.maintenance_convention)

    def reach(self, mark_usd: Decimal) -> Reach:
        """The nearest prices below and above the mark that liquidate something."""
        held = [leg for leg in self.legs.values() if leg.book.face_usd]
        if len(held) == 2 and self.mode is MarginMode.CROSS:
            rules = self.instrument
            moves = liquidation_moves(
                self.wallet_coin,
                [
                    MarginedPosition(
                        leg.book, mark_usd, rules.maintenance, rules.maintenance_convention
                    )
                    for leg in held
                ],
                ZERO,
            )
            return Reach(_times(moves.fall, mark_usd), _times(moves.rise, mark_usd))
        fall: LiquidationPrice = NEVER
        rise: LiquidationPrice = NEVER
        for leg in held:
            if leg.book.face_usd > ZERO:
                fall = self.liquidation_price(leg.side)
            else:
                rise = self.liquidation_price(leg.side)
        return Reach(fall, rise)

    def due(self, mark_usd: Decimal) -> tuple[PositionSide, ...]:
        """The legs whose margin is used up at the mark; all or none of them in cross mode."""
        held = [leg for leg in self.legs.values() if leg.book.face_usd]
        if not held:
            return ()
        if self.mode is MarginMode.CROSS:
            if self.equity(mark_usd) > self.maintenance_coin(mark_usd):
                return ()
            return tuple(leg.side for leg in held)
        return tuple(
            leg.side
            for leg in held
            if leg.isolated_coin + unrealised_coin(leg.book, mark_usd)
            <= self._maintenance(leg, mark_usd)
        )

    def liquidate(
        self, mark_usd: Decimal, sides: tuple[PositionSide, ...] | None = None
    ) -> tuple[Forfeit, ...]:
        """Close legs (all by default) at the mark and take the clearance from what is left of their
        margin. A loss beyond the margin is made good, so no wallet ends below zero by it.

        Unconditional: :meth:`due` or :meth:`liquidation_price` says when.
        """
        closed: list[tuple[PositionSide, Decimal, Decimal, Decimal]] = []
        for leg in self.legs.values():
            face, isolated = leg.book.face_usd, leg.isolated_coin
            if face and (sides is None or leg.side in sides):
                realised = self.fill(-face, mark_usd, ZERO, leg.side).realised_coin
                closed.append((leg.side, face, realised, isolated + realised))
        taken: list[Forfeit] = []
        for side, face, realised, isolated_left in closed:
            left = self.wallet_coin if self.mode is MarginMode.CROSS else isolated_left
            clearance = book_coin(fee_coin(face, mark_usd, self.clearance_rate))
            forfeited = min(left, clearance)
            self.wallet_coin -= forfeited
            taken.append(Forfeit(side, face, realised, forfeited))
        return tuple(taken)

    def _maintenance(self, leg: Leg, mark_usd: Decimal) -> Decimal:
        rules = self.instrument
        return maintenance_margin_coin(
            leg.book, mark_usd, rules.maintenance, rules.maintenance_convention
        )

    def _bind(self, leg: Leg, face_before_usd: Decimal, price_usd: Decimal) -> None:
        """Move coins between the free part of the wallet and an isolated leg after a fill.

        Growing binds initial margin at the fill's price; shrinking frees the closed share.
        """
        face = leg.book.face_usd
        kept = face_before_usd
        if not face or (face > ZERO) is not (face_before_usd > ZERO):
            kept = ZERO
            leg.isolated_coin = ZERO
        elif abs(face) < abs(face_before_usd):
            leg.isolated_coin = book_coin(leg.isolated_coin * face / face_before_usd)
            return
        grown = initial_margin_coin(face - kept, price_usd, self.leverage)
        leg.isolated_coin += book_coin(grown)


def _times(move: LiquidationPrice, mark_usd: Decimal) -> LiquidationPrice:
    return NEVER if isinstance(move, Never) else move * mark_usd
