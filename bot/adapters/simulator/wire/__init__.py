"""The simulated venue over HTTP, in the dialect of a real one, for any client of that venue."""

from bot.adapters.simulator.wire.binance import binance_app, serve_binance
from bot.adapters.simulator.wire.signing import ApiKey, rehearsal_key
from bot.adapters.simulator.wire.times import SAME_TIME, WireTime

__all__ = ["SAME_TIME", "ApiKey", "WireTime", "binance_app", "rehearsal_key", "serve_binance"]
