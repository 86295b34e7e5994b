"""What the error codes of each venue mean for us, where ccxt's class alone would mislead.

A venue's refusal may arrive as a class that also stands for a broken connection, and a duplicate
order id as one that stands for a bad price. A code in this table decides; where there is none, the
class does (:mod:`bot.adapters.ccxt.errors`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final


class Meaning(Enum):
    """What an error tells about the request that met it."""

    MARGIN = "not enough margin"
    INVALID = "size, price or flags are not taken"
    NOT_FOUND = "no such order"
    DUPLICATE = "the client order id was used before"
    UNCHANGED = "it already is so"
    REFUSED = "refused"
    ACCESS = "the key, its permissions or the address are not accepted"
    CLOCK = "the timestamp is not accepted; compare this machine's clock with the venue's"
    BUSY = "the venue did not take the request"
    RATE = "too many requests"
    THROTTLED = "too many requests, says something before the venue"
    GARBLED = "the answer cannot be read"
    LOST = "no usable answer"


_FAMILY: Final = {
    "binancecoinm": "binance",
    "binanceusdm": "binance",
    "binanceus": "binance",
    "bybiteu": "bybit",
    "bybitid": "bybit",
    "myokx": "okx",
    "okxus": "okx",
    "kucoinfutures": "kucoin",
    "gateio": "gate",
    "gateeu": "gate",
    "huobi": "htx",
}


def _table(meanings: Mapping[Meaning, str]) -> Mapping[str, Meaning]:
    return {code: meaning for meaning, codes in meanings.items() for code in codes.split()}


VENUE_CODES: Final[Mapping[str, Mapping[str, Meaning]]] = {
    "binance": _table(
        {
            Meaning.MARGIN: "-2018 -2019 -4050 -4051",
            Meaning.NOT_FOUND: "-2011 -2013",
            Meaning.DUPLICATE: "-4116",
            Meaning.INVALID: "-1013 -1111 -2021 -2022 -2026 -4131 -4164 -5021 -5022",
            Meaning.UNCHANGED: "-4046 -4059",
            Meaning.REFUSED: "-2023 -2025 -2027 -2028 -4047 -4048 -4061 -4067 -4068",
            Meaning.ACCESS: "-1002 -1022 -2014 -2015",
            Meaning.CLOCK: "-1021",
            Meaning.RATE: "-1003 -1015",
            Meaning.BUSY: "-1008",
            Meaning.LOST: "-1000 -1001 -1006 -1007 -2020",
        }
    ),
    "bybit": _table(
        {
            Meaning.MARGIN: "110004 110007 110012",
            Meaning.NOT_FOUND: "110001 170213 20001",
            Meaning.DUPLICATE: "110072",
            Meaning.UNCHANGED: "110025 110026 110027 110043 34036",
            Meaning.CLOCK: "10002",
            Meaning.RATE: "10006 10018",
        }
    ),
    "okx": _table(
        {
            Meaning.MARGIN: "51008 51119 51127 51131",
            Meaning.NOT_FOUND: "51400 51401 51402 51503 51509 51603",
            Meaning.DUPLICATE: "51016",
            Meaning.INVALID: "51169",
            Meaning.ACCESS: "50120 51010",
            Meaning.CLOCK: "50102",
            Meaning.RATE: "50011",
            Meaning.LOST: "50001 50004 50013 50026 51410",
        }
    ),
    "deribit": _table(
        {
            Meaning.MARGIN: "10009",
            Meaning.NOT_FOUND: "10004 10010 10029",
            Meaning.INVALID: "11054",
            Meaning.RATE: "10028 10047",
            Meaning.LOST: "10040 10041 11051",
        }
    ),
    "krakenfutures": _table(
        {
            Meaning.MARGIN: "insufficientFunds insufficientAvailableFunds INSUFFICIENT_MARGIN",
            Meaning.NOT_FOUND: "notFound filled",
            Meaning.DUPLICATE: "clientOrderIdAlreadyExist",
            Meaning.INVALID: "postWouldExecute iocWouldNotExecute wouldNotReducePosition "
            "maxPositionViolation clientOrderIdTooLong",
            Meaning.REFUSED: "selfFill tooManySmallOrders marketSuspended marketInactive",
            Meaning.CLOCK: "nonceBelowThreshold nonceDuplicate",
            Meaning.RATE: "apiLimitExceeded",
            Meaning.LOST: "unavailable Unavailable",
        }
    ),
    "kucoin": _table(
        {
            Meaning.MARGIN: "200004 126013",
            Meaning.NOT_FOUND: "130103 126043 order_not_exist",
            Meaning.DUPLICATE: "126044",
            Meaning.CLOCK: "400002",
            Meaning.RATE: "429 429000",
            Meaning.LOST: "500 503 500000",
        }
    ),
    "gate": _table(
        {
            Meaning.MARGIN: "BALANCE_NOT_ENOUGH INSUFFICIENT_AVAILABLE",
            Meaning.NOT_FOUND: "ORDER_NOT_FOUND",
            Meaning.INVALID: "POC_FILL_IMMEDIATELY",
            Meaning.RATE: "TOO_FAST TOO_MANY_REQUESTS",
            Meaning.LOST: "SERVER_ERROR TOO_BUSY INTERNAL",
        }
    ),
    "htx": _table(
        {
            Meaning.MARGIN: "1047 1048",
            Meaning.NOT_FOUND: "1017 1061",
            Meaning.INVALID: "1067",
            Meaning.RATE: "rate-too-many-requests base-request-exceed-frequency-limit",
            Meaning.LOST: "system-maintenance gateway-internal-error timeout",
        }
    ),
    "bitget": _table(
        {
            Meaning.MARGIN: "33003 35025",
            Meaning.NOT_FOUND: "40109 40768 43001",
            Meaning.CLOCK: "40004 40005 40008",
            Meaning.RATE: "1001 429 50009",
            Meaning.LOST: "40200 40308 40604",
        }
    ),
    "bingx": _table(
        {
            Meaning.MARGIN: "100202 80012 101204",
            Meaning.NOT_FOUND: "80016 80017 109421",
            Meaning.DUPLICATE: "101481 109201",
            Meaning.RATE: "429",
            Meaning.LOST: "100410 100500 109500",
        }
    ),
    "mexc": _table(
        {
            Meaning.MARGIN: "2005 30004 10101",
            Meaning.CLOCK: "700003 700005",
            Meaning.RATE: "429 510",
            Meaning.LOST: "801 604",
        }
    ),
    "phemex": _table(
        {
            Meaning.MARGIN: "11001 11003 11082",
            Meaning.NOT_FOUND: "10002",
            Meaning.DUPLICATE: "10001 11033 11085",
            Meaning.RATE: "39995",
            Meaning.LOST: "10003 10004 10005 11061",
        }
    ),
}
"""By family of venues, then by the code (or word) that stands in the answer."""


def meaning_of(venue: str, codes: Iterable[str]) -> tuple[Meaning, str] | None:
    """The first of ``codes`` that this venue (ccxt's id) is known to use, and what it means."""
    table = VENUE_CODES.get(_FAMILY.get(venue, venue), {})
    return next(((table[code], code) for code in codes if code in table), None)
