"""``plan`` and ``status``: what the bot would do now, and what it last did."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.inputs import load_settings, open_journal
from bot.cli.options import AsJson, ConfigFiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.judgement import HedgePlan
    from bot.domain.records import CycleRecord
    from bot.engine.standing import Standing
    from bot.settings import Settings


def plan(
    config: ConfigFiles = None,
    survive: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="Rises of the price to survive, as multiples with commas: for each, the share of "
            "the bag that the short needs as collateral.",
        ),
    ] = "1.25,1.5,2,3",
    what_if: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            show_default=False,
            help="Also try the plan on random paths of this length, such as 90d, by the hour: how "
            "value, cost and the tail are spread, and how often the short is liquidated. Default: "
            "do not.",
        ),
    ] = None,
    paths: Annotated[
        str | None,
        typer.Option(
            metavar="N", show_default=False, help="How many paths to try. Default: 10000."
        ),
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="S",
            show_default=False,
            help="Seed of the paths: the same one gives the same paths. Default: 1.",
        ),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option(
            "--html",
            metavar="FILE",
            show_default=False,
            help="Also write one self-contained page with the plots of --what-if to this file. "
            "Default: no page.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look once and say what the bot would do for each bag, and why. Trades and writes nothing.

    Then how much collateral each short needs, where it would be liquidated at 1x, 2x, 3x and 5x,
    and what that trades for. Exit code 1 where a bag could not be seen.
    """
    from bot.cli import parsing, what_if_odds
    from bot.cli.inputs import writable_page

    rises = parsing.numbers(survive, "--survive", parsing.RISE)
    asked = what_if_odds.asked_of(what_if, paths, seed, html)
    page = None if html is None else writable_page(html)
    settings = load_settings(config)
    records, plans = asyncio.run(_look(settings))
    from bot.cli import collateral

    volatility = settings.band.volatility
    shorts = [collateral.short_to_carry(r, plans[r.bag], volatility) for r in records]
    odds = {} if asked is None else what_if_odds.odds_by_bag(asked, settings, records, plans)
    if odds and page is not None:
        what_if_odds.write_odds(odds, page)
    if as_json:
        from bot.cli.output import print_json
        from bot.domain.report import record_fields

        bags = [
            {
                **record_fields(record),
                "collateral": collateral.collateral_fields(record, short, rises),
            }
            | ({"what_if": odds[record.bag].as_json()} if record.bag in odds else {})
            for record, short in zip(records, shorts, strict=True)
        ]
        print_json({"bags": bags})
    else:
        from bot.cli.output import console
        from bot.cli.sights import sight_table

        out = console()
        out.print(sight_table(records, f"Plan, {records[0].mode}"))
        for record in records:
            out.print(f"{record.bag}: {record.reason}")
        for record, short in zip(records, shorts, strict=True):
            if short is not None:
                out.print()
                out.print(collateral.collateral_table(record.bag, record.asset, short, rises))
                out.print(collateral.collateral_note(record, volatility))
        what_if_odds.print_odds(odds)
        if odds and page is not None:
            out.print(f"The page is {page}.")
    unseen = [record for record in records if record.sight is None]
    if unseen:
        from bot.cli.output import complain

        complain(*(f"{record.bag}: {record.reason}" for record in unseen))
        raise typer.Exit(1)


async def _look(settings: Settings) -> tuple[tuple[CycleRecord, ...], Mapping[str, HedgePlan]]:
    from bot.app import open_viewer

    async with open_viewer(settings) as viewer:
        plans = {bag.plan.bag.name: bag.plan for desk in viewer.desks for bag in desk.bags}
        return await viewer.look(), plans


def status(config: ConfigFiles = None, as_json: AsJson = False) -> None:
    """What the journal says: each bag's last cycle, its trading state, orders in doubt, its age.

    Asks no venue. Says so where the daemon seems not to run.
    """
    from bot.cli.standing import print_standing
    from bot.engine.standing import standing_fields

    settings = load_settings(config)
    standing = asyncio.run(_read(settings))
    if as_json:
        from bot.cli.output import print_json

        print_json(standing_fields(standing))
    else:
        print_standing(standing)


async def _read(settings: Settings) -> Standing:
    from bot.cli.standing import recorded_standing

    async with open_journal(settings) as journal:
        return await recorded_standing(settings, journal, now=datetime.now(UTC))
