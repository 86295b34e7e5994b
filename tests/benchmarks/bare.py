"""ccxt as it comes, without anything of ours around it: what our adapter is measured beside.

Run as ``python -m tests.benchmarks.bare URL KEY SECRET`` it is a naive bot: it loads all markets,
looks once, prints what it saw and ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import ccxt.async_support as ccxt


class Bare:
    """The two clients, their limiters off, led to another base. ``requests`` counts all of them."""

    def __init__(self, base_url: str, key: str, secret: str) -> None:
        settings = {"apiKey": key, "secret": secret, "enableRateLimit": False}
        self.spot, self.coin = ccxt.binance(settings), ccxt.binancecoinm(settings)
        self.spot.options["fetchMarkets"] = {"types": ["spot"]}  # no linear ones: leaner than usual
        self.requests = 0
        for client in (self.spot, self.coin):
            client.options["adjustForTimeDifference"] = True
            urls = client.urls["api"]
            for name, url in urls.items():
                if isinstance(url, str):
                    urls[name] = base_url + urlsplit(url).path

    def count(self) -> None:
        """Count requests from now on. Costs a call each, so not while CPU time is measured."""
        for client in (self.spot, self.coin):
            client.fetch = self._counting(client.fetch)

    def _counting(self, fetch: Any) -> Any:
        async def counted(*asked: Any, **options: Any) -> Any:
            self.requests += 1
            return await fetch(*asked, **options)

        return counted

    async def naive_look(self, symbols: Sequence[str]) -> Sequence[Any]:
        """What a first attempt asks: ccxt's unified calls, market by market."""
        return await asyncio.gather(
            self.spot.fetch_balance(),
            self.coin.fetch_balance(),
            self.coin.fetch_positions(),
            *(self.coin.fetch_open_orders(symbol) for symbol in symbols),
            *(self.coin.fetch_ticker(symbol) for symbol in symbols),
            *(self.coin.fetch_funding_rate(symbol) for symbol in symbols),
        )

    async def same_requests(self, symbol: str) -> Sequence[Any]:
        """The very requests of one of our idle cycles, their answers left as they are."""
        return await asyncio.gather(
            self.spot.privateGetAccount(),
            self.coin.dapiPrivateGetBalance(),
            self.coin.dapiPrivateGetPositionRisk(),
            self.coin.dapiPublicGetPremiumIndex({"symbol": self.coin.market(symbol)["id"]}),
        )


@asynccontextmanager
async def bare(base_url: str, key: str, secret: str) -> AsyncIterator[Bare]:
    """The clients with all markets loaded, closed again at the end."""
    clients = Bare(base_url, key, secret)
    try:
        await asyncio.gather(clients.spot.load_markets(), clients.coin.load_markets())
        yield clients
    finally:
        await asyncio.gather(clients.spot.close(), clients.coin.close())


async def main() -> None:
    """Load, look once and tell."""
    async with bare(*sys.argv[1:4]) as clients:
        spot, coin, positions, *_ = await clients.naive_look(["BTC/USD:BTC"])
        held = [p["info"]["positionAmt"] for p in positions if p["symbol"] == "BTC/USD:BTC"]
        print(json.dumps({"spot": spot["BTC"], "coin": coin["BTC"], "held": held}))


if __name__ == "__main__":
    asyncio.run(main())
