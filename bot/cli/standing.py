"""Where things stand by the journal: bags, trading states, orders without an end, silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from bot.cli import tables
from bot.cli.orders import order_fields, orders_table
from bot.cli.output import console
from bot.cli.sights import sight_table
from bot.domain.limits import TradingState
from bot.domain.orders import OrderStatus
from bot.domain.records import EVERYTHING, Control, CycleRecord, OrderRecord
from bot.domain.report import SIGHT_NAMES, record_fields
from bot.engine.desk import control_for
from bot.ports import Journal

if TYPE_CHECKING:
    from rich.console import Console

    from bot.settings import Settings

_PATIENCE: Final = 3
"""Intervals without a written cycle after which it is late."""
_SHORTEST_SILENCE_S: Final = 5.0
"""Below this no silence means anything: a look takes time, however fast the clock runs."""


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

    ``interval_s`` is real seconds between two cycles.
    """

    bags: tuple[BagStanding, ...]
    controls: tuple[Control, ...]
    unsettled: tuple[OrderRecord, ...]
    interval_s: float

    @property
    def silence_s(self) -> float | None:
        """Real seconds since anything was written; None before the first cycle."""
        return min((bag.age_s for bag in self.bags if bag.age_s is not None), default=None)

    @property
    def alive(self) -> bool:
        """Whether the daemon seems to run."""
        return not all(bag.late for bag in self.bags)


async def read_standing(settings: Settings, journal: Journal, *, now: datetime) -> Standing:
    """Ask the journal; ``now`` is by the wall. Raises :class:`bot.errors.JournalError`."""
    controls = await journal.controls()
    interval_s = float(settings.cycle.interval_s / settings.simulator.speed)
    patience_s = max(_PATIENCE * interval_s, _SHORTEST_SILENCE_S)
    bags = []
    for bag in settings.bags:
        written_at = await journal.written_at(bag.name)
        last = await journal.cycles(bag=bag.name, limit=1)
        age_s = None if written_at is None else (now - written_at).total_seconds()
        bags.append(
            BagStanding(
                name=bag.name,
                asset=bag.asset,
                record=last[0] if last else None,
                written_at=written_at,
                age_s=age_s,
                late=age_s is None or age_s > patience_s,
                state=control_for(bag.name, controls, account=bag.hedge.account)[0],
            )
        )
    return Standing(tuple(bags), controls, await journal.unsettled(), interval_s)


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


def print_standing(standing: Standing) -> None:
    """The standing for people."""
    out = console()
    seen = [bag.record for bag in standing.bags if bag.record is not None]
    if seen:
        out.print(sight_table(seen, f"Last cycle of each bag, {seen[0].mode}"))
    for bag in standing.bags:
        _print_bag(out, bag)
    _print_controls(out, standing)
    _print_orders(out, standing)
    _print_silence(out, standing)


def _print_silence(out: Console, standing: Standing) -> None:
    silence = standing.silence_s
    if silence is None:
        out.print("The daemon has not run yet with this journal.", style="bold yellow")
        return
    rhythm = f"a cycle is due every {tables.span(standing.interval_s)}"
    if not standing.alive:
        out.print(
            f"THE DAEMON SEEMS NOT TO RUN: it last wrote {tables.span(silence)} ago, and {rhythm}. "
            "A short that is open stays open; nothing adjusts it.",
            style="bold red",
        )
        return
    out.print(f"The daemon runs: it last wrote {tables.span(silence)} ago, and {rhythm}.")
    for bag in standing.bags:
        if bag.late and bag.age_s is not None:
            out.print(
                f"{bag.name} IS NOT LOOKED AT: its last cycle is {tables.span(bag.age_s)} old.",
                style="bold red",
            )


def _print_bag(out: Console, bag: BagStanding) -> None:
    record = bag.record
    if record is None:
        out.print(f"{bag.name}: no cycle is recorded yet.")
        return
    out.print(
        f"{bag.name}: cycle {record.cycle} at {record.at:%Y-%m-%d %H:%M:%S} UTC, "
        f"{record.outcome.value}, {record.state.value}, written {tables.span(bag.age_s)} ago."
    )
    out.print(f"  {record.reason}")


def _print_controls(out: Console, standing: Standing) -> None:
    for control in standing.controls:
        if control.state is TradingState.ACTIVE and control.short_cap_usd is None:
            continue
        scope = "all bags" if control.scope == EVERYTHING else control.scope
        cap = (
            ""
            if control.short_cap_usd is None
            else f", unwinding to a short of {tables.usd(control.short_cap_usd)} USD"
        )
        why = f": {control.reason}" if control.reason else ""
        out.print(
            f"Trading state of {scope}: {control.state.value}{cap}, set by {control.by} at "
            f"{control.at:%Y-%m-%d %H:%M:%S} UTC{why}",
            style="yellow",
        )


def _print_orders(out: Console, standing: Standing) -> None:
    if not standing.unsettled:
        out.print("No order is in doubt.")
        return
    out.print(orders_table(standing.unsettled, "Orders whose end is not known"))
