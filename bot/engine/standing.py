"""Where things stand: bags by their last cycle, trading states, orders without an end, silence.

Read from the journal by whoever is not the bot, and from memory by the bot itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.documents import order_fields
from bot.domain.limits import TradingState
from bot.domain.orders import OrderStatus
from bot.domain.records import Control, CycleRecord, OrderRecord
from bot.domain.report import SIGHT_NAMES, record_fields
from bot.engine.desk import control_for
from bot.ports import Journal

_PATIENCE: Final = 3
"""Intervals without a written cycle after which it is late."""
_SHORTEST_SILENCE_S: Final = 5.0
"""Below this no silence means anything: a look takes time, however fast the clock runs."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How the bot is heard: where its pages are, None for nowhere; the kinds of the addresses that
    are told of alerts."""

    http: str | None
    notify: tuple[str, ...]


NO_WAYS: Final = Ways(None, ())


@dataclass(frozen=True, slots=True)
class BagName:
    """What a bag is called, the coin it holds, and the account that it is hedged on."""

    name: str
    asset: str
    account: str


@dataclass(frozen=True, slots=True)
class BagStanding:
    """A bag by its last cycle. Ages are seconds of real time, however fast the bot's clock runs.

    ``late`` is whether a cycle should long have been written, the first one included.
    """

    name: str
    asset: str
    record: CycleRecord | None
    written_at: datetime | None
    age_s: float | None
    late: bool
    state: TradingState


@dataclass(frozen=True, slots=True)
class Standing:
    """All bags, the states that were set, orders whose end is not known.

    ``interval_s`` is real seconds between two cycles, ``ways`` are those on which it is heard.
    """

    bags: tuple[BagStanding, ...]
    controls: tuple[Control, ...]
    unsettled: tuple[OrderRecord, ...]
    interval_s: float
    ways: Ways = NO_WAYS

    @property
    def silence_s(self) -> float | None:
        """Real seconds since anything was written; None before the first cycle."""
        return min((bag.age_s for bag in self.bags if bag.age_s is not None), default=None)

    @property
    def alive(self) -> bool:
        """Whether the daemon seems to run."""
        return not all(bag.late for bag in self.bags)


async def read_standing(
    bags: Iterable[BagName],
    journal: Journal,
    *,
    interval_s: float,
    now: datetime,
    ways: Ways = NO_WAYS,
) -> Standing:
    """Ask the journal about bags; ``now`` is by the wall. Raises
    :class:`bot.errors.JournalError`."""
    controls = await journal.controls()
    found = []
    for bag in bags:
        last = await journal.cycles(bag=bag.name, limit=1)
        written_at = await journal.written_at(bag.name)
        record = last[0] if last else None
        found.append(
            bag_standing(bag, record, written_at, controls, interval_s=interval_s, now=now)
        )
    return Standing(tuple(found), controls, await journal.unsettled(), interval_s, ways)


def bag_standing(
    bag: BagName,
    record: CycleRecord | None,
    written_at: datetime | None,
    controls: Iterable[Control],
    *,
    interval_s: float,
    now: datetime,
) -> BagStanding:
    """A bag by its last cycle and when that was written, by the wall as ``now`` is."""
    age_s = None if written_at is None else (now - written_at).total_seconds()
    return BagStanding(
        name=bag.name,
        asset=bag.asset,
        record=record,
        written_at=written_at,
        age_s=age_s,
        late=age_s is None or age_s > patience_s(interval_s),
        state=control_for(bag.name, controls, account=bag.account)[0],
    )


def patience_s(interval_s: float) -> float:
    """After how many real seconds without a cycle it is late."""
    return max(_PATIENCE * interval_s, _SHORTEST_SILENCE_S)


_NOTHING: Final[Mapping[str, object]] = dict.fromkeys(
    (
        "name",
        "asset",
        "cycle",
        "at",
        "mode",
        "state",
        "outcome",
        "action",
        "contracts",
        "reason",
        "denied_by",
        "denied_times",
        "orders",
        "age_s",
        "took_s",
        *SIGHT_NAMES,
    )
)
"""A bag without a recorded cycle, under the names of one that has."""


def standing_fields(standing: Standing) -> Mapping[str, object]:
    """The standing under the names of the JSON document."""
    return {
        "daemon": {
            "seems_to_run": standing.alive,
            "silence_s": standing.silence_s,
            "interval_s": standing.interval_s,
            "http": standing.ways.http,
            "notify": standing.ways.notify,
        },
        "bags": [
            {
                **(_NOTHING if bag.record is None else record_fields(bag.record)),
                "name": bag.name,
                "asset": bag.asset,
                "seen": bag.record is not None and bag.record.sight is not None,
                "control_state": bag.state,
                "written_at": bag.written_at,
                "written_age_s": bag.age_s,
                "late": bag.late,
            }
            for bag in standing.bags
        ],
        "controls": standing.controls,
        "orders_in_doubt": [
            order_fields(order)
            for order in standing.unsettled
            if order.status is OrderStatus.IN_DOUBT
        ],
        "orders_under_way": [
            order_fields(order)
            for order in standing.unsettled
            if order.status is not OrderStatus.IN_DOUBT
        ],
    }
