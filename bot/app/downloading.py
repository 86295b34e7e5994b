"""Fetching the past of a coin into a file, part by part, from where the file ends.

Questions are reads, so one that got no answer is asked again, later each time, and given up in the
end; what is in the file by then stays, and the next attempt goes on from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias, TypeVar

from bot.adapters.ccxt.history import open_history
from bot.app.history_file import HistoryFile, open_history_file
from bot.app.history_rows import Grid, Tally, agree, merge
from bot.errors import ConfigError, ExchangeError, MalformedReport, RateLimited, Unavailable
from bot.ports import Clock, PriceHistory
from bot.settings import Settings

Answer = TypeVar("Answer")
Ask: TypeAlias = Callable[[datetime, datetime], Awaitable[Mapping[datetime, Decimal]]]
Progress: TypeAlias = Callable[[int, int], None]
"""Is told how many rows of how many are in the file."""

LENGTHS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        "1m": timedelta(minutes=1),
        "5m": timedelta(minutes=5),
        "15m": timedelta(minutes=15),
        "30m": timedelta(minutes=30),
        "1h": timedelta(hours=1),
        "4h": timedelta(hours=4),
        "1d": timedelta(days=1),
    }
)
"""The bars that can be asked for."""
SETTLED: Final = timedelta(seconds=10)
"""So long after its end a bar counts as told to the end."""
DELAYS_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""How long to wait before a question is asked again; after the last time it is given up."""
UNREADABLE: Final = 2
"""How often an answer that cannot be read is asked for again: it is hardly going to change."""
LONGEST_WAIT_S: Final = 600.0
"""Where a venue wants silence for longer than this, the download ends for now."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What is in the file now, ``added`` rows of it since this time."""

    file: Path
    spot_market: str
    perp_market: str
    tells_funding: bool
    tally: Tally
    added: int


def history_source(settings: Settings, account: str) -> tuple[str, str | None]:
    """The venue of an account, and the address to ask instead of the venue's own, if any.

    Raises :class:`ConfigError` for a name that nobody has and for an account without a history.
    """
    found = settings.accounts.get(account)
    if found is None:
        near = get_close_matches(account, settings.accounts, n=1)
        names = ", ".join(settings.accounts) or "none"
        advice = f"did you mean {near[0]!r}?" if near else f"accounts: {names}"
        raise ConfigError(f"--account: there is no account {account!r} in the settings; {advice}")
    venue = str(found.venue)
    if venue == "simulator":
        raise ConfigError(
            f"accounts.{account}: the simulated venue of a dry-run has no history to fetch; name "
            "an account at a real venue"
        )
    return venue, getattr(found, "api_url", None)


def open_source(
    venue: str, base_url: str | None, *, asset: str, interval: str, clock: Clock
) -> AbstractAsyncContextManager[PriceHistory]:
    """The past of ``asset`` at ``venue``. Raises :class:`ConfigError` and what the venue raises."""
    return open_history(venue, base_url, asset=asset, interval=interval, clock=clock)


def bars_asked(since: datetime, until: datetime | None, interval: str, now: datetime) -> Grid:
    """The bars of a period that are over. Raises :class:`ConfigError` where there is none."""
    length = LENGTHS.get(interval)
    if length is None:
        raise ConfigError(
            f"--interval: {interval!r} is no length of bars; choose one of {', '.join(LENGTHS)}"
        )
    over = now - SETTLED
    grid = Grid.within(since, over if until is None else min(until, over), length)
    if not len(grid):
        raise ConfigError(
            f"--since: no bar of {interval} opened and ended between {since.isoformat()} and "
            f"{(until or now).isoformat()}; choose an earlier --since, or a later --until"
        )
    return grid


async def download(
    history: PriceHistory,
    grid: Grid,
    path: Path,
    clock: Clock,
    progress: Progress | None = None,
) -> Downloaded:
    """Write what is missing of the grid's rows at the end of the file.

    Raises :class:`ConfigError` for a file that cannot be gone on with, and
    :class:`ExchangeError` where the venue cannot be asked any longer; then the file holds
    everything up to there.
    """
    with open_history_file(path, grid) as file:
        before = file.tally.rows
        tell = progress or (lambda _done, _total: None)
        tell(before, len(grid))
        try:
            await _go_on(history, grid, file, clock, tell)
        except ExchangeError as error:
            kept = f"{path} has {file.tally.rows:,} of {len(grid):,} rows"
            error.args = (f"{error}. {kept}; the same command goes on from there",)
            raise  # the same error with a longer sentence: what it is decides the exit code
        return Downloaded(
            file=path,
            spot_market=history.spot_market,
            perp_market=history.perp_market,
            tells_funding=history.tells_funding,
            tally=file.tally,
            added=file.tally.rows - before,
        )


async def _go_on(
    history: PriceHistory, grid: Grid, file: HistoryFile, clock: Clock, tell: Progress
) -> None:
    start = file.tally.until or grid.since
    if start < grid.until:
        await _require_same_market(history, grid, file, clock)
    for part in grid.starting(start).parts(history.most_bars):
        spot = await _closes(history.spot_closes, part, clock)
        perp = await _closes(history.perp_closes, part, clock)
        funding = await _asked(history.funding, part, clock)
        file.append(merge(part, spot, perp, funding))
        tell(file.tally.rows, len(grid))


async def _require_same_market(
    history: PriceHistory, grid: Grid, file: HistoryFile, clock: Clock
) -> None:
    """The last quoted rows of the file are what the venue says too, or it is of another market."""
    if not file.tail:
        return
    last = file.tail[-1].at
    first = max(file.tail[0].at, last - (history.most_bars - 1) * grid.length)
    part = Grid(first, last + grid.length, grid.length)
    spot = await _asked(history.spot_closes, part, clock)
    perp = await _asked(history.perp_closes, part, clock)
    if not agree(file.tail, spot, perp):
        raise ConfigError(
            f"{file.path}: its last prices are not those of {history.spot_market} and "
            f"{history.perp_market} at the same time, so it is of another market; name another "
            "file with --out"
        )


async def _closes(ask: Ask, part: Grid, clock: Clock) -> Mapping[datetime, Decimal]:
    """The closes of a part. A hole is believed when it is seen twice: what is written stays."""
    found = await _asked(ask, part, clock)
    if all(at in found for at in part):
        return found
    return {**await _asked(ask, part, clock), **found}


async def _asked(ask: Ask, part: Grid, clock: Clock) -> Mapping[datetime, Decimal]:
    """The answer to a question, asked again for a while where there is none that can be read."""
    unreadable = 0
    for delay_s in DELAYS_S:
        wait_s = delay_s
        try:
            return await ask(part.since, part.until)
        except RateLimited as error:
            wait_s = max(delay_s, error.retry_after_s)
            if wait_s > LONGEST_WAIT_S:
                raise
        except Unavailable:
            pass
        except MalformedReport:
            unreadable += 1
            if unreadable > UNREADABLE:
                raise
        await clock.sleep(wait_s)
    return await ask(part.since, part.until)
