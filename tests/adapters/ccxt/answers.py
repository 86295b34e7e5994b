"""Error answers in the shapes of the venues, put through the installed ccxt."""

from __future__ import annotations

import json
from typing import Any

import ccxt.async_support as ccxt
from ccxt.base import errors as ccxt_errors

from bot.adapters.ccxt.errors import translate
from bot.errors import BotError

SYMBOL = "BTC/USD:BTC"
ADDRESSES = {
    "binancecoinm": "https://dapi.binance.com/dapi/v1/order",
    "krakenfutures": "https://futures.kraken.com/derivatives/api/v3/sendorder",
}


def written(error: Exception, operation: str = "submit") -> BotError:
    return translate(error, operation=operation, symbol=SYMBOL, write=True)


def read(error: Exception, operation: str = "positions") -> BotError:
    return translate(error, operation=operation, symbol=SYMBOL, write=False)


SHAPES = {
    "binancecoinm": '{"code":%n,"msg":"Something is wrong."}',
    "bybit": '{"retCode":%n,"retMsg":"wrong","result":{}}',
    "deribit": '{"jsonrpc":"2.0","error":{"message":"wrong","code":%n}}',
    "krakenfutures": '{"result":"error","error":"%s"}',
    "gate": '{"label":"%s","message":"wrong"}',
    "htx": '{"status":"error","err_code":%n,"err_msg":"wrong"}',
    "phemex": '{"code":%n,"msg":"wrong","data":null}',
    "bingx": '{"code":%n,"msg":"wrong","data":{}}',
    "mexc": '{"success":false,"code":%n,"message":"wrong"}',
    "okx": '{"code":"%s","data":[],"msg":"Wrong"}',
    "okx order": '{"code":"1","data":[{"clOrdId":"a1","sCode":"%s","sMsg":""}],"msg":""}',
    "": '{"code":"%s","msg":"wrong"}',
}


def body_of(venue: str, code: str) -> str:
    """An error body in the shape in which this venue sends it."""
    shape = SHAPES.get("okx order" if venue == "okx" and code[:2] == "51" else venue, SHAPES[""])
    number = code if code.lstrip("-").isdigit() else f'"{code}"'
    return shape.replace("%n", number).replace("%s", code)


CLIENTS: dict[str, Any] = {}


def raised(venue: str, body: str, status: int = 400) -> Exception:
    """The exception that the installed ccxt itself makes of an answer."""
    if venue not in CLIENTS:
        CLIENTS[venue] = getattr(ccxt, venue)()
    client = CLIENTS[venue]
    url = ADDRESSES.get(venue, f"https://api.{venue}.com/order")
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    try:
        client.handle_errors(status, "Said so", url, "POST", {}, body, answer, {}, None)
        client.handle_http_status_code(status, "Said so", url, "POST", body)
    except ccxt_errors.BaseError as error:
        caught: Exception = error
        return caught
    raise AssertionError(f"{venue} takes {body} for no error")
