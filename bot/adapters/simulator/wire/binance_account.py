"""What a customer has in COIN-M: wallets and positions."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.spec import FaultKind
from bot.adapters.simulator.wire.binance_words import (
    LEGS,
    coin,
    contract_id,
    liquidation,
    pair_of,
    price,
)
from bot.adapters.simulator.wire.call import Call, Json
from bot.domain.account import MarginMode, Position, PositionSide
from bot.domain.margin import initial_margin_coin, maintenance_margin_coin
from bot.domain.payoff import FLAT
from bot.domain.quantities import ZERO, plain

_NOTHING: Final = dict.fromkeys(
    (
        "walletBalance",
        "unrealizedProfit",
        "marginBalance",
        "maintMargin",
        "initialMargin",
        "positionInitialMargin",
        "openOrderInitialMargin",
        "maxWithdrawAmount",
        "crossWalletBalance",
        "crossUnPnl",
        "availableBalance",
    ),
    "0.00000000",
)


def account(call: Call) -> Json:
    """Wallets and positions together. A wallet that was never used has the update time 0."""
    return {
        "assets": [_wallet(call, asset) for asset in call.assets],
        "positions": [_account_row(call, *row) for row in _legs(call)],
        "canDeposit": True,
        "canTrade": True,
        "canWithdraw": True,
        "feeTier": 0,
        "updateTime": 0,
    }


def balance(call: Call) -> Json:
    """Wallets alone."""
    rows: list[object] = []
    for asset in call.assets:
        wallet = _wallet(call, asset)
        rows.append(
            {
                "accountAlias": call.account,
                "asset": asset,
                "balance": wallet["walletBalance"],
                "withdrawAvailable": wallet["maxWithdrawAmount"],
                "crossWalletBalance": wallet["crossWalletBalance"],
                "crossUnPnl": wallet["crossUnPnl"],
                "availableBalance": wallet["availableBalance"],
                "updateTime": wallet["updateTime"],
            }
        )
    return rows


def _wallet(call: Call, asset: str) -> dict[str, object]:
    margin = call.ledger.margins.get(asset)
    if margin is None:
        return {"asset": asset, **_NOTHING, "updateTime": 0}
    mark_usd = call.assets[asset].mark_usd
    orders = call.holder.order_margin_coin(asset, mark_usd)
    positions = margin.position_margin_coin(mark_usd)
    unrealised = margin.unrealised_coin(mark_usd)
    isolated = sum((leg.isolated_coin for leg in margin.legs.values()), ZERO)
    return {
        "asset": asset,
        "walletBalance": coin(margin.wallet_coin),
        "unrealizedProfit": coin(unrealised),
        "marginBalance": coin(margin.wallet_coin + unrealised),
        "maintMargin": coin(margin.maintenance_coin(mark_usd)),
        "initialMargin": coin(positions + orders),
        "positionInitialMargin": coin(positions),
        "openOrderInitialMargin": coin(orders),
        "maxWithdrawAmount": coin(margin.withdrawable_coin(mark_usd, orders)),
        "crossWalletBalance": coin(margin.wallet_coin - isolated),
        "crossUnPnl": coin(unrealised if margin.mode is MarginMode.CROSS else ZERO),
        "availableBalance": coin(max(ZERO, margin.available_coin(mark_usd, orders))),
        "updateTime": call.now_ms,
    }


def position_risk(call: Call) -> Json:
    """A row per contract, and in hedge mode one per leg too, whether anything is held or not."""
    if call.is_struck_by(FaultKind.NO_POSITIONS):
        return []
    asset, pair = call.params.find("marginAsset"), call.params.find("pair")
    rows: list[object] = []
    for market, leg, held in _legs(call):
        instrument = market.spec.instrument
        if asset in (None, instrument.base) and pair in (None, pair_of(instrument)):
            rows.append(_risk_row(call, market, leg, held))
    return rows


def _legs(call: Call) -> list[tuple[AssetMarket, PositionSide, Position | None]]:
    held = {(p.symbol, p.side): p for p in call.holder.positions(call.assets)}
    legs = [PositionSide.NET, *(leg for leg in call.holder.legs if leg is not PositionSide.NET)]
    return [
        (market, leg, held.get((market.spec.instrument.symbol, leg)))
        for market in call.assets.values()
        for leg in legs
    ]


def _terms(call: Call, asset: str) -> tuple[Decimal, bool]:
    """Leverage, and whether the margin is isolated."""
    margin, spec = call.ledger.margins.get(asset), call.holder.spec
    if margin is None:
        return spec.leverage, spec.margin_mode is MarginMode.ISOLATED
    return margin.leverage, margin.mode is MarginMode.ISOLATED


def _common(
    call: Call, market: AssetMarket, leg: PositionSide, held: Position | None
) -> dict[str, object]:
    instrument = market.spec.instrument
    leverage, _ = _terms(call, instrument.base)
    entry = price(None if held is None else held.entry_usd)
    face_usd = ZERO if held is None else held.face_usd
    isolated = None if held is None else held.isolated_coin
    return {
        "symbol": contract_id(instrument),
        "positionAmt": "0" if held is None else plain(held.contracts),
        "entryPrice": entry,
        "breakEvenPrice": entry,
        "leverage": plain(leverage),
        "maxQty": plain(instrument.max_contracts),
        "positionSide": LEGS[leg],
        "notionalValue": coin(face_usd / market.mark_usd),
        "isolatedWallet": coin(isolated or ZERO),
        "updateTime": 0 if held is None else call.now_ms,
    }


def _risk_row(
    call: Call, market: AssetMarket, leg: PositionSide, held: Position | None
) -> dict[str, object]:
    _, is_isolated = _terms(call, market.spec.instrument.base)
    unrealised = ZERO if held is None else held.unrealised_coin
    isolated = None if held is None else held.isolated_coin
    return {
        **_common(call, market, leg, held),
        "markPrice": price(market.mark_usd),
        "unRealizedProfit": coin(unrealised),
        "liquidationPrice": liquidation(None if held is None else held.liquidation_price),
        "marginType": "isolated" if is_isolated else "cross",
        "isolatedMargin": coin(ZERO if isolated is None else isolated + unrealised),
        "isAutoAddMargin": "false",
    }


def _account_row(
    call: Call, market: AssetMarket, leg: PositionSide, held: Position | None
) -> dict[str, object]:
    instrument, mark_usd = market.spec.instrument, market.mark_usd
    leverage, is_isolated = _terms(call, instrument.base)
    margin = call.ledger.margins.get(instrument.base)
    book = FLAT if margin is None or held is None else margin.legs[leg].book
    initial = coin(initial_margin_coin(book.face_usd, mark_usd, leverage))
    maintenance = ZERO
    if held is not None:
        maintenance = maintenance_margin_coin(
            book, mark_usd, instrument.maintenance, instrument.maintenance_convention
        )
    return {
        **_common(call, market, leg, held),
        "initialMargin": initial,
        "maintMargin": coin(maintenance),
        "unrealizedProfit": coin(ZERO if held is None else held.unrealised_coin),
        "positionInitialMargin": initial,
        "isolated": is_isolated,
    }
