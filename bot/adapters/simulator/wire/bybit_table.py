"""Bybit's addresses: what each one does, how often it may be asked, and who may ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.adapters.simulator.wire import (
    bybit_account,
    bybit_history,
    bybit_market,
    bybit_orders,
    bybit_terms,
    bybit_wallets,
)
from bot.adapters.simulator.wire.binance_table import May
from bot.adapters.simulator.wire.call import Call, Json


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address. ``operation`` is the one of the ports that it comes to, for faults to strike;
    ``per_second`` how often an account may ask, None where only the caller's address counts."""

    act: Callable[[Call], Json]
    operation: str
    may: May
    per_second: int | None = None


_LOOK, _READ, _TRADE, _TRANSFER = May.LOOK, May.READ, May.TRADE, May.TRANSFER

ENDPOINTS: Final = {
    "GET /v5/market/time": Endpoint(bybit_market.time, "time", _LOOK),
    "GET /v5/market/instruments-info": Endpoint(bybit_market.instruments, "instruments", _LOOK),
    "GET /v5/market/tickers": Endpoint(bybit_market.tickers, "quotes", _LOOK),
    "GET /v5/market/orderbook": Endpoint(bybit_market.orderbook, "quotes", _LOOK),
    "GET /v5/market/risk-limit": Endpoint(bybit_market.risk_limits, "instruments", _LOOK),
    "GET /v5/market/funding/history": Endpoint(bybit_market.funding_history, "quotes", _LOOK),
    "GET /v5/user/query-api": Endpoint(bybit_account.query_api, "permissions", _READ, 10),
    "GET /v5/account/info": Endpoint(bybit_account.info, "terms", _READ, 50),
    "GET /v5/account/wallet-balance": Endpoint(bybit_account.wallet_balance, "balances", _READ, 50),
    "GET /v5/account/fee-rate": Endpoint(bybit_account.fee_rate, "instruments", _READ, 10),
    "GET /v5/account/transaction-log": Endpoint(bybit_history.transaction_log, "ledger", _READ, 30),
    "POST /v5/account/set-margin-mode": Endpoint(bybit_terms.set_margin_mode, "terms", _TRADE, 5),
    "GET /v5/position/list": Endpoint(bybit_account.positions, "positions", _READ, 50),
    "POST /v5/position/set-leverage": Endpoint(bybit_terms.set_leverage, "terms", _TRADE, 10),
    "POST /v5/position/switch-mode": Endpoint(bybit_terms.switch_mode, "terms", _TRADE, 10),
    "POST /v5/position/switch-isolated": Endpoint(bybit_terms.switch_isolated, "terms", _TRADE, 10),
    "POST /v5/order/create": Endpoint(bybit_orders.place, "submit", _TRADE, 10),
    "POST /v5/order/cancel": Endpoint(bybit_orders.cancel, "cancel", _TRADE, 10),
    "POST /v5/order/cancel-all": Endpoint(bybit_orders.cancel_all, "cancel", _TRADE, 10),
    "GET /v5/order/realtime": Endpoint(bybit_orders.realtime, "open_orders", _READ, 50),
    "GET /v5/order/history": Endpoint(bybit_orders.history, "find", _READ, 50),
    "GET /v5/execution/list": Endpoint(bybit_history.executions, "fills", _READ, 50),
    "POST /v5/asset/transfer/inter-transfer": Endpoint(
        bybit_wallets.transfer, "transfer", _TRANSFER, 5
    ),
    "GET /v5/asset/transfer/query-account-coins-balance": Endpoint(
        bybit_wallets.coin_balances, "balances", _READ, 5
    ),
    "GET /v5/asset/coin/query-info": Endpoint(bybit_wallets.coins, "instruments", _READ, 5),
}
"""By method and path. Anything else is answered with status 404."""
