"""The terms of trading at Bybit: leverage by contract, the margin mode of the whole account, the
position mode."""

from __future__ import annotations

from typing import Final

from bot.adapters.simulator import terms
from bot.adapters.simulator.wire.bybit_account import MODES, mode_of
from bot.adapters.simulator.wire.bybit_errors import BybitNo, params_error
from bot.adapters.simulator.wire.bybit_market import max_leverage
from bot.adapters.simulator.wire.bybit_words import category, market_asked
from bot.adapters.simulator.wire.call import Call, Json
from bot.domain.quantities import ONE

_MARGIN_MODES: Final = {word: mode for mode, word in MODES.items()}
_ONE_WAY, _HEDGE = 0, 3


def set_leverage(call: Call) -> Json:
    """Another leverage, the same for buying and selling, from 1 to what the contract allows."""
    market = market_asked(call)
    asset = market.spec.instrument.base
    leverage = call.params.number("buyLeverage")
    if leverage != call.params.number("sellLeverage"):
        raise params_error("buy leverage not equal sell leverage")
    if not ONE <= leverage <= max_leverage(market):
        raise params_error("leverage invalid")
    if call.ledger.margin_of(asset).leverage == leverage:
        raise BybitNo(110043, "leverage not modified")
    terms.set_leverage(call.simulation, call.account, asset, leverage)
    return {}


def set_margin_mode(call: Call) -> Json:
    """Cross or isolated for every coin at once, or for none."""
    mode = _MARGIN_MODES.get(call.params.text("setMarginMode"))
    if mode is None:
        raise params_error("setMarginMode invalid")
    if mode is mode_of(call):
        raise terms.TermsRefused(terms.Obstacle.UNCHANGED, operation="set_margin_mode")
    _require_free(call)
    for asset in call.assets:
        terms.set_margin_mode(call.simulation, call.account, asset, mode)
    return {"reasons": []}


def _require_free(call: Call) -> None:
    """Raise the reason why one of the coins keeps all of them in their mode."""
    for asset in call.assets:
        call.ledger.margin_of(asset)
    held = any(not margin.is_flat for margin in call.ledger.margins.values())
    if held or call.holder.orders.open:
        raise terms.TermsRefused(
            terms.Obstacle.POSITION if held else terms.Obstacle.ORDERS, operation="set_margin_mode"
        )


def switch_isolated(_call: Call) -> Json:
    """By contract, which a unified account cannot do."""
    raise BybitNo(100028, "The API cannot be accessed by unified account users.")


def switch_mode(call: Call) -> Json:
    """One net position per contract (0) or two legs (3), for all contracts at once."""
    mode = call.params.whole("mode")
    if category(call) != "inverse" or mode not in (_ONE_WAY, _HEDGE):
        raise params_error("mode invalid")
    if "symbol" in call.params:
        market_asked(call)
    terms.set_hedge_mode(call.simulation, call.account, hedge_mode=mode == _HEDGE)
    return {}
