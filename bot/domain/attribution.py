"""Where the money came from: seven terms that sum to the change in value exactly, USD and coin.

A bag is Q coins outside, w in the margin wallet and a position with face F and coin cost C (both
signed, negative for a short). Its coins are ``Q + w + u`` with ``u = C − F/M``, its value is that
times the spot price S. While only prices move, from (S0, M0) to (S1, M1)::

    term      USD                              coin
    spot      (Q + w + u0)·(S1 − S0)           0
    futures   (F/M0)·(S1 − S0)                 the USD term / S1
    basis     −F·(S1/M1 − S0/M0)               the USD term / S1

``S1·u1 − S0·u0 = u0·(S1 − S0) + S1·(F/M0 − F/M1)`` proves it. ``spot + futures`` is the net delta
times the move; ``futures`` is what the hedge would have made at an unchanged basis.

At an event, with the prices standing still, coins change and nothing else: funding, fees and flows
by their amount, a trade of f (negative when sold) at P by its execution against the mark,
``f/P − f/M``, since it always moves w + C by f/P. Each is worth S times its coins. Cut a period at
its events and the pieces telescope.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.domain.payoff import InverseBook, apply_fill, coins_at
from bot.domain.quantities import ZERO


@dataclass(frozen=True, slots=True)
class Marks:
    """The two prices that a bag is valued with, in USD."""

    spot_usd: Decimal
    mark_usd: Decimal


@dataclass(frozen=True, slots=True)
class BagBook:
    """The coins of a bag outside and in the margin wallet, and its futures position."""

    outside_coin: Decimal
    wallet_coin: Decimal
    futures: InverseBook


@dataclass(frozen=True, slots=True)
class Terms:
    """The seven terms in one unit, USD or coin; positive is a gain or coins that came in."""

    spot: Decimal = ZERO
    futures: Decimal = ZERO
    basis: Decimal = ZERO
    funding: Decimal = ZERO
    fees: Decimal = ZERO
    execution: Decimal = ZERO
    flows: Decimal = ZERO

    def __add__(self, other: Terms) -> Terms:
        """Term by term."""
        return Terms(
            self.spot + other.spot,
            self.futures + other.futures,
            self.basis + other.basis,
            self.funding + other.funding,
            self.fees + other.fees,
            self.execution + other.execution,
            self.flows + other.flows,
        )

    @property
    def total(self) -> Decimal:
        """The change in value, flows included."""
        return self.profit + self.flows

    @property
    def profit(self) -> Decimal:
        """The change in value without what was paid in or taken out."""
        return self.spot + self.futures + self.basis + self.funding + self.fees + self.execution


@dataclass(frozen=True, slots=True)
class Attribution:
    """The account of a period. ``coin.total`` is the change in coins, ``usd.total`` in USD value.

    ``futures_fx_usd`` is information, not an eighth term: the part of the USD futures term that
    comes from the coin profit changing in price, ``F·(S1 − S0)²/(M0·S1)``.
    """

    usd: Terms
    coin: Terms
    futures_fx_usd: Decimal = ZERO

    def __add__(self, other: Attribution) -> Attribution:
        """The account of two periods that follow one another."""
        return Attribution(
            self.usd + other.usd,
            self.coin + other.coin,
            self.futures_fx_usd + other.futures_fx_usd,
        )


NO_TERMS: Final = Terms()
NOTHING: Final = Attribution(NO_TERMS, NO_TERMS)
"""The account of an empty period."""


def equity_coin(book: BagBook, mark_usd: Decimal) -> Decimal:
    """All coins of the bag, unrealised profit included: ``Q + w + u``."""
    futures = book.futures
    coins = book.outside_coin + book.wallet_coin + futures.coin_cost
    return coins - coins_at(futures.face_usd, mark_usd)


def value_usd(book: BagBook, marks: Marks) -> Decimal:
    """What the bag is worth: its coins at the spot price."""
    return marks.spot_usd * equity_coin(book, marks.mark_usd)


def over_interval(book: BagBook, before: Marks, after: Marks) -> Attribution:
    """The account of a stretch in which only prices moved."""
    face = book.futures.face_usd
    spot_move = after.spot_usd - before.spot_usd
    coins = book.outside_coin + book.wallet_coin
    if not face:
        return Attribution(Terms(spot=coins * spot_move), NO_TERMS)
    position_before = coins_at(face, before.mark_usd)
    position_after = coins_at(face, after.mark_usd)
    equity_before = coins + book.futures.coin_cost - position_before
    futures_usd = position_before * spot_move
    futures_coin = coins_at(futures_usd, after.spot_usd)
    return Attribution(
        Terms(
            equity_before * spot_move,
            futures_usd,
            position_before * before.spot_usd - position_after * after.spot_usd,
        ),
        Terms(ZERO, futures_coin, position_before - position_after - futures_coin),
        futures_usd - futures_coin * before.spot_usd,
    )


@dataclass(frozen=True, slots=True)
class Traded:
    """A fill: face in USD, negative when sold, at a price. Its fee is an event of its own."""

    face_change_usd: Decimal
    price_usd: Decimal


@dataclass(frozen=True, slots=True)
class FeePaid:
    """Coins paid out of the margin wallet; negative for a rebate."""

    fee_coin: Decimal


@dataclass(frozen=True, slots=True)
class FundingReceived:
    """Coins that funding brought to the margin wallet; negative when paid."""

    funding_coin: Decimal


@dataclass(frozen=True, slots=True)
class Flowed:
    """Coins that came in (positive) or left, outside the futures account and in its wallet.

    A transfer between the two is a flow that sums to zero and appears in no term.
    """

    outside_coin: Decimal = ZERO
    wallet_coin: Decimal = ZERO


Event = Traded | FeePaid | FundingReceived | Flowed


def of_trade(face_change_usd: Decimal, price_usd: Decimal, marks: Marks) -> Attribution:
    """The account of a fill: what it gave away (or won) against the mark price."""
    execution = coins_at(face_change_usd, price_usd) - coins_at(face_change_usd, marks.mark_usd)
    return Attribution(Terms(execution=marks.spot_usd * execution), Terms(execution=execution))


def of_fee(fee_coin: Decimal, marks: Marks) -> Attribution:
    """The account of a fee paid in coin (positive), which is a loss."""
    return Attribution(Terms(fees=-fee_coin * marks.spot_usd), Terms(fees=-fee_coin))


def of_funding(funding_coin: Decimal, marks: Marks) -> Attribution:
    """The account of funding received (positive) or paid in coin."""
    return Attribution(Terms(funding=funding_coin * marks.spot_usd), Terms(funding=funding_coin))


def of_flow(flow_coin: Decimal, marks: Marks) -> Attribution:
    """The account of coins that came from outside the bag (positive) or left it."""
    return Attribution(Terms(flows=flow_coin * marks.spot_usd), Terms(flows=flow_coin))


def of_event(event: Event, marks: Marks) -> Attribution:
    """The account of one event at the prices of its moment."""
    match event:
        case Traded(face_change_usd, price_usd):
            return of_trade(face_change_usd, price_usd, marks)
        case FeePaid(fee_coin):
            return of_fee(fee_coin, marks)
        case FundingReceived(funding_coin):
            return of_funding(funding_coin, marks)
    return of_flow(event.outside_coin + event.wallet_coin, marks)


def after_event(book: BagBook, event: Event) -> BagBook:
    """The bag once an event has happened to it."""
    outside, wallet, futures = book.outside_coin, book.wallet_coin, book.futures
    match event:
        case Traded(face_change_usd, price_usd):
            futures, realised = apply_fill(futures, face_change_usd, price_usd)
            return BagBook(outside, wallet + realised, futures)
        case FeePaid(fee_coin):
            return BagBook(outside, wallet - fee_coin, futures)
        case FundingReceived(funding_coin):
            return BagBook(outside, wallet + funding_coin, futures)
    return BagBook(outside + event.outside_coin, wallet + event.wallet_coin, futures)


@dataclass(frozen=True, slots=True)
class Observation:
    """A bag as seen at one moment, with the prices of that moment."""

    book: BagBook
    marks: Marks


@dataclass(frozen=True, slots=True)
class RunningAccount:
    """A bag that is followed from event to event, and the account of it so far.

    ``so_far.usd.total`` is always the value of ``now`` less the value at the start.
    """

    now: Observation
    so_far: Attribution = NOTHING

    def moved(self, marks: Marks) -> RunningAccount:
        """Prices moved to ``marks`` and nothing else happened."""
        moved = over_interval(self.now.book, self.now.marks, marks)
        return RunningAccount(Observation(self.now.book, marks), self.so_far + moved)

    def happened(self, event: Event) -> RunningAccount:
        """An event happened while prices stood at the present marks."""
        book, marks = self.now.book, self.now.marks
        return RunningAccount(
            Observation(after_event(book, event), marks), self.so_far + of_event(event, marks)
        )


@dataclass(frozen=True, slots=True)
class Explained:
    """The account between two observations, and what the known events do not explain.

    ``attribution.usd.total + unexplained_usd`` is the change in value; the same in coin.
    """

    attribution: Attribution
    unexplained_usd: Decimal
    unexplained_coin: Decimal


def between(before: Observation, after: Observation, events: Iterable[Event]) -> Explained:
    """Account for what lies between two looks at a bag, every event valued at the later marks.

    The unexplained rest is never folded into a term: it is an event nobody reported, or a venue's
    rounding. It is worth its coins at the later spot price.
    """
    running = RunningAccount(before).moved(after.marks)
    for event in events:
        running = running.happened(event)
    mark_usd = after.marks.mark_usd
    unexplained = equity_coin(after.book, mark_usd) - equity_coin(running.now.book, mark_usd)
    return Explained(running.so_far, unexplained * after.marks.spot_usd, unexplained)
