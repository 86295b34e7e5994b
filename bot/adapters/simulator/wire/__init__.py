"""The simulated venue over HTTP, in the dialect of a real one, for any client of that venue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.wire.binance import binance_app, serve_binance
from bot.adapters.simulator.wire.bybit import bybit_app, serve_bybit
from bot.adapters.simulator.wire.okx import okx_app, serve_okx
from bot.adapters.simulator.wire.server import LOOPBACK, Tamper, Watch
from bot.adapters.simulator.wire.signing import ApiKey, rehearsal_key
from bot.adapters.simulator.wire.times import SAME_TIME, WireTime


class Serve(Protocol):
    """Serves a venue in one dialect and gives its base URL; see
    :func:`bot.adapters.simulator.wire.binance.serve_binance`."""

    def __call__(
        self,
        venue: SimulatedVenue,
        *,
        port: int,
        keys: Iterable[ApiKey],
        host: str = LOOPBACK,
        times: WireTime = SAME_TIME,
        watch: Watch | None = None,
        tamper: Tamper | None = None,
    ) -> AbstractAsyncContextManager[str]:
        """Serve until the context ends."""
        ...


DIALECTS: Final[Mapping[str, Serve]] = {
    "binance": serve_binance,
    "bybit": serve_bybit,
    "okx": serve_okx,
}
"""By the name of the venue whose dialect it is."""

__all__ = [
    "DIALECTS",
    "SAME_TIME",
    "ApiKey",
    "WireTime",
    "binance_app",
    "bybit_app",
    "okx_app",
    "rehearsal_key",
    "serve_binance",
    "serve_bybit",
    "serve_okx",
]
