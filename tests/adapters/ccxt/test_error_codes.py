"""The codes of each venue, in its own answers, as the installed ccxt raises them."""

from __future__ import annotations

import pytest
from ccxt.base import errors as ccxt_errors

from bot.adapters.ccxt.codes import VENUE_CODES, Meaning, meaning_of
from bot.errors import (
    AccessDenied,
    BotError,
    DuplicateClientId,
    InsufficientMargin,
    InvalidOrder,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.adapters.ccxt.answers import body_of, raised, read, written

UNKNOWN, LIMITED, NO_MARGIN, NO_ORDER = (
    OutcomeUnknown,
    RateLimited,
    InsufficientMargin,
    OrderNotFound,
)
SPOKEN: list[tuple[str, str, type[BotError]]] = [
    ("binancecoinm", "-2018 -2019", NO_MARGIN),
    ("binancecoinm", "-2011 -2013", NO_ORDER),
    ("binancecoinm", "-4116", DuplicateClientId),
    ("binancecoinm", "-5022 -5021 -2021 -2022 -4131 -4164", InvalidOrder),
    ("binancecoinm", "-1021 -1008", Unavailable),
    ("binancecoinm", "-1003 -1015", LIMITED),
    ("binancecoinm", "-1007 -1000 -1006 -2020", UNKNOWN),
    ("binancecoinm", "-2023 -4048 -4059 -4061", Refused),
    ("binancecoinm", "-2015", AccessDenied),
    ("binancecoinm", "-9999", UNKNOWN),
    ("bybit", "110004 110007 110012", NO_MARGIN),
    ("bybit", "110001 170213 20001", NO_ORDER),
    ("bybit", "110072", DuplicateClientId),
    ("bybit", "10002", Unavailable),
    ("bybit", "10006 10018", LIMITED),
    ("bybit", "110025 110026 110027 110043", Refused),
    ("bybit", "999999", UNKNOWN),
    ("okx", "51008 51119 51127 51131", NO_MARGIN),
    ("okx", "51400 51401 51402 51503 51509 51603", NO_ORDER),
    ("okx", "51016", DuplicateClientId),
    ("okx", "50102", Unavailable),
    ("okx", "50011", LIMITED),
    ("okx", "50001 50004 50013 50026 51410", UNKNOWN),
    ("okx", "51010", AccessDenied),
    ("deribit", "10009", NO_MARGIN),
    ("deribit", "10004 10010 10029", NO_ORDER),
    ("deribit", "11054", InvalidOrder),
    ("deribit", "10028 10047", LIMITED),
    ("deribit", "10040 10041 11051", UNKNOWN),
    ("krakenfutures", "insufficientFunds INSUFFICIENT_MARGIN", NO_MARGIN),
    ("krakenfutures", "notFound", NO_ORDER),
    ("krakenfutures", "clientOrderIdAlreadyExist", DuplicateClientId),
    ("krakenfutures", "postWouldExecute", InvalidOrder),
    ("krakenfutures", "nonceBelowThreshold nonceDuplicate", Unavailable),
    ("krakenfutures", "apiLimitExceeded", LIMITED),
    ("krakenfutures", "unavailable", UNKNOWN),
    ("kucoinfutures", "200004 126013", NO_MARGIN),
    ("kucoinfutures", "130103 126043 order_not_exist", NO_ORDER),
    ("kucoinfutures", "126044", DuplicateClientId),
    ("kucoinfutures", "400002", Unavailable),
    ("kucoinfutures", "429 429000", LIMITED),
    ("kucoinfutures", "500000 503", UNKNOWN),
    ("gate", "BALANCE_NOT_ENOUGH INSUFFICIENT_AVAILABLE", NO_MARGIN),
    ("gate", "ORDER_NOT_FOUND", NO_ORDER),
    ("gate", "POC_FILL_IMMEDIATELY", InvalidOrder),
    ("gate", "TOO_FAST TOO_MANY_REQUESTS", LIMITED),
    ("gate", "SERVER_ERROR TOO_BUSY", UNKNOWN),
    ("htx", "1047 1048", NO_MARGIN),
    ("htx", "1017 1061", NO_ORDER),
    ("htx", "1067", InvalidOrder),
    ("htx", "rate-too-many-requests", LIMITED),
    ("htx", "system-maintenance", UNKNOWN),
    ("bitget", "33003 35025", NO_MARGIN),
    ("bitget", "40109 40768 43001", NO_ORDER),
    ("bitget", "40004 40005 40008", Unavailable),
    ("bitget", "1001 50009 429", LIMITED),
    ("bitget", "40200 40308 40604", UNKNOWN),
    ("bingx", "100202 80012 101204", NO_MARGIN),
    ("bingx", "80016 80017 109421", NO_ORDER),
    ("bingx", "101481 109201", DuplicateClientId),
    ("bingx", "429", LIMITED),
    ("bingx", "100410 100500 109500", UNKNOWN),
    ("mexc", "2005 30004 10101", NO_MARGIN),
    ("mexc", "700003 700005", Unavailable),
    ("mexc", "429 510", LIMITED),
    ("mexc", "801 604", UNKNOWN),
    ("phemex", "11001 11003 11082", NO_MARGIN),
    ("phemex", "10002", NO_ORDER),
    ("phemex", "10001 11033 11085", DuplicateClientId),
    ("phemex", "39995", LIMITED),
    ("phemex", "10003 10004 10005 11061", UNKNOWN),
]
CODES = [(venue, code, ours) for venue, codes, ours in SPOKEN for code in codes.split()]


@pytest.mark.parametrize(("venue", "code", "expected"), CODES)
def test_a_code_of_the_venue_says_what_became_of_a_write(
    venue: str, code: str, expected: type[BotError]
) -> None:
    error = raised(venue, body_of(venue, code))
    if expected is NO_ORDER:
        assert type(written(error, "cancel")) is OrderNotFound
        assert type(read(error, "find")) is OrderNotFound
        assert type(written(error)) is OutcomeUnknown
    else:
        ours = written(error)
        assert type(ours) is expected
        assert expected is UNKNOWN or code in str(ours)


def test_every_code_in_the_table_reads_as_what_the_table_says() -> None:
    for venue, table in VENUE_CODES.items():
        for code, meaning in table.items():
            assert meaning_of(venue, ["unheard", code]) == (meaning, code)
    assert meaning_of("binancecoinm", ["-2019"]) == (Meaning.MARGIN, "-2019")
    assert meaning_of("bybit", ["-2019"]) is None


def test_a_status_that_krakenfutures_spells_out_is_read() -> None:
    for status, expected in {
        "insufficientAvailableFunds": InsufficientMargin,
        "clientOrderIdAlreadyExist": DuplicateClientId,
        "wouldNotReducePosition": InvalidOrder,
        "marketSuspended": Refused,
        "filled": OutcomeUnknown,
    }.items():
        text = f"krakenfutures: createOrder failed due to {status}"
        assert type(written(ccxt_errors.ExchangeError(text))) is expected
