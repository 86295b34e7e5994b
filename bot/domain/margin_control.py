"""The margin controller: the distance to liquidation has bands of its own, apart from the hedge.

A rise of the price drains the coins behind a short, and a fall swells them, while the hedge itself
stays right. So coins of the bag are moved, which changes neither its coins nor its delta::

    distance to liquidation, share of the mark
    ├── above sweep_distance      coins go back to the bag's other wallet, down to sweep_to
    ├── below warn_distance       a person is told
    ├── below top_up_distance     coins go to the margin wallet, up to top_up_to
    └── below reduce_distance     where no coins can come in time: the short shrinks to reduce_to

Each trigger lies apart from its goal, so nothing is done twice at one price. Growing what was
reduced waits until that leaves ``reduce_to`` and is worth it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from bot.domain.account import Wallet
from bot.domain.margin import Never
from bot.domain.margin_sizes import (
    COIN_STEP,
    Backed,
    backing_needed_coin,
    is_nearer,
    lots_to_buy,
)
from bot.domain.quantities import HALF, ZERO, ceil_to, floor_to
from bot.domain.values import quick_enum


@dataclass(frozen=True, slots=True)
class MarginPolicy:
    """When coins move and when the short shrinks; distances as shares of the mark, None: off.

    ``keep_share`` of the bag stays outside the margin wallet, ``day_share`` of it is moved in a day
    at most and ``least_share`` at least at once. Coins may be on their way for ``patience_s``
    before the short is reduced in their stead.
    """

    warn_distance: Decimal | None
    top_up_distance: Decimal | None
    top_up_to: Decimal
    reduce_distance: Decimal | None
    reduce_to: Decimal
    sweep_distance: Decimal | None
    sweep_to: Decimal
    keep_share: Decimal
    day_share: Decimal
    least_share: Decimal
    patience_s: float

    def is_calm(self, distance: Decimal | Never) -> bool:
        """Whether nothing is to be told or done at a distance."""
        if self.sweep_distance is not None and not is_nearer(distance, self.sweep_distance):
            return False
        return not (
            is_nearer(distance, self.warn_distance)
            or is_nearer(distance, self.top_up_distance)
            or is_nearer(distance, self.reduce_distance)
        )


@quick_enum
class Way(Enum):
    """How far moving coins can be relied on."""

    OPEN = "open"
    UNDER_WAY = "under way"  # coins are moving, and nothing else is moved before they are seen
    FAILING = "failing"  # the last try failed, the next one is due
    CLOSED = "closed"  # nothing can be sent now


@dataclass(frozen=True, slots=True)
class Source:
    """Coins of the bag in another wallet of the hedge account. ``is_proven``: coins from there were
    seen to arrive, so that the first small transfer is behind us."""

    wallet: Wallet
    amount_coin: Decimal
    is_proven: bool


@dataclass(frozen=True, slots=True)
class MarginFacts:
    """What is known when the controller decides.

    ``bag_coin`` are all coins of the bag (Q + w), ``moved_coin`` those that the controller moved
    within a day, ``free_coin`` those that may leave the margin wallet, and ``sweep_to`` the wallet
    that they would go to. ``closed_because`` says why nothing can be moved now. ``buy_price_usd``
    is the worst price that buying back could cost; ``is_shrinking``: it has begun.
    """

    backed: Backed
    sources: tuple[Source, ...]
    bag_coin: Decimal
    moved_coin: Decimal
    way: Way
    closed_because: str
    lot_usd: Decimal
    buy_price_usd: Decimal
    fee_rate: Decimal
    is_shrinking: bool = False
    free_coin: Decimal = ZERO
    sweep_to: Wallet | None = None


@dataclass(frozen=True, slots=True)
class Calm:
    """Nothing to tell and nothing to do."""


@dataclass(frozen=True, slots=True)
class Warn:
    """Tell a person. ``stuck_because`` says why no coins are moved although they should be; empty
    where they need not be, or are on their way (``is_waiting``)."""

    stuck_because: str = ""
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class TopUp:
    """Move coins of the bag to the margin wallet."""

    amount_coin: Decimal
    source: Wallet


@dataclass(frozen=True, slots=True)
class SweepBack:
    """Move coins of the bag from the margin wallet to another one of its own."""

    amount_coin: Decimal
    destination: Wallet


@dataclass(frozen=True, slots=True)
class Reduce:
    """Buy back until the short is ``to_usd``. ``because`` says why coins do not help;
    ``is_stuck``: none can be moved at all."""

    to_usd: Decimal
    because: str
    is_stuck: bool


MarginAction = Calm | Warn | TopUp | SweepBack | Reduce


def control(policy: MarginPolicy, facts: MarginFacts) -> MarginAction:
    """What to do about the margin of a short. Pure and total."""
    distance = facts.backed.distance
    is_low = is_nearer(distance, policy.top_up_distance)
    moved = _top_up(policy, facts) if is_low else "top-ups are switched off"
    if is_nearer(distance, policy.reduce_distance) or (
        facts.is_shrinking
        and policy.reduce_distance is not None
        and is_nearer(distance, policy.reduce_to)
    ):
        return _urgent(policy, facts, distance, moved)
    if isinstance(moved, TopUp):
        return moved
    if is_low:
        return _stuck(facts, moved)
    if is_nearer(distance, policy.warn_distance):
        return Warn()
    if policy.sweep_distance is not None and not is_nearer(distance, policy.sweep_distance):
        return _sweep(policy, facts)
    return Calm()


def _stuck(facts: MarginFacts, why: str) -> Warn:
    return Warn(is_waiting=True) if facts.way is Way.UNDER_WAY else Warn(why)


def _urgent(
    policy: MarginPolicy, facts: MarginFacts, distance: Decimal | Never, moved: TopUp | str
) -> MarginAction:
    """Below the distance at which the short has to shrink unless coins come in time.

    Coins are waited for while more than half of that distance is left; a way that has proved itself
    is as quick as an order. In isolated mode what is bought back may take its coins with it, and
    the rest is as near as before: below that half all of it goes.
    """
    last = None if policy.reduce_distance is None else policy.reduce_distance * HALF
    may_wait = not is_nearer(distance, last)
    why = moved if isinstance(moved, str) else "coins would come too late"
    if isinstance(moved, TopUp) and facts.way is Way.OPEN:
        if may_wait or _is_proven(facts, moved.source):
            return moved
    elif isinstance(moved, TopUp):
        why = "the last transfer failed"
    elif facts.way is Way.UNDER_WAY and may_wait:
        return Warn(is_waiting=True)
    stuck = isinstance(moved, str) and facts.way is not Way.UNDER_WAY
    if not facts.backed.is_cross and not may_wait:
        return Reduce(ZERO, why, stuck)
    lots = lots_to_buy(
        facts.backed,
        policy.reduce_to,
        lot_usd=facts.lot_usd,
        price_usd=facts.buy_price_usd,
        fee_rate=facts.fee_rate,
    )
    return Reduce(facts.backed.short_usd - lots * facts.lot_usd, why, stuck)


def _is_proven(facts: MarginFacts, wallet: Wallet) -> bool:
    return any(source.wallet is wallet and source.is_proven for source in facts.sources)


def _top_up(policy: MarginPolicy, facts: MarginFacts) -> TopUp | str:
    """The coins that bring the short to its goal, or as many as there are; else why none."""
    if facts.way in (Way.CLOSED, Way.UNDER_WAY):
        return facts.closed_because
    held_coin = sum((source.amount_coin for source in facts.sources), ZERO)
    kept_coin = policy.keep_share * facts.bag_coin
    left_coin = policy.day_share * facts.bag_coin - facts.moved_coin
    least_coin = _least_coin(policy, facts)
    wanted_coin = (
        backing_needed_coin(facts.backed.position, policy.top_up_to) - facts.backed.backing_coin
    )
    wanted_coin = max(ceil_to(wanted_coin, COIN_STEP), least_coin)
    if held_coin - kept_coin < least_coin:
        kept = "but those that are to stay there " if kept_coin else ""
        return f"no coins are left in the bag's other wallets of the account {kept}".rstrip()
    if left_coin < least_coin:
        return f"{policy.day_share:.0%} of the bag, a day's most, have been moved"
    allowed_coin = min(wanted_coin, held_coin - kept_coin, left_coin)
    source = max(facts.sources, key=lambda one: (min(one.amount_coin, allowed_coin), one.is_proven))
    amount_coin = floor_to(min(allowed_coin, source.amount_coin), COIN_STEP)
    if amount_coin < least_coin:
        return "the coins that are left are spread too thin to be moved"
    return TopUp(amount_coin, source.wallet)


def _sweep(policy: MarginPolicy, facts: MarginFacts) -> MarginAction:
    """Coins that the short can do without, down to its goal; nothing while anything is unclear."""
    if facts.way is not Way.OPEN or facts.sweep_to is None:
        return Calm()
    spare_coin = facts.backed.backing_coin - backing_needed_coin(
        facts.backed.position, policy.sweep_to
    )
    left_coin = policy.day_share * facts.bag_coin - facts.moved_coin
    amount_coin = floor_to(min(spare_coin, facts.free_coin, left_coin), COIN_STEP)
    if amount_coin < _least_coin(policy, facts):
        return Calm()
    return SweepBack(amount_coin, facts.sweep_to)


def _least_coin(policy: MarginPolicy, facts: MarginFacts) -> Decimal:
    """Less than this is not moved: a share of the bag, and what balances can tell from rounding."""
    return ceil_to(max(policy.least_share * facts.bag_coin, 100 * COIN_STEP), COIN_STEP)
