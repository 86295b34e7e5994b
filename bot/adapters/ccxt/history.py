"""The past of one coin at a venue: closes of spot and of the inverse perpetual, and funding.

Public questions alone, through unmodified clients without a key. How a venue is asked stands in
:mod:`bot.adapters.ccxt.history_manners`, and its answers are read by
:mod:`bot.adapters.ccxt.history_answers`.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeVar

from bot.adapters.ccxt.asking import in_our_words
from bot.adapters.ccxt.binance_markets import in_milliseconds
from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.client import Made, World, make_public_clients
from bot.adapters.ccxt.history_answers import (
    closes,
    inverse_perpetual,
    settled,
    spot_pair,
    within,
)
from bot.adapters.ccxt.history_manners import MANNERS, ByPage, ByTime, End, Manner
from bot.adapters.ccxt.spec import Environment
from bot.adapters.ccxt.venue_facts import Hedging, Support, VenueFacts
from bot.adapters.ccxt.venues import VENUES
from bot.errors import ConfigError, MalformedReport
from bot.ports import Clock, PriceHistory

Answer = TypeVar("Answer")

PATIENCE_S: Final = 90.0
"""How long a request may wait for room in the budget: nobody's money waits for it."""
SHORTEST_FUNDING: Final = timedelta(hours=1)
MOST_PAGES: Final = 400
TIMEOUT_S: Final = 20.0

_MS: Final = timedelta(milliseconds=1)


@asynccontextmanager
async def open_history(
    venue: str, base_url: str | None, *, asset: str, interval: str, clock: Clock
) -> AsyncIterator[PriceHistory]:
    """The past of ``asset`` at ``venue`` in bars of ``interval`` ("1h"), its markets looked up.

    ``venue`` is an id in :mod:`bot.adapters.ccxt.venues`; with ``base_url`` every request goes
    there. Raises :class:`bot.errors.ConfigError` for a venue without an inverse perpetual, for an
    asset or an interval that it does not have, and for an address that cannot be used; and what
    the venue raises.
    """
    facts, hedging, manner = _known(venue)
    budget = Budget(limit=manner.weight_a_minute, reserve=0, patience_s=PATIENCE_S)
    names = [hedging.client]
    options = [manner.markets if manner.perp_markets is None else manner.perp_markets]
    if facts.client not in ("", hedging.client):
        names.append(facts.client)
        options.append(manner.markets)
    hosts = hedging.hosts
    made = Made(
        kinds=[partial(_client, name, own) for name, own in zip(names, options, strict=True)],
        world=World(dict.fromkeys(hosts.live, budget)),
        weigh=manner.weigh,
        enter=_stay_live,
        foreign=hosts.rehearsal - hosts.live,
        alien=None if hosts.header is None else hosts.header[0],
        options={"adjustForTimeDifference": False},
    )
    async with make_public_clients(made, base_url, timeout_s=TIMEOUT_S) as clients:
        perp, spot = clients[0], clients[-1]
        for client in clients:
            await in_our_words(client.load_markets(), budget, operation="instruments")
            if interval not in client.timeframes:
                raise ConfigError(
                    f"{facts.title} has no bars of {interval}, only {', '.join(client.timeframes)}"
                )
        perp_symbol = inverse_perpetual(perp.markets, asset, facts.title)
        spot_symbol = (
            perp_symbol if manner.spot_is_index else spot_pair(spot.markets, asset, facts.title)
        )
        length = timedelta(seconds=perp.parse_timeframe(interval))
        yield _VenueHistory(
            facts, manner, budget, clock, perp, spot, perp_symbol, spot_symbol, interval, length
        )


def _known(venue: str) -> tuple[VenueFacts, Hedging, Manner]:
    facts = VENUES.get(venue)
    if facts is None:
        raise ConfigError(
            f"venue {venue!r} is not one whose history is known; choose one of "
            f"{', '.join(sorted(MANNERS))}"
        )
    if facts.support is Support.REFUSED:
        raise ConfigError(f"venue {venue!r} is refused: {facts.reason}")
    if facts.hedging is None:
        raise ConfigError(
            f"venue {venue!r} has no inverse perpetual to fetch the history of: {facts.reason}"
        )
    return facts, facts.hedging, MANNERS[venue]


def _client(name: str, own: Mapping[str, Any], settings: dict[str, Any]) -> Any:  # noqa: ANN401 - ccxt has no types
    kind = getattr(importlib.import_module(f"ccxt.async_support.{name}"), name)
    return kind({**settings, "options": {**settings["options"], **own}})


