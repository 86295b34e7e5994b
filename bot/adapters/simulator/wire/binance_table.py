"""Binance's addresses: what each one does, what it weighs, and who may ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.adapters.simulator.wire import (
    binance_account,
    binance_candles,
    binance_history,
    binance_market,
    binance_orders,
    binance_spot,
    binance_terms,
    binance_wallets,
)
from bot.adapters.simulator.wire.asked import Params
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.weights import Limits

COIN: Final = "dapi"
SPOT: Final = "api"
WALLETS: Final = "sapi"
LIMITS: Final = {
    COIN: binance_market.COIN_LIMITS,
    SPOT: binance_spot.SPOT_LIMITS,
    WALLETS: Limits(weight=12_000, orders=12_000),
}
"""The budget of each host a minute."""
_BOOK: Final = ((50, 2), (100, 5), (500, 10), (1_000, 20))
_CANDLES: Final = ((99, 1), (499, 2), (1_000, 5), (1_500, 10))
"""Rows of a book and candles of a contract, and what up to so many weigh."""


class May(Enum):
    """What a caller has to be allowed."""

    LOOK = "look"  # anybody
    READ = "read"
    TRADE = "trade"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address. ``operation`` is the one of the ports that it comes to, for faults to strike;
    ``weight_of_all`` is what it weighs where no contract is named; ``by_limit`` is what up to so
    many rows weigh."""

    act: Callable[[Call], Json]
    operation: str
    may: May
    weight: int = 1
    weight_of_all: int | None = None
    is_order: bool = False
    by_limit: tuple[tuple[int, int], ...] = ()

    def weighs(self, params: Params) -> int:
        """What a request with these parameters takes from the budget."""
        if self.by_limit:
            rows = params.whole("limit") or 500
            heaviest = self.by_limit[-1][1]
            return next((weight for most, weight in self.by_limit if rows <= most), heaviest)
        if self.weight_of_all is None or "symbol" in params:
            return self.weight
        return self.weight_of_all


_LOOK, _READ, _TRADE, _TRANSFER = May.LOOK, May.READ, May.TRADE, May.TRANSFER

