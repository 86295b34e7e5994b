"""What becomes of everything that ccxt can raise."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp
import pytest
from ccxt.base import errors as ccxt_errors
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.ccxt.errors import CLASSES, RATE_WAIT_S, already_so, translate
from bot.errors import (
    AccessDenied,
    DuplicateClientId,
    ExchangeError,
    InsufficientMargin,
    InvalidOrder,
    MalformedReport,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.adapters.ccxt.answers import SYMBOL, body_of, raised, read, written


def names(tree: Mapping[str, Any]) -> Iterator[str]:
    for name, below in tree.items():
        yield name
        yield from names(below)


def test_every_class_of_ccxt_has_a_meaning_and_a_new_one_would_fail_here() -> None:
    defined = {
        name
        for name, thing in vars(ccxt_errors).items()
        if inspect.isclass(thing) and issubclass(thing, Exception)
    }
    assert set(names(ccxt_errors.error_hierarchy)) == defined == set(CLASSES)


ONLY_IF_NOTHING_HAPPENED = {
    "ArgumentsRequired": Refused,
    "BadSymbol": Refused,
    "OperationRejected": Refused,
    "NoChange": Refused,
    "MarginModeAlreadySet": Refused,
    "MarketClosed": Refused,
    "InvalidAddress": Refused,
    "AddressPending": Refused,
    "ContractUnavailable": Refused,
    "NotSupported": Refused,
    "InvalidProxySettings": Refused,
    "AuthenticationError": AccessDenied,
    "PermissionDenied": AccessDenied,
    "AccountNotEnabled": AccessDenied,
    "AccountSuspended": AccessDenied,
    "ManualInteractionNeeded": AccessDenied,
    "RestrictedLocation": AccessDenied,
    "InsufficientFunds": InsufficientMargin,
    "InvalidOrder": InvalidOrder,
    "OrderImmediatelyFillable": InvalidOrder,
    "OrderNotFillable": InvalidOrder,
    "DuplicateOrderId": DuplicateClientId,
}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_sent_order_is_unknown_after_any_class_that_is_no_certain_no(name: str) -> None:
    error = getattr(ccxt_errors, name)("bybit POST https://api.bybit.com/v5/order/create")
    ours = written(error)
    assert type(ours) is ONLY_IF_NOTHING_HAPPENED.get(name, OutcomeUnknown)
    assert isinstance(ours, ExchangeError)
    assert (ours.operation, ours.symbol) == ("submit", SYMBOL)


READS = {
    **ONLY_IF_NOTHING_HAPPENED,
    "OrderNotFound": OrderNotFound,
    "OrderNotCached": OrderNotFound,
    "DDoSProtection": RateLimited,
    "RateLimitExceeded": RateLimited,
    "ChecksumError": MalformedReport,
    "BadResponse": MalformedReport,
    "NullResponse": MalformedReport,
}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_question_may_be_asked_again_unless_the_class_says_otherwise(name: str) -> None:
    error = getattr(ccxt_errors, name)("bybit GET https://api.bybit.com/v5/position/list")
    assert type(read(error)) is READS.get(name, Unavailable)


def test_a_limit_in_the_venues_own_words_was_a_no_and_a_bare_status_was_not() -> None:
    spoken = raised("binancecoinm", '{"code":-1003,"msg":"Too many requests."}', 429)
    bare = raised("binancecoinm", "{}", 429)
    page = raised("binancecoinm", "<html>slow down</html>", 429)
    assert type(spoken) is type(bare) is type(page) is ccxt_errors.DDoSProtection
    assert type(written(spoken)) is RateLimited
    assert type(written(bare)) is type(written(page)) is OutcomeUnknown
    assert type(read(spoken)) is type(read(bare)) is type(read(page)) is RateLimited


def test_a_known_refusal_stays_one_when_ccxt_calls_it_a_plain_error() -> None:
    body = "binancecoinm " + body_of("binancecoinm", "-2019")
    assert type(written(ccxt_errors.ExchangeError(body))) is InsufficientMargin


def test_a_key_that_stops_working_is_access_denied_though_ccxt_calls_it_protection() -> None:
    body = "binancecoinm " + body_of("binancecoinm", "-2015")
    assert type(written(ccxt_errors.DDoSProtection(body))) is AccessDenied


@pytest.mark.parametrize("status", [400, 403, 404, 500, 502, 503, 504, 520])
@pytest.mark.parametrize("venue", ["binancecoinm", "bybit", "okx", "deribit", "gate", "bingx"])
def test_a_page_of_html_never_settles_a_write(venue: str, status: int) -> None:
    error = raised(venue, "<html><style>b{c:d}</style>Oops</html>", status)
    assert type(written(error)) is OutcomeUnknown
    assert isinstance(read(error), Unavailable)


@pytest.mark.parametrize(
    "error",
    [
        TypeError("float() argument must be a string"),
        KeyError("orderId"),
        IndexError("list index out of range"),
        json.JSONDecodeError("Expecting value", "<html>", 0),
        ZeroDivisionError("division by zero"),
    ],
)
def test_what_slips_out_of_ccxt_is_an_unreadable_answer(error: Exception) -> None:
    assert type(written(error)) is OutcomeUnknown
    assert type(read(error)) is MalformedReport


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError(),
        ConnectionResetError("peer"),
        aiohttp.ClientPayloadError("not all data"),
        aiohttp.ServerDisconnectedError(),
        RuntimeError("Session is closed"),
        Exception(),
    ],
)
def test_a_broken_line_can_be_asked_again_but_not_sent_again(error: Exception) -> None:
    assert type(written(error)) is OutcomeUnknown
    assert type(read(error)) is Unavailable


def test_our_own_errors_pass_but_an_unreadable_answer_to_a_write_is_unknown() -> None:
    denied = AccessDenied("this host is not on the list")
    assert written(denied) is denied
    garbled = MalformedReport("no order id")
    assert read(garbled) is garbled
    assert type(written(garbled)) is OutcomeUnknown


def test_how_long_to_keep_quiet_is_taken_from_whoever_says_it() -> None:
    bare = raised("deribit", "", 429)
    ours = translate(bare, operation="balances", symbol=None, write=False, retry_after_s=7.0)
    assert isinstance(ours, RateLimited)
    assert ours.retry_after_s == 7.0
    ban = raised("binancecoinm", '{"code":-1003,"msg":"IP banned until 1573000000000."}', 418)
    told = read(ban)
    assert isinstance(told, RateLimited)
    assert told.retry_after_s == RATE_WAIT_S
    teapot = read(raised("binancecoinm", "{}", 418))
    assert isinstance(teapot, RateLimited)
    assert teapot.retry_after_s > RATE_WAIT_S


def test_a_setting_that_already_is_so_counts_as_done() -> None:
    same = {"code": -4046, "msg": "No need to change margin type."}
    assert already_so(raised("binancecoinm", json.dumps(same)))
    assert already_so(raised("bybit", body_of("bybit", "110043")))
    assert already_so(raised("binancecoinm", body_of("binancecoinm", "-4059")))
    assert not already_so(raised("binancecoinm", body_of("binancecoinm", "-4061")))
    assert not already_so(TimeoutError())


KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SIGNATURE = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
ECHOES = [
    f"binancecoinm POST https://dapi.binance.com/dapi/v1/order?symbol=BTCUSD_PERP&signature={SIGNATURE}",
    f"binancecoinm POST https://dapi.binance.com/dapi/v1/order?apiKey={KEY} 503 Busy apiKey={KEY}",
    f'okx {{"code":"50113","msg":"Invalid Sign {SIGNATURE}","data":[]}}',
    f'bybit {{"retCode":10004,"retMsg":"error sign! origin_string[1658385579423{KEY}5000]"}}',
    'gate {"label":"INVALID_KEY","message":"KEY: \\"abcd\\", secret=hunter2&sign=00ff"}',
    f"htx GET https://user:{KEY}@api.hbdm.vn/swap-api?Signature=abc%3D&AccessKeyId=k1-k2",
    f"binancecoinm X-MBX-APIKEY: {KEY} 'secret': 'hunter2'",
]


@pytest.mark.parametrize("text", ECHOES)
@pytest.mark.parametrize("name", ["ExchangeError", "AuthenticationError", "RequestTimeout"])
def test_no_key_signature_or_query_gets_into_a_message(name: str, text: str) -> None:
    error = getattr(ccxt_errors, name)(text)
    for ours in (written(error), read(error)):
        for secret in (KEY, SIGNATURE, "hunter2", "00ff", "k1-k2", "abc%3D", "abcd", "symbol="):
            assert secret not in str(ours)
        assert len(str(ours)) < 300


def test_a_message_still_tells_where_and_what() -> None:
    lost = written(ccxt_errors.RequestTimeout(ECHOES[0]))
    assert "https://dapi.binance.com/dapi/v1/order" in str(lost)
    poor = written(raised("binancecoinm", '{"code":-2019,"msg":"Margin is insufficient."}'))
    assert "not enough margin" in str(poor)
    assert "Margin is insufficient." in str(poor)


@given(
    st.sampled_from(sorted(CLASSES)),
    st.text(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["code", "data", "error", "msg", "x"]), inner, max_size=3
            )
        ),
        max_leaves=8,
    ).map(lambda body: "okx " + json.dumps(body)),
    st.booleans(),
)
def test_anything_at_all_is_translated_without_raising(name: str, text: str, write: bool) -> None:
    error = getattr(ccxt_errors, name)(text)
    ours = translate(error, operation="submit", symbol=None, write=write)
    assert isinstance(ours, ExchangeError)
    assert write or not isinstance(ours, OutcomeUnknown)
    for odd in (Exception(text, 3, None), KeyError(), TypeError(b"x"), OSError(2, text)):
        assert isinstance(translate(odd, operation="", symbol=None, write=write), ExchangeError)


def test_a_body_without_bottom_does_not_break_the_reading() -> None:
    error = ccxt_errors.ExchangeError("okx " + '{"data":[' * 3000)
    assert type(written(error)) is OutcomeUnknown