def _stay_live(_client: object, _environment: Environment) -> None:
    """Prices of a rehearsal are no history."""


@dataclass(slots=True)
class _VenueHistory:
    """The port over one venue. ``_by_page`` are the rates that came page by page, read once."""

    facts: VenueFacts
    manner: Manner
    budget: Budget
    clock: Clock
    perp: Any
    spot: Any
    perp_market: str
    spot_symbol: str
    interval: str
    length: timedelta
    _by_page: dict[datetime, Decimal] | None = field(default=None, init=False)

    @property
    def spot_market(self) -> str:
        if self.manner.spot_is_index:
            return f"index price of {self.perp_market}"
        return self.spot_symbol

    @property
    def most_bars(self) -> int:
        return self.manner.bars

    @property
    def tells_funding(self) -> bool:
        return self.manner.funding is not None

    async def spot_closes(self, since: datetime, until: datetime) -> Mapping[datetime, Decimal]:
        more = {"price": "index"} if self.manner.spot_is_index else {}
        ask = partial(self.spot.fetch_ohlcv, self.spot_symbol, self.interval)
        return await self._closes(
            ask, self.spot_symbol, since, until, self.manner.spot_end, self.manner.bars, more
        )

    async def perp_closes(self, since: datetime, until: datetime) -> Mapping[datetime, Decimal]:
        limit = self.manner.bars if self.manner.perp_limit else None
        ask = partial(self.perp.fetch_ohlcv, self.perp_market, self.interval)
        return await self._closes(
            ask, self.perp_market, since, until, self.manner.perp_end, limit, {}
        )

    async def funding(self, since: datetime, until: datetime) -> Mapping[datetime, Decimal]:
        match self.manner.funding:
            case ByTime() as by_time:
                found: dict[datetime, Decimal] = {}
                start = since
                while start < until:
                    end = min(until, start + by_time.rows * SHORTEST_FUNDING)
                    parameters = by_time.end.at(in_milliseconds(end))
                    rows = await self._rates(in_milliseconds(start), by_time.rows, parameters)
                    found |= within(rows, start, end)
                    start = end
                return found
            case ByPage() as by_page:
                if self._by_page is None:
                    self._by_page = await self._every_page(by_page, since)
                return within(self._by_page, since, until)
            case None:
                return {}

    async def _closes(
        self,
        ask: Callable[[int, int | None, Mapping[str, Any]], Awaitable[object]],
        symbol: str,
        since: datetime,
        until: datetime,
        end: End | None,
        limit: int | None,
        more: Mapping[str, Any],
    ) -> Mapping[datetime, Decimal]:
        """Closes by their bars. Bars beyond the venue's memory are not asked for."""
        if self.manner.reach_bars is not None:
            since = max(since, self.clock.now() - self.manner.reach_bars * self.length)
        if since >= until:
            return {}
        length_ms = self.length // _MS
        since_ms = -(-in_milliseconds(since) // length_ms) * length_ms
        parameters = {**more, **({} if end is None else end.at(in_milliseconds(until)))}
        answer = await self._ask(ask(since_ms, limit, parameters), "quotes", symbol)
        return within(
            dict(closes(answer, self.length, f"{self.facts.title} bars of {symbol}")),
            since,
            until,
        )

    async def _rates(
        self, since_ms: int | None, limit: int, parameters: Mapping[str, int]
    ) -> dict[datetime, Decimal]:
        call = self.perp.fetch_funding_rate_history(
            self.perp_market, since_ms, limit, dict(parameters)
        )
        answer = await self._ask(call, "funding", self.perp_market)
        where = f"{self.facts.title} funding of {self.perp_market}"
        return dict(settled(answer, self.manner.rate_field, where))

    async def _every_page(self, by_page: ByPage, since: datetime) -> dict[datetime, Decimal]:
        """All rates from ``since`` on, the newest page first."""
        found: dict[datetime, Decimal] = {}
        for number in range(1, MOST_PAGES + 1):
            parameters = {} if by_page.page is None else {by_page.page: number}
            rows = await self._rates(None, by_page.rows, parameters)
            found |= rows
            if by_page.page is None or not rows or min(rows) < since:
                return found
        raise MalformedReport(
            f"{self.facts.title} funding of {self.perp_market}: there is no end after "
            f"{MOST_PAGES} pages"
        )

    async def _ask(self, call: Awaitable[Answer], operation: str, symbol: str) -> Answer:
        return await in_our_words(call, self.budget, operation=operation, symbol=symbol)
