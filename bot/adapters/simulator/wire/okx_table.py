"""OKX's addresses: what each one does, how often it may be asked, and who may ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.adapters.simulator.wire import (
    okx_account,
    okx_history,
    okx_market,
    okx_orders,
    okx_prices,
    okx_terms,
    okx_wallets,
)
from bot.adapters.simulator.wire.binance_table import May
from bot.adapters.simulator.wire.call import Call, Json


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address. ``operation`` is the one of the ports that it comes to, for faults to strike;
    ``limit`` is how often it may be asked in two seconds. With ``in_elements`` each element of the
    answer has a code of its own, and the body may be a list of orders."""

    act: Callable[[Call], Json]
    operation: str
    may: May
    limit: int = 20
    in_elements: bool = False


_LOOK, _READ, _TRADE, _TRANSFER = May.LOOK, May.READ, May.TRADE, May.TRANSFER


def _orders(act: Callable[[Call], Json], operation: str, limit: int) -> Endpoint:
    return Endpoint(act, operation, _TRADE, limit, in_elements=True)


_PATHS: Final = {
    "GET public/time": Endpoint(okx_market.time, "time", _LOOK, 10),
    "GET system/status": Endpoint(okx_market.status, "time", _LOOK, 1),
    "GET public/instruments": Endpoint(okx_market.instruments, "instruments", _LOOK),
    "GET public/position-tiers": Endpoint(okx_market.position_tiers, "instruments", _LOOK, 10),
    "GET public/mark-price": Endpoint(okx_prices.mark_price, "quotes", _LOOK, 10),
    "GET public/funding-rate": Endpoint(okx_prices.funding_rate, "quotes", _LOOK),
    "GET public/funding-rate-history": Endpoint(okx_prices.funding_history, "quotes", _LOOK, 10),
    "GET market/index-tickers": Endpoint(okx_prices.index_tickers, "quotes", _LOOK),
    "GET market/ticker": Endpoint(okx_prices.ticker, "quotes", _LOOK),
    "GET market/tickers": Endpoint(okx_prices.tickers, "quotes", _LOOK),
    "GET market/books": Endpoint(okx_prices.books, "quotes", _LOOK, 40),
    "GET account/balance": Endpoint(okx_account.balance, "balances", _READ, 10),
    "GET account/positions": Endpoint(okx_account.positions, "positions", _READ, 10),
    "GET account/config": Endpoint(okx_account.config, "terms", _READ, 5),
    "GET account/trade-fee": Endpoint(okx_terms.trade_fee, "instruments", _READ, 5),
    "GET account/leverage-info": Endpoint(okx_terms.leverage_info, "terms", _READ),
    "POST account/set-leverage": Endpoint(okx_terms.set_leverage, "terms", _TRADE),
    "POST account/set-position-mode": Endpoint(okx_terms.set_position_mode, "terms", _TRADE, 5),
    "GET account/bills": Endpoint(okx_history.bills, "ledger", _READ, 10),
    "GET account/bills-archive": Endpoint(okx_history.bills, "ledger", _READ, 5),
    "POST trade/order": _orders(okx_orders.place, "submit", 60),
    "POST trade/batch-orders": _orders(okx_orders.place, "submit", 300),
    "POST trade/cancel-order": _orders(okx_orders.cancel, "cancel", 60),
    "POST trade/cancel-batch-orders": _orders(okx_orders.cancel, "cancel", 300),
    "GET trade/order": Endpoint(okx_orders.find, "find", _READ, 60),
    "GET trade/orders-pending": Endpoint(okx_orders.pending, "open_orders", _READ, 60),
    "GET trade/orders-history": Endpoint(okx_orders.history, "find", _READ, 40),
    "GET trade/orders-history-archive": Endpoint(okx_orders.history, "find", _READ),
    "GET trade/fills": Endpoint(okx_history.fills, "fills", _READ, 60),
    "GET trade/fills-history": Endpoint(okx_history.fills, "fills", _READ, 10),
    "GET asset/balances": Endpoint(okx_wallets.balances, "balances", _READ, 12),
    "GET asset/currencies": Endpoint(okx_wallets.currencies, "instruments", _READ, 12),
    "POST asset/transfer": Endpoint(okx_wallets.transfer, "transfer", _TRANSFER, 4),
    "GET asset/transfer-state": Endpoint(okx_wallets.transfer_state, "transfer", _READ, 20),
}
ENDPOINTS: Final = {
    f"{method} /api/v5/{path}": endpoint
    for (method, path), endpoint in ((tuple(key.split()), e) for key, e in _PATHS.items())
}
"""By method and path. Anything else is answered with status 404."""
