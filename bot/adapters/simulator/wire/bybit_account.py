"""What a customer has in Bybit's unified account: the one wallet, positions, terms, the key."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.spec import FaultKind
from bot.adapters.simulator.wire.binance_words import coin, liquidation, price
from bot.adapters.simulator.wire.bybit_errors import params_error
from bot.adapters.simulator.wire.bybit_signing import denied
from bot.adapters.simulator.wire.bybit_words import (
    LEGS,
    SIDE_WORDS,
    contract_id,
    in_page,
    markets_asked,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.domain.account import MarginMode, Position, PositionSide, Wallet
from bot.domain.margin import initial_margin_coin, maintenance_margin_coin
from bot.domain.orders import Side
from bot.domain.quantities import ZERO, plain

UNIFIED_PRO: Final = 6
"""How Bybit numbers its present unified account, inverse contracts included."""
MODES: Final = {
    MarginMode.CROSS: "REGULAR_MARGIN",
    MarginMode.ISOLATED: "ISOLATED_MARGIN",
}


def info(call: Call) -> Json:
    """The account's type and margin mode."""
    return {
        "marginMode": MODES[mode_of(call)],
        "updatedTime": str(call.times.ms(call.simulation.market.started_at)),
        "unifiedMarginStatus": UNIFIED_PRO,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def mode_of(call: Call) -> MarginMode:
    """The margin mode of the whole account, as each of its wallets has it."""
    modes = [margin.mode for margin in call.ledger.margins.values()]
    return modes[0] if modes else call.holder.spec.margin_mode


def wallet_balance(call: Call) -> Json:
    """The one wallet for spot and contracts, a row per coin that was ever in it."""
    if call.params.text("accountType") != "UNIFIED":
        raise params_error("accountType only support UNIFIED.")
    names = call.params.find("coin")
    wanted = None if names is None else names.split(",")
    rows = [_coin(call, asset) for asset in _assets(call) if wanted is None or asset in wanted]
    return {
        "list": [
            {
                "accountType": "UNIFIED",
                "accountLTV": "0",
                **_totals(call),
                "coin": rows,
            }
        ]
    }


def _assets(call: Call) -> list[str]:
    held = dict.fromkeys(call.ledger.margins)
    held.update(
        {asset: None for (kind, asset), c in call.ledger.coins.items() if kind is Wallet.SPOT and c}
    )
    return list(held)


def _coin(call: Call, asset: str) -> dict[str, object]:
    spot = call.ledger.coins.get((Wallet.SPOT, asset), ZERO)
    margin = call.ledger.margins.get(asset)
    wallet, unrealised, orders, positions, kept = spot, ZERO, ZERO, ZERO, ZERO
    free, mark_usd = spot, Decimal(1)
    if margin is not None:
        mark_usd = call.assets[asset].mark_usd
        wallet += margin.wallet_coin
        unrealised = margin.unrealised_coin(mark_usd)
        orders = call.holder.order_margin_coin(asset, mark_usd)
        positions = margin.position_margin_coin(mark_usd)
        kept = margin.maintenance_coin(mark_usd)
        free += margin.withdrawable_coin(mark_usd, orders)
    return {
        "coin": asset,
        "equity": coin(wallet + unrealised),
        "usdValue": plain((wallet + unrealised) * mark_usd, 8),
        "walletBalance": coin(wallet),
        "locked": "0",
        "spotHedgingQty": "0",
        "borrowAmount": "0",
        "availableToWithdraw": coin(free),
        "accruedInterest": "0",
        "totalOrderIM": coin(orders),
        "totalPositionIM": coin(positions),
        "totalPositionMM": coin(kept),
        "unrealisedPnl": coin(unrealised),
        "cumRealisedPnl": "0",
        "bonus": "0",
        "marginCollateral": True,
        "collateralSwitch": True,
    }


def _totals(call: Call) -> dict[str, str]:
    """The account's figures in dollars."""
    wallet = profit = initial = kept = ZERO
    for asset, margin in call.ledger.margins.items():
        mark_usd = call.assets[asset].mark_usd
        wallet += margin.wallet_coin * mark_usd
        profit += margin.unrealised_coin(mark_usd) * mark_usd
        orders = call.holder.order_margin_coin(asset, mark_usd)
        initial += (margin.position_margin_coin(mark_usd) + orders) * mark_usd
        kept += margin.maintenance_coin(mark_usd) * mark_usd
    equity = wallet + profit
    return {
        "accountIMRate": plain(initial / equity if equity > 0 else ZERO, 4),
        "accountMMRate": plain(kept / equity if equity > 0 else ZERO, 4),
        "totalEquity": plain(equity, 8),
        "totalWalletBalance": plain(wallet, 8),
        "totalMarginBalance": plain(equity, 8),
        "totalAvailableBalance": plain(max(ZERO, equity - initial), 8),
        "totalPerpUPL": plain(profit, 8),
        "totalInitialMargin": plain(initial, 8),
        "totalMaintenanceMargin": plain(kept, 8),
    }


def positions(call: Call) -> Json:
    """Open positions of the category; a contract that is named has its row also when it is flat,
    and in hedge mode one for each leg."""
    if call.is_struck_by(FaultKind.NO_POSITIONS):
        return in_page(call, [], usual=20, most=200)
    held = {(p.symbol, p.side): p for p in call.holder.positions(call.assets)}
    named = "symbol" in call.params
    rows: list[object] = []
    for market in markets_asked(call):
        for leg in call.holder.legs:
            position = held.get((market.spec.instrument.symbol, leg))
            if named or position is not None:
                rows.append(_position(call, market, leg, position))
    return in_page(call, rows, usual=20, most=200)


def _position(
    call: Call, market: AssetMarket, leg: PositionSide, held: Position | None
) -> dict[str, object]:
    instrument, mark_usd = market.spec.instrument, market.mark_usd
    margin = call.ledger.margins.get(instrument.base)
    leverage = call.holder.spec.leverage if margin is None else margin.leverage
    bound = kept = ZERO
    if held is not None and margin is not None:
        kept = maintenance_margin_coin(
            margin.legs[leg].book,
            mark_usd,
            instrument.maintenance,
            instrument.maintenance_convention,
        )
        bound = held.isolated_coin or initial_margin_coin(held.face_usd, mark_usd, leverage)
    reach = liquidation(None if held is None else held.liquidation_price)
    return {
        "positionIdx": LEGS[leg],
        "riskId": 1,
        "riskLimitValue": "150",
        "symbol": contract_id(instrument),
        "side": "" if held is None else SIDE_WORDS[Side.BUY if held.face_usd > 0 else Side.SELL],
        "size": "0" if held is None else plain(abs(held.face_usd)),
        "avgPrice": price(None if held is None else held.entry_usd),
        "positionValue": "" if held is None else coin(abs(held.face_usd) / held.entry_usd),
        "tradeMode": 0,
        "autoAddMargin": 0,
        "positionStatus": "Normal",
        "leverage": plain(leverage),
        "markPrice": price(mark_usd),
        "liqPrice": "" if reach == "0" else reach,
        "bustPrice": "",
        "positionIM": coin(bound),
        "positionMM": coin(kept),
        "positionBalance": coin(bound),
        "takeProfit": "",
        "stopLoss": "",
        "trailingStop": "0",
        "unrealisedPnl": "" if held is None else coin(held.unrealised_coin),
        "curRealisedPnl": "0",
        "cumRealisedPnl": "0",
        "adlRankIndicator": 0,
        "createdTime": str(call.times.ms(call.simulation.market.started_at)),
        "updatedTime": str(call.now_ms),
        "seq": call.ledger.trades_made,
        "isReduceOnly": False,
    }


def fee_rate(call: Call) -> Json:
    """Fees as shares of the value."""
    return {
        "list": [
            {
                "symbol": contract_id(market.spec.instrument),
                "takerFeeRate": plain(market.spec.instrument.taker_fee_rate),
                "makerFeeRate": plain(market.spec.instrument.maker_fee_rate),
            }
            for market in markets_asked(call)
        ]
    }


def query_api(call: Call) -> Json:
    """The key: what it may do, from where, and whose it is."""
    key = call.key
    if key is None:
        raise denied()
    wallet = ["AccountTransfer"] if key.may_transfer else []
    return {
        "id": "1",
        "note": "simulated",
        "apiKey": key.key,
        "readOnly": int(not (key.may_trade or key.may_transfer or key.may_withdraw)),
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"] if key.may_trade else [],
            "Spot": ["SpotTrade"] if key.may_trade else [],
            "Wallet": [*wallet, "Withdraw"] if key.may_withdraw else wallet,
            "Options": [],
            "Derivatives": ["DerivativesTrade"] if key.may_trade else [],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
            "Affiliate": [],
        },
        "ips": ["127.0.0.1"] if key.is_ip_bound else ["*"],
        "type": 1,
        "deadlineDay": -1,
        "expiredAt": "1970-01-01T00:00:00Z",
        "createdAt": call.simulation.market.started_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "unified": 0,
        "uta": 1,
        "userID": account_number(key.account),
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
    }


def account_number(name: str) -> int:
    """The number by which the venue knows an account; the same name, the same number."""
    return 10**7 + int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % (9 * 10**7)
