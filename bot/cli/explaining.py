"""``explain``: one recorded cycle, every number with its source and age, every order's fate."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import parsing
from bot.cli.inputs import bags_meant, load_settings, open_journal
from bot.cli.options import AsJson, BagName, ConfigFiles
from bot.errors import JournalError

if TYPE_CHECKING:
    from bot.domain.records import CycleRecord, OrderRecord
    from bot.ports import Journal
    from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Explanation:
    """A recorded cycle of one bag with its orders as they stand today."""

    record: CycleRecord
    orders: tuple[OrderRecord, ...]


def explain(
    cycle: Annotated[
        str | None,
        typer.Argument(
            metavar="CYCLE", show_default=False, help="Number of the cycle. Default: the last."
        ),
    ] = None,
    config: ConfigFiles = None,
    bag: BagName = None,
    as_json: AsJson = False,
) -> None:
    """Why a cycle did or did not trade, with every number behind it.

    Shows the reason, each number with its unit, where it came from and how old it was, and what
    became of the orders. The log and status give the numbers of cycles. Exit code 1 for a cycle
    that is not in the journal.
    """
    number = None if cycle is None else parsing.whole(cycle, "CYCLE")
    settings = load_settings(config)
    bags_meant(settings, bag)
    found = asyncio.run(_find(settings, number, bag))
    if as_json:
        from bot.cli.output import print_json

        print_json({"cycle": found[0].record.cycle, "bags": [_fields(one) for one in found]})
    else:
        for one in found:
            _print(one)


async def _find(settings: Settings, number: int | None, bag: str | None) -> tuple[Explanation, ...]:
    """The cycle's record of each bag. Raises :class:`JournalError` where there is none."""
    async with open_journal(settings) as journal:
        if number is None:
            last = await journal.cycles(bag=bag, limit=1)
            number = last[0].cycle if last else 0
        records = await journal.cycles(bag=bag, cycle=number)
        if not records:
            raise JournalError(await _no_such_cycle(journal, number, bag))
        return tuple([await _with_orders(journal, record) for record in reversed(records)])


async def _with_orders(journal: Journal, record: CycleRecord) -> Explanation:
    began = record.at - timedelta(hours=1)
    orders = await journal.orders(bag=record.bag, since=began) if record.orders else ()
    return Explanation(record, tuple(o for o in orders if o.cycle == record.cycle))


async def _no_such_cycle(journal: Journal, number: int, bag: str | None) -> str:
    about = "" if bag is None else f" of bag {bag!r}"
    last = await journal.cycles(bag=bag, limit=1)
    if not last:
        return f"no cycle{about} is recorded in this journal yet"
    return (
        f"cycle {number}{about} is not in the journal; there are cycles from 1 to {last[0].cycle}"
    )


def _fields(found: Explanation) -> Mapping[str, object]:
    from bot.domain.documents import order_fields
    from bot.domain.report import record_fields

    return {
        **record_fields(found.record),
        "orders": [order_fields(order) for order in found.orders],
        "figures": found.record.figures,
    }


def _print(found: Explanation) -> None:
    from bot.cli import tables
    from bot.cli.orders import orders_table
    from bot.cli.output import console
    from bot.cli.sights import action_text

    out, record = console(), found.record
    out.print(
        f"Cycle {record.cycle} of {record.bag} ({record.asset}, {record.mode}) at "
        f"{record.at:%Y-%m-%d %H:%M:%S} UTC: {record.outcome.value}",
        style="bold",
    )
    out.print(record.reason)
    out.print(
        f"Action: {action_text(record)} in {record.symbol} of {record.account}; trading state "
        f"{record.state.value}; the look was {tables.span(record.age_s)} old; the cycle took "
        f"{tables.span(record.took_s)}."
    )
    if record.figures:
        made = tables.table("number", title="What it was decided on")
        made.add_column("value", justify="right", overflow="fold")
        for name in ("unit", "from", "age"):
            made.add_column(name)
        for figure in record.figures:
            age = "" if figure.age_s is None else tables.span(figure.age_s)
            made.add_row(figure.name, figure.value, figure.unit, figure.source, age)
        out.print(made)
    if found.orders:
        out.print(orders_table(found.orders, "Orders"))
    else:
        out.print("Orders: none.")
