"""``download``: the past of a coin at a venue, into the file that ``replay`` reads."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli import parsing
from bot.cli.inputs import load_settings
from bot.cli.options import AsJson, ConfigFiles
from bot.cli.output import console, print_json
from bot.cli.progress import progress_bar
from bot.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from bot.app.downloading import Downloaded
    from bot.app.history_rows import Hole

_HOLES_SHOWN: Final = 10


def download(
    *,
    account: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            show_default=False,
            help="The account in the settings at whose venue to look. Prices are public: its key "
            "is not used and need not be there.",
        ),
    ],
    asset: Annotated[
        str, typer.Option(metavar="CODE", show_default=False, help="The coin, such as BTC.")
    ],
    since: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            show_default=False,
            help="The first bar opens then or after it: 2024-01-31, or 2024-01-31T08:00:00Z. UTC "
            "where there is no offset.",
        ),
    ],
    until: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            show_default=False,
            help="The last bar ends then or before it. Default: now.",
        ),
    ] = None,
    interval: Annotated[
        str,
        typer.Option(metavar="LENGTH", help="How long a bar is: 1m, 5m, 15m, 30m, 1h, 4h or 1d."),
    ] = "1h",
    out: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="The file. If it is there, it is gone on with; what is in it is never changed. "
            "Default: VENUE-CODE-LENGTH.csv in this folder.",
        ),
    ] = None,
    config: ConfigFiles = None,
    as_json: AsJson = False,
) -> None:
    """Fetch spot, perpetual and funding history from a venue into a file that replay reads.

    One line per bar: when it opened, the last prices of spot and of the inverse perpetual in it,
    and the funding that was settled as it opened or within it. A bar without a quote has an empty
    cell, and all such periods are listed at the end. Broken off, it goes on where it stopped the
    next time. Asks for public prices alone and writes nothing but the file.
    """
    coin = parsing.asset(asset, "--asset")
    first = parsing.moment(since, "--since")
    last = None if until is None else parsing.moment(until, "--until")
    settings = load_settings(config)
    from bot.app.downloading import history_source

    venue, base_url = history_source(settings, account)
    path = Path(f"{venue}-{coin}-{interval}.csv" if out is None else out)
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"--out: there is no folder {path.parent}; create it first")
    done = asyncio.run(_fetch(venue, base_url, coin, first, last, interval, path))
    if as_json:
        print_json({"account": account, "venue": venue, "asset": coin, **_fields(done, interval)})
    else:
        _print(done, venue)


async def _fetch(
    venue: str,
    base_url: str | None,
    asset: str,
    since: datetime,
    until: datetime | None,
    interval: str,
    path: Path,
) -> Downloaded:
    from bot.adapters.clock import SystemClock
    from bot.app.downloading import bars_asked, download, open_source

    clock = SystemClock()
    grid = bars_asked(since, until, interval, clock.now())
    with progress_bar("looking up markets", "bars") as progress:
        async with open_source(
            venue, base_url, asset=asset, interval=interval, clock=clock
        ) as history:
            return await download(history, grid, path, clock, progress)


def _fields(done: Downloaded, interval: str) -> dict[str, object]:
    tally = done.tally
    return {
        "interval": interval,
        "file": done.file,
        "spot_market": done.spot_market,
        "perp_market": done.perp_market,
        "rows": tally.rows,
        "added": done.added,
        "from": tally.first,
        "to": tally.until,
        "holes": [
            {"from": hole.since, "to": hole.until, "missing": hole.missing} for hole in tally.holes
        ],
        "funding_rows": tally.funding_rows if done.tells_funding else None,
        "funding_from": tally.funding_first,
        "funding_to": tally.funding_last,
    }


def _print(done: Downloaded, venue: str) -> None:
    tally, out = done.tally, console()
    period = ""
    if tally.first is not None and tally.until is not None:
        period = f" from {_moment(tally.first)} to {_moment(tally.until)}"
    out.print(
        f"{done.file} has {tally.rows:,} bars{period}, {done.added:,} of them new: "
        f"{done.spot_market} and {done.perp_market} at {venue}."
    )
    out.print(_funding_sentence(done))
    if not tally.holes:
        out.print("There is no hole: every bar has both prices.")
        return
    out.print(f"Periods without quotes ({len(tally.holes):,}), left empty:")
    for hole in tally.holes[:_HOLES_SHOWN]:
        out.print(f"  {_hole(hole)}")
    if len(tally.holes) > _HOLES_SHOWN:
        out.print(f"  and {len(tally.holes) - _HOLES_SHOWN:,} more; --json lists them all")


def _funding_sentence(done: Downloaded) -> str:
    tally = done.tally
    if not done.tells_funding:
        return "Funding of the past cannot be asked for at this venue: its column is empty."
    if tally.funding_first is None or tally.funding_last is None:
        return "The venue tells of no funding in this time."
    return (
        f"Funding in {tally.funding_rows:,} bars, from {_moment(tally.funding_first)} to "
        f"{_moment(tally.funding_last)}."
    )


def _hole(hole: Hole) -> str:
    return f"{_moment(hole.since)} to {_moment(hole.until)}: {hole.missing.value}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
