"""The first and the last word of a run, for people or as lines of the JSON log."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import structlog

from bot.cli import tables
from bot.cli.output import console
from bot.cli.terms import terms_table
from bot.engine.summary import BagSummary, RunSummary
from bot.logs import configure
from bot.settings import Settings, secrets_of

if TYPE_CHECKING:
    from rich.table import Table

_log: Final = structlog.get_logger("hedgehold")


def start_log(settings: Settings) -> bool:
    """Send the log to standard output, in the form that was asked for. Answers whether that is the
    one for people."""
    chosen = settings.log.format
    pretty = chosen == "pretty" or (chosen == "auto" and sys.stdout.isatty())
    configure(
        settings.log.level,
        "pretty" if pretty else "json",
        sys.stdout,
        secrets=secrets_of(settings),
    )
    return pretty


def announce(banner: str, *, pretty: bool) -> None:
    """Say what is about to run."""
    if pretty:
        console().print(banner, style="bold")
    else:
        _log.info("start", banner=banner)


def tell(summary: RunSummary, *, pretty: bool) -> None:
    """Say what a run did."""
    if not pretty:
        _log.info(
            "summary", cycles=summary.cycles, bags=[summary_fields(bag) for bag in summary.bags]
        )
        return
    out = console()
    cycles = f"{summary.cycles:,} cycle" + ("" if summary.cycles == 1 else "s")
    out.print()
    out.print(_overview(summary.bags, f"What happened in {cycles}"))
    for bag in summary.bags:
        out.print(
            terms_table(
                bag.attribution,
                bag.asset,
                title=f"Value of {bag.name} by cause",
                unexplained_usd=bag.unexplained_usd,
            )
        )
    for bag in summary.bags:
        out.print(standing(bag))


def summary_fields(bag: BagSummary) -> Mapping[str, object]:
    """A bag's summary under the names of the JSON line."""
    return {
        "name": bag.name,
        "asset": bag.asset,
        "trades": bag.trades,
        "turnover_usd": bag.turnover_usd,
        "start_usd": bag.start_usd,
        "end_usd": bag.end_usd,
        "change_usd": bag.change_usd,
        "unhedged_change_usd": bag.unhedged_change_usd,
        "short_usd": bag.short_usd,
        "delta_coin": bag.delta_coin,
        "attribution": {"usd": asdict(bag.attribution.usd), "coin": asdict(bag.attribution.coin)},
        "unexplained_usd": bag.unexplained_usd,
        "standing": standing(bag),
    }


def standing(bag: BagSummary) -> str:
    """Where a run leaves the hedge of a bag, in a sentence."""
    if bag.short_usd is None:
        return f"{bag.name} was never seen; whatever short it has stays open."
    exposed = f"{tables.signed_coin(bag.delta_coin)} {bag.asset} stay exposed"
    if bag.short_usd == 0:
        return f"{bag.name} has no short; {exposed}."
    return (
        f"The hedge of {bag.name} stays open: a short of {tables.usd(bag.short_usd)} USD; "
        f"{exposed}. Nothing adjusts it until the next run."
    )


def _overview(bags: tuple[BagSummary, ...], title: str) -> Table:
    rows = [
        ("trades", [f"{bag.trades:,}" for bag in bags]),
        ("turnover, USD", [tables.usd(bag.turnover_usd) for bag in bags]),
        ("value at the start, USD", [tables.usd(bag.start_usd) for bag in bags]),
        ("value at the end, USD", [tables.usd(bag.end_usd) for bag in bags]),
        ("change, USD", [tables.signed_usd(bag.change_usd) for bag in bags]),
        (
            "change without a hedge, USD",
            [tables.signed_usd(bag.unhedged_change_usd) for bag in bags],
        ),
        ("short, USD", [tables.usd(bag.short_usd) for bag in bags]),
        ("exposed, coins", [tables.signed_coin(bag.delta_coin) for bag in bags]),
    ]
    return tables.facts(rows, [f"{bag.name} ({bag.asset})" for bag in bags], title)
