"""``run``: the daemon in the foreground, and what it has to tell when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli import parsing
from bot.cli.inputs import load, load_settings
from bot.cli.options import ConfigFiles

if TYPE_CHECKING:
    from bot.settings import Settings


def run(
    config: ConfigFiles = None,
    cycles: Annotated[
        str | None,
        typer.Option(
            metavar="N", show_default=False, help="Stop after so many cycles. Default: go on."
        ),
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="DURATION",
            show_default=False,
            help="Stop after so long: 90s, 10m, 2h, 1d, by the clock that the bot lives by. Where "
            "a rehearsal runs 60 times as fast, 1h is over in a minute. Default: go on.",
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh",
            help="Start over: first delete the simulated venue's state and the journal, for good.",
        ),
    ] = False,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="Real coins may be traded. Needed, and only allowed, in the mode live."
        ),
    ] = False,
    wire: Annotated[
        Literal["binance", "bybit", "okx"] | None,
        typer.Option(
            show_default=False,
            metavar="VENUE",
            help="Rehearse a dry-run over the wire: the simulated venue answers as binance, bybit "
            "or okx in a process of its own, and the venue's real client talks to it. "
            "Default: no wire.",
        ),
    ] = None,
    log_format: Annotated[
        Literal["auto", "pretty", "json"] | None,
        typer.Option(
            show_default=False,
            help="How to log: pretty for people, json with one document per line, auto for pretty "
            "on a terminal and json elsewhere. Default: the setting log.format.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --log-format json.")] = False,
) -> None:
    """Hedge, cycle after cycle, until stopped; one log line per bag and cycle.

    Ctrl-C (or SIGTERM) stops it gracefully: resting orders are cancelled, the hedge stays on, and
    what happened is printed. A second Ctrl-C stops at once.
    """
    most = None if cycles is None else parsing.whole(cycles, "--cycles")
    for_s = None if duration is None else parsing.length(duration, "--for").total_seconds()
    flags = {"log.format": "json" if as_json else log_format}
    settings = load_settings(config, flags)
    going = Going(most, for_s, fresh, live)
    if wire is None:
        asyncio.run(_serve(settings, going))
    else:
        asyncio.run(_serve_over_wire(settings, going, wire, config or [], flags))


@dataclass(frozen=True, slots=True)
class Going:
    """How long a run goes on, and how it begins."""

    cycles: int | None
    for_s: float | None
    fresh: bool
    live: bool


async def _serve_over_wire(
    settings: Settings,
    going: Going,
    venue: str,
    files: list[str],
    flags: Mapping[str, object],
) -> None:
    from bot.app.wire_rehearsal import led_there, serve_elsewhere

    async with serve_elsewhere(settings, files, venue, fresh=going.fresh) as served:
        also = led_there(settings, served)
        await _serve(load(files, flags, also=also).settings, going)


async def _serve(settings: Settings, going: Going) -> None:
    from bot.app import heard, open_bot
    from bot.cli.run_summary import announce, start_log, tell
    from bot.daemon import serve

    pretty = start_log(settings)
    async with open_bot(settings, fresh=going.fresh, pretty=pretty, live=going.live) as bot:
        announce(bot.banner(), pretty=pretty)
        async with heard(bot):
            summary = await serve(bot, cycles=going.cycles, for_s=going.for_s)
    tell(summary, pretty=pretty)
