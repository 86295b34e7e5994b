"""The terms of trading at OKX: fees, leverage, position mode. The margin mode comes with orders."""

from __future__ import annotations

from typing import Final

from bot.adapters.simulator import terms
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.okx_errors import OkxNo, wrong
from bot.adapters.simulator.wire.okx_words import (
    LEGS,
    MODES,
    kind_asked,
    market_asked,
    market_named,
)
from bot.domain.quantities import HALF, plain

_POSITION_MODES: Final = {"net_mode": False, "long_short_mode": True}


def trade_fee(call: Call) -> Json:
    """Fees as shares of the value; what is paid is negative. Those of all contracts of a kind are
    the same here."""
    kind = kind_asked(call)
    instrument = next(iter(call.assets.values())).spec.instrument
    maker, taker = plain(-instrument.maker_fee_rate), plain(-instrument.taker_fee_rate)
    return [
        {
            "category": "1",
            "instType": kind,
            "level": "Lv1",
            "maker": maker,
            "taker": taker,
            "makerU": maker,
            "takerU": taker,
            "delivery": "",
            "exercise": "",
            "ruleType": "normal",
            "ts": str(call.now_ms),
        }
    ]


def leverage_info(call: Call) -> Json:
    """The leverage of the contracts that are named, one row per leg."""
    mode = call.params.find("mgnMode")
    if mode not in MODES:
        raise wrong("mgnMode")
    rows: list[object] = []
    for name in call.params.text("instId").split(","):
        asset = market_named(call, name).spec.instrument.base
        leverage = plain(call.ledger.margin_of(asset).leverage)
        rows += [
            {"instId": name, "ccy": "", "mgnMode": mode, "posSide": leg.value, "lever": leverage}
            for leg in call.holder.legs
        ]
    return rows


def set_leverage(call: Call) -> Json:
    """Another leverage, from 1 to what the smallest tier allows."""
    instrument = market_asked(call).spec.instrument
    mode, leg = call.params.find("mgnMode"), call.params.find("posSide") or "net"
    if mode not in MODES:
        raise wrong("mgnMode")
    if leg not in LEGS:
        raise wrong("posSide")
    leverage = call.params.number("lever")
    if not 1 <= leverage <= int(HALF / instrument.maintenance[0].rate):
        raise OkxNo("59102", "Leverage exceeds the maximum limit. Please lower the leverage.")
    terms.set_leverage(call.simulation, call.account, instrument.base, leverage)
    told = {"instId": call.params.text("instId"), "mgnMode": mode, "posSide": leg}
    return [{**told, "lever": plain(leverage)}]


def set_position_mode(call: Call) -> Json:
    """One net position per contract, or a long and a short leg; the same again is fine."""
    told = call.params.find("posMode")
    if told not in _POSITION_MODES:
        raise wrong("posMode")
    hedge_mode = _POSITION_MODES[told]
    if hedge_mode is not call.ledger.hedge_mode:
        terms.set_hedge_mode(call.simulation, call.account, hedge_mode=hedge_mode)
    return [{"posMode": told}]
