"""The terms of trading COIN-M: fees, brackets, leverage, margin type, position mode."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.adapters.simulator import terms
from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.wire.binance_words import (
    LEGS,
    contract_id,
    market_asked,
    markets_asked,
    pair_of,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.errors import Rejection, missing, not_taken
from bot.domain.account import MarginMode
from bot.domain.quantities import HALF, ZERO, plain

_MODES: Final = {"ISOLATED": MarginMode.ISOLATED, "CROSSED": MarginMode.CROSS}
_LEGS: Final = {word: leg for leg, word in LEGS.items()}
_NO_UPPER_END: Final = 9_223_372_036_854_775_807


def leverage_brackets(call: Call) -> Json:
    """The brackets of maintenance margin, by pair."""
    return [_brackets(market, "pair") for market in markets_asked(call)]


def leverage_brackets_by_symbol(call: Call) -> Json:
    """The brackets of maintenance margin, by contract."""
    return [_brackets(market, "symbol") for market in markets_asked(call)]


def _brackets(market: AssetMarket, key: str) -> dict[str, object]:
    instrument = market.spec.instrument
    rows: list[object] = []
    floor = ZERO
    for number, tier in enumerate(instrument.maintenance, start=1):
        cap = tier.up_to_coin
        rows.append(
            {
                "bracket": number,
                "initialLeverage": max(1, int(HALF / tier.rate)),
                "qtyCap": _NO_UPPER_END if cap is None else float(cap),
                "qtyFloor": float(floor),
                "maintMarginRatio": float(tier.rate),
                "cum": float(tier.deduction_coin),
            }
        )
        floor = ZERO if cap is None else cap
    name = pair_of(instrument) if key == "pair" else contract_id(instrument)
    return {key: name, "notionalCoef": 1.0, "brackets": rows}


def commission_rate(call: Call) -> Json:
    """Fees as shares of the value."""
    instrument = market_asked(call).spec.instrument
    return {
        "symbol": contract_id(instrument),
        "makerCommissionRate": plain(instrument.maker_fee_rate),
        "takerCommissionRate": plain(instrument.taker_fee_rate),
    }


def set_leverage(call: Call) -> Json:
    """Another leverage, from 1 to what the smallest bracket allows."""
    instrument = market_asked(call).spec.instrument
    leverage = call.params.whole("leverage")
    if leverage is None:
        raise missing("leverage")
    if not 1 <= leverage <= int(HALF / instrument.maintenance[0].rate):
        raise Rejection(400, -4028, f"Leverage {leverage} is not valid")
    terms.set_leverage(call.simulation, call.account, instrument.base, Decimal(leverage))
    return {
        "symbol": contract_id(instrument),
        "leverage": leverage,
        "maxQty": plain(instrument.max_contracts),
    }


def set_margin_type(call: Call) -> Json:
    """Cross or isolated."""
    asset = market_asked(call).spec.instrument.base
    mode = _MODES.get(call.params.text("marginType"))
    if mode is None:
        raise not_taken("marginType")
    terms.set_margin_mode(call.simulation, call.account, asset, mode)
    return {"code": 200, "msg": "success"}


def position_mode(call: Call) -> Json:
    """Whether the account is in hedge mode."""
    return {"dualSidePosition": call.ledger.hedge_mode}


def set_position_mode(call: Call) -> Json:
    """Hedge mode on or off."""
    hedge_mode = call.params.flag("dualSidePosition")
    if hedge_mode is None:
        raise missing("dualSidePosition")
    terms.set_hedge_mode(call.simulation, call.account, hedge_mode=hedge_mode)
    return {"code": 200, "msg": "success"}


def move_margin(call: Call) -> Json:
    """Bind coins to an isolated position (type 1) or free some (type 2)."""
    asset = market_asked(call).spec.instrument.base
    amount, kind = call.params.number("amount"), call.params.whole("type")
    leg = _LEGS.get(call.params.find("positionSide") or "BOTH")
    if kind not in (1, 2):
        raise not_taken("type")
    if not amount:
        raise not_taken("amount")
    if leg not in call.holder.legs:
        raise Rejection(400, -4061, "Order's position side does not match user's setting.")
    signed = amount if kind == 1 else -amount
    terms.move_isolated(call.simulation, call.account, asset, leg, signed)
    return {
        "code": 200,
        "msg": "Successfully modify position margin.",
        "amount": float(amount),
        "type": kind,
    }
