"""How each venue has to be asked for its past through its client: pages, ends, and what it lacks.

Read from the source of the pinned client. What a venue itself keeps to, such as how far back it
remembers, is its documentation or reasoning; nothing of it was seen at a venue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from yarl import URL

from bot.adapters.ccxt.binance_client import weigh as weigh_for_binance
from bot.adapters.ccxt.session import Weigher

Parameters: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class End:
    """How a question says where its period ends: under which name, in parts of a second."""

    name: str = "until"
    per_second: int = 1_000

    def at(self, until_ms: int) -> Parameters:
        """The parameter for a period whose last millisecond is the one before ``until_ms``."""
        return {self.name: (until_ms - 1) * self.per_second // 1_000}


@dataclass(frozen=True, slots=True)
class ByTime:
    """Funding is asked for by period; an answer has room for ``rows``."""

    rows: int
    end: End = End()


@dataclass(frozen=True, slots=True)
class ByPage:
    """Funding comes in pages, the newest first, however old the rates that are wanted. ``page`` is
    the parameter with the number of a page; None: everything comes in one answer."""

    rows: int
    page: str | None


@dataclass(frozen=True, slots=True)
class Manner:
    """How a venue is asked.

    ``bars`` is what an answer about prices has room for. ``spot_end`` and ``perp_end`` say where
    its period ends, None where the client works that out from the number of bars. ``perp_limit``
    False leaves that number out. ``reach_bars`` is how many bars back the venue remembers, None
    without an end. ``funding`` None: the client cannot ask for it. ``rate_field`` is where in the
    raw row the rate stands, if the client's own choice is another figure. ``spot_is_index``: there
    is no spot market beside the contracts, and their index price stands for it. ``markets`` are
    options of the client, so that it learns of no more markets than are needed.
    ``weight_a_minute`` is about half of what the venue allows one address: a bot may be asking
    from the same one.
    """

    bars: int
    funding: ByTime | ByPage | None
    spot_end: End | None = End()
    perp_end: End | None = End()
    perp_limit: bool = True
    reach_bars: int | None = None
    rate_field: str | None = None
    spot_is_index: bool = False
    markets: Mapping[str, Any] = field(default_factory=dict)
    perp_markets: Mapping[str, Any] | None = None
    weight_a_minute: int = 150
    weigh: Weigher = lambda _method, _url: 1


def _types(*names: str) -> Mapping[str, Any]:
    return {"fetchMarkets": {"types": list(names)}}


def _binance_weight(method: str, url: URL) -> int:
    return weigh_for_binance(method, url)


MANNERS: Final[Mapping[str, Manner]] = {
    "binance": Manner(
        bars=1_000,
        funding=ByTime(1_000),
        markets=_types("spot"),
        perp_markets=_types("inverse"),
        weight_a_minute=1_200,
        weigh=_binance_weight,
    ),
    "bybit": Manner(
        bars=1_000, funding=ByTime(200), markets=_types("spot", "inverse"), weight_a_minute=600
    ),
    "okx": Manner(
        bars=100,
        funding=ByTime(100, End("after")),
        markets=_types("spot", "swap"),
        weight_a_minute=240,
    ),
    "deribit": Manner(bars=1_000, funding=ByTime(700), rate_field="interest_1h"),
    "krakenfutures": Manner(
        bars=1_000,
        funding=ByPage(100_000, None),
        spot_end=None,
        perp_end=None,
        spot_is_index=True,
    ),
    "kucoinfutures": Manner(
        bars=200,
        funding=ByTime(100),
        spot_end=None,
        perp_end=None,
        markets={"fetchMarkets": {"types": ["spot"], "fetchTickersFees": False}},
        perp_markets=_types("swap"),
    ),
    "gate": Manner(
        bars=999,
        funding=ByTime(100),
        reach_bars=9_990,
        markets={
            **_types("spot", "swap"),
            "swap": {"fetchMarkets": {"settlementCurrencies": ["btc"]}},
        },
    ),
    "htx": Manner(
        bars=1_000,
        funding=ByPage(50, "page_index"),
        perp_limit=False,
        markets={"fetchMarkets": {"types": {"spot": True, "linear": False, "inverse": True}}},
    ),
    "bingx": Manner(bars=1_000, funding=None),
    "mexc": Manner(
        bars=500,
        funding=ByPage(100, "page_num"),
        spot_end=None,
        perp_end=End("end", per_second=1),
    ),
    "phemex": Manner(
        bars=1_000,
        funding=ByTime(100),
        spot_end=None,
        perp_end=None,
        reach_bars=1_000,
        weight_a_minute=60,
    ),
    "bitget": Manner(
        bars=200,
        funding=ByPage(100, "pageNo"),
        markets={"fetchMarkets": {"types": ["spot", "COIN-FUTURES"]}},
    ),
}
"""By the venue's id in :mod:`bot.adapters.ccxt.venues`: every one that has an inverse perpetual."""
