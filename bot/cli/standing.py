"""Where things stand by the journal, for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot.cli import tables
from bot.cli.orders import orders_table
from bot.cli.output import console
from bot.cli.sights import sight_table
from bot.domain.limits import TradingState
from bot.domain.records import EVERYTHING
from bot.engine.standing import BagName, BagStanding, Standing, Ways, read_standing
from bot.ports import Journal

if TYPE_CHECKING:
    from rich.console import Console

    from bot.settings import Settings


async def recorded_standing(settings: Settings, journal: Journal, *, now: datetime) -> Standing:
    """Ask the journal; ``now`` is by the wall. Raises :class:`bot.errors.JournalError`."""
    return await read_standing(
        [BagName(bag.name, bag.asset, bag.hedge.account) for bag in settings.bags],
        journal,
        interval_s=settings.real_interval_s,
        now=now,
        ways=Ways(settings.http.address, settings.notify.schemes),
    )


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
    _print_ways(out, standing.ways)


def _print_ways(out: Console, ways: Ways) -> None:
    pages = "are off" if ways.http is None else f"are at {ways.http}"
    told = f"to {', '.join(ways.notify)}" if ways.notify else "to the log alone"
    out.print(f"Pages over HTTP {pages}; alerts go {told}.")


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