ENDPOINTS: Final = {
    "GET /dapi/v1/ping": Endpoint(binance_market.ping, "time", _LOOK),
    "GET /dapi/v1/time": Endpoint(binance_market.time, "time", _LOOK),
    "GET /dapi/v1/exchangeInfo": Endpoint(binance_market.exchange_info, "instruments", _LOOK),
    "GET /dapi/v1/premiumIndex": Endpoint(binance_market.premium_index, "quotes", _LOOK, 10),
    "GET /dapi/v1/ticker/bookTicker": Endpoint(binance_market.book_ticker, "quotes", _LOOK, 2, 5),
    "GET /dapi/v1/ticker/price": Endpoint(binance_market.ticker_price, "quotes", _LOOK, 1, 2),
    "GET /dapi/v1/ticker/24hr": Endpoint(binance_market.ticker_day, "quotes", _LOOK, 1, 40),
    "GET /dapi/v1/depth": Endpoint(binance_market.depth, "quotes", _LOOK, by_limit=_BOOK),
    "GET /dapi/v1/klines": Endpoint(
        binance_candles.contract_candles, "quotes", _LOOK, by_limit=_CANDLES
    ),
    "GET /dapi/v1/fundingRate": Endpoint(binance_candles.funding_rates, "quotes", _LOOK),
    "GET /dapi/v1/account": Endpoint(binance_account.account, "balances", _READ, 5),
    "GET /dapi/v1/balance": Endpoint(binance_account.balance, "balances", _READ),
    "GET /dapi/v1/positionRisk": Endpoint(binance_account.position_risk, "positions", _READ),
    "GET /dapi/v1/leverageBracket": Endpoint(
        binance_terms.leverage_brackets, "instruments", _READ, 2
    ),
    "GET /dapi/v2/leverageBracket": Endpoint(
        binance_terms.leverage_brackets_by_symbol, "instruments", _READ, 1, 2
    ),
    "GET /dapi/v1/commissionRate": Endpoint(
        binance_terms.commission_rate, "instruments", _READ, 20
    ),
    "POST /dapi/v1/leverage": Endpoint(binance_terms.set_leverage, "terms", _TRADE),
    "POST /dapi/v1/marginType": Endpoint(binance_terms.set_margin_type, "terms", _TRADE),
    "GET /dapi/v1/positionSide/dual": Endpoint(binance_terms.position_mode, "terms", _READ, 30),
    "POST /dapi/v1/positionSide/dual": Endpoint(binance_terms.set_position_mode, "terms", _TRADE),
    "POST /dapi/v1/positionMargin": Endpoint(binance_terms.move_margin, "terms", _TRADE),
    "POST /dapi/v1/order": Endpoint(binance_orders.place, "submit", _TRADE, is_order=True),
    "GET /dapi/v1/order": Endpoint(binance_orders.find, "find", _READ),
    "DELETE /dapi/v1/order": Endpoint(binance_orders.cancel, "cancel", _TRADE),
    "DELETE /dapi/v1/allOpenOrders": Endpoint(binance_orders.cancel_all, "cancel", _TRADE),
    "POST /dapi/v1/countdownCancelAll": Endpoint(binance_orders.count_down, "cancel", _TRADE, 10),
    "GET /dapi/v1/openOrders": Endpoint(binance_orders.open_orders, "open_orders", _READ, 1, 5),
    "GET /dapi/v1/allOrders": Endpoint(binance_orders.all_orders, "find", _READ, 20),
    "GET /dapi/v1/userTrades": Endpoint(binance_history.user_trades, "fills", _READ, 20, 40),
    "GET /dapi/v1/income": Endpoint(binance_history.income, "ledger", _READ, 20),
    "GET /dapi/v1/forceOrders": Endpoint(binance_history.force_orders, "fills", _READ, 20, 50),
    "GET /api/v3/ping": Endpoint(binance_market.ping, "time", _LOOK),
    "GET /api/v3/time": Endpoint(binance_market.time, "time", _LOOK),
    "GET /api/v3/exchangeInfo": Endpoint(binance_spot.exchange_info, "instruments", _LOOK, 20),
    "GET /api/v3/ticker/price": Endpoint(binance_spot.ticker_price, "quotes", _LOOK, 2, 4),
    "GET /api/v3/ticker/bookTicker": Endpoint(binance_spot.book_ticker, "quotes", _LOOK, 2, 4),
    "GET /api/v3/klines": Endpoint(binance_candles.spot_candles, "quotes", _LOOK, 2),
    "GET /api/v3/account": Endpoint(binance_spot.account, "balances", _READ, 20),
    "GET /sapi/v1/system/status": Endpoint(binance_wallets.system_status, "time", _LOOK),
    "GET /sapi/v1/account/apiRestrictions": Endpoint(
        binance_wallets.restrictions, "permissions", _READ
    ),
    "GET /sapi/v1/capital/config/getall": Endpoint(binance_wallets.coins, "instruments", _READ, 10),
    "POST /sapi/v1/asset/get-funding-asset": Endpoint(
        binance_wallets.funding_assets, "balances", _READ
    ),
    "POST /sapi/v1/asset/transfer": Endpoint(binance_wallets.transfer, "transfer", _TRANSFER),
    "GET /sapi/v1/asset/transfer": Endpoint(binance_wallets.transfers, "ledger", _READ),
    "GET /sapi/v1/simple-earn/flexible/position": Endpoint(
        binance_wallets.earn_positions, "balances", _READ, 150
    ),
    "GET /sapi/v1/simple-earn/locked/position": Endpoint(
        binance_wallets.nothing_locked, "balances", _READ, 150
    ),
    "GET /sapi/v1/margin/allPairs": Endpoint(binance_wallets.no_margin_pairs, "instruments", _READ),
    "GET /sapi/v1/margin/isolated/allPairs": Endpoint(
        binance_wallets.no_margin_pairs, "instruments", _READ, 10
    ),
    "GET /sapi/v1/margin/allAssets": Endpoint(
        binance_wallets.no_margin_pairs, "instruments", _READ
    ),
}
"""By method and path. Anything else is answered with code -5000."""
