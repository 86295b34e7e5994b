"""What clients answer about markets and their past, read strictly. Pure.

Everything here raises :class:`bot.errors.MalformedReport` for what cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeGuard

from bot.adapters.ccxt.figures import Row
from bot.domain.quantities import ONE
from bot.errors import ConfigError, MalformedReport

SPOT_QUOTES: Final = ("USD", "USDT", "USDC")
"""What a spot market may be quoted in, the best first."""
ENDLESS_MS: Final = 32_503_680_000_000
"""A contract that expires in the year 3000 or later is a perpetual."""

_CLOSE: Final = 4
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def is_inverse_perpetual(market: Mapping[str, Any], asset: str) -> bool:
    """Whether a market of the client is the coin-margined perpetual of ``asset``.

    The client's own flag is "not linear" at many venues, so it is not enough: settlement in the
    coin itself, dollars as the quote, and no end are looked at one by one.
    """
    expiry = market.get("expiry")
    info = market.get("info")
    is_quanto = isinstance(info, Mapping) and info.get("isQuanto") is True
    return bool(
        market.get("swap")
        and market.get("inverse")
        and market.get("base") == asset
        and market.get("settle") == asset
        and market.get("quote") == "USD"
        and market.get("active") is not False
        and (expiry is None or int(expiry) >= ENDLESS_MS)
        and not is_quanto
    )


def inverse_perpetual(markets: Mapping[str, Any], asset: str, title: str) -> str:
    """The symbol of the inverse perpetual on a coin. Raises :class:`ConfigError`."""
    for symbol, market in markets.items():
        if is_inverse_perpetual(market, asset):
            return symbol
    offered = {m["base"] for m in markets.values() if is_inverse_perpetual(m, m["base"])}
    raise ConfigError(
        f"{title} has no inverse perpetual on {asset}; coins with one: "
        f"{', '.join(sorted(offered)) or 'none'}"
    )


def spot_pair(markets: Mapping[str, Any], asset: str, title: str) -> str:
    """The symbol of the spot market of a coin. Raises :class:`ConfigError`."""
    for quote in SPOT_QUOTES:
        market = markets.get(f"{asset}/{quote}")
        if market is not None and market.get("spot") and market.get("active") is not False:
            return f"{asset}/{quote}"
    wanted = " or ".join(f"{asset}/{quote}" for quote in SPOT_QUOTES)
    raise ConfigError(f"{title} has no spot market {wanted}")


def closes(answer: object, length: timedelta, where: str) -> Iterator[tuple[datetime, Decimal]]:
    """The closes of the client's rows ``[opened, open, high, low, close, volume]``. A row without
    a close is no quote."""
    for row in _listed(answer, where):
        if not isinstance(row, list) or len(row) <= _CLOSE or not _is_moment(row[0]):
            raise MalformedReport(f"{where}: a row cannot be read as a bar")
        if row[0] % (length // _MS):
            raise MalformedReport(
                f"{where}: a bar opens at {_moment(row[0]).isoformat()}, which is not on the grid "
                f"of bars of {length}"
            )
        if row[_CLOSE] not in (None, ""):
            yield _moment(row[0]), Row({"close": row[_CLOSE]}, where).positive("close")


def settled(
    answer: object, rate_field: str | None, where: str
) -> Iterator[tuple[datetime, Decimal]]:
    """When funding was settled, and the rate. ``rate_field`` names the venue's own field for it."""
    for element in _listed(answer, where):
        row = Row(element, where)
        rate = (
            row.number("fundingRate") if rate_field is None else row.row("info").number(rate_field)
        )
        at_ms = row.number("timestamp")
        if not _is_moment(int(at_ms)):
            row.malformed("timestamp", f"is no time in milliseconds: {at_ms}")
        if abs(rate) >= ONE:
            row.malformed("fundingRate", f"of {rate} is the whole position or more")
        yield _moment(int(at_ms)), rate


def within(
    found: Mapping[datetime, Decimal], since: datetime, until: datetime
) -> dict[datetime, Decimal]:
    """What belongs to a period: ``since`` does, ``until`` does not."""
    return {at: number for at, number in found.items() if since <= at < until}


def _listed(answer: object, where: str) -> list[object]:
    if not isinstance(answer, list):
        raise MalformedReport(f"{where}: a list was expected, not {type(answer).__name__}")
    return answer


def _is_moment(at_ms: object) -> TypeGuard[int]:
    return isinstance(at_ms, int) and not isinstance(at_ms, bool) and 0 <= at_ms < ENDLESS_MS


def _moment(at_ms: int) -> datetime:
    return _EPOCH + at_ms * _MS
