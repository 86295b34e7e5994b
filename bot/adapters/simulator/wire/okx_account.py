"""What a customer has in the one trading account of OKX: coins and positions; and who it is."""

from __future__ import annotations

from decimal import Decimal

from bot.adapters.simulator.coin_margin import CoinMargin, Leg
from bot.adapters.simulator.spec import FaultKind
from bot.adapters.simulator.wire.binance_spot import account_number
from bot.adapters.simulator.wire.binance_words import coin, price
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.okx_words import SWAP, contract_id_of, symbols_asked
from bot.adapters.simulator.wire.signing import ApiKey
from bot.domain.account import MarginMode, Position, PositionSide, Wallet
from bot.domain.margin import Never, initial_margin_coin, maintenance_margin_coin
from bot.domain.quantities import ZERO, plain

FUTURES_LEVEL = "2"
"""The account level at which every coin is margin for its own contracts alone, as it is here."""


def balance(call: Call) -> Json:
    """The trading account: every coin that was ever in it."""
    wanted = call.params.find("ccy")
    assets = {*call.ledger.margins, *(a for (w, a) in call.ledger.coins if w is Wallet.SPOT)}
    named = None if wanted is None else wanted.split(",")
    rows = [_coin(call, a) for a in sorted(assets) if named is None or a in named]
    total_usd = sum((usd for _, usd in rows), ZERO)
    blank = dict.fromkeys(("adjEq", "imr", "mmr", "mgnRatio", "notionalUsd", "ordFroz", "upl"), "")
    return [
        {
            **blank,
            "details": [row for row, _ in rows if row["cashBal"] != "0" or row["eq"] != "0"],
            "isoEq": "0",
            "totalEq": plain(total_usd),
            "uTime": str(call.now_ms),
        }
    ]


def _coin(call: Call, asset: str) -> tuple[dict[str, object], Decimal]:
    """A coin's row, and what it is worth in dollars. A coin without a contract counts as one."""
    margin = call.ledger.margins.get(asset)
    rest = call.ledger.coins.get((Wallet.SPOT, asset), ZERO)
    if margin is None:
        return _row(call, asset, rest, rest), rest
    market = call.assets[asset]
    mark_usd, index_usd = market.mark_usd, call.quote(market).index_usd
    orders = call.holder.order_margin_coin(asset, mark_usd)
    equity = margin.equity(mark_usd)
    available = max(ZERO, margin.available_coin(mark_usd, orders))
    row = _row(call, asset, margin.wallet_coin, equity)
    isolated = sum((leg.isolated_coin for leg in margin.legs.values()), ZERO)
    used = margin.position_margin_coin(mark_usd)
    row |= {
        "availEq": coin(available),
        "availBal": coin(margin.withdrawable_coin(mark_usd, orders)),
        "frozenBal": coin(used + orders),
        "ordFrozen": coin(orders),
        "upl": coin(margin.unrealised_coin(mark_usd)),
        "imr": coin(used),
        "mmr": coin(margin.maintenance_coin(mark_usd)),
        "isoEq": coin(isolated),
        "eqUsd": plain(equity * index_usd, 8),
    }
    return row, equity * index_usd


def _row(call: Call, asset: str, cash: Decimal, equity: Decimal) -> dict[str, object]:
    nothing = ("frozenBal", "ordFrozen", "upl", "isoEq", "isoUpl", "imr", "mmr")
    return {
        **dict.fromkeys(nothing, "0"),
        **dict.fromkeys(("mgnRatio", "liab", "interest", "maxLoan", "notionalLever"), ""),
        "ccy": asset,
        "cashBal": coin(cash),
        "eq": coin(equity),
        "availEq": coin(equity),
        "availBal": coin(cash),
        "eqUsd": plain(equity, 8),
        "uTime": str(call.now_ms),
    }


def positions(call: Call) -> Json:
    """A row per leg that holds something."""
    if call.is_struck_by(FaultKind.NO_POSITIONS):
        return []
    wanted = symbols_asked(call)
    return [
        _position(call, held)
        for held in call.holder.positions(call.assets)
        if held.symbol in wanted
    ]


def _position(call: Call, held: Position) -> dict[str, object]:
    asset = held.symbol.partition("/")[0]
    market, margin = call.assets[asset], call.ledger.margins[asset]
    leg = margin.legs[held.side]
    contracts = held.contracts if held.side is PositionSide.NET else abs(held.contracts)
    is_isolated = held.margin_mode is MarginMode.ISOLATED
    initial = coin(initial_margin_coin(held.face_usd, held.mark_usd, held.leverage))
    gone = held.liquidation_price
    index_usd = call.quote(market).index_usd
    return {
        **dict.fromkeys(("liab", "liabCcy", "optVal", "interest", "baseBal", "quoteBal"), ""),
        "instType": SWAP,
        "instId": contract_id_of(held.symbol),
        "posId": str(account_number(f"{call.account} {held.symbol} {held.side.value}")),
        "posSide": held.side.value,
        "pos": plain(contracts),
        "availPos": plain(abs(contracts)),
        "ccy": asset,
        "posCcy": "",
        "avgPx": price(held.entry_usd),
        "bePx": price(held.entry_usd),
        "markPx": price(held.mark_usd),
        "idxPx": price(index_usd),
        "usdPx": price(index_usd),
        "last": price(held.mark_usd),
        "upl": coin(held.unrealised_coin),
        "uplRatio": "",
        "liqPx": "" if gone is None or isinstance(gone, Never) else price(gone),
        "lever": plain(held.leverage),
        "mgnMode": held.margin_mode.value,
        "margin": coin(leg.isolated_coin) if is_isolated else "",
        "imr": "" if is_isolated else initial,
        "mmr": coin(_maintenance(margin, leg, held.mark_usd)),
        "mgnRatio": "",
        "notionalUsd": plain(abs(held.face_usd)),
        "adl": "1",
        "tradeId": "",
        "cTime": str(call.now_ms),
        "uTime": str(call.now_ms),
    }


def _maintenance(margin: CoinMargin, leg: Leg, mark_usd: Decimal) -> Decimal:
    rules = margin.instrument
    return maintenance_margin_coin(
        leg.book, mark_usd, rules.maintenance, rules.maintenance_convention
    )


def config(call: Call) -> Json:
    """Who it is, at which account level, in which position mode, and what the key may do."""
    number = str(account_number(call.account))
    return [
        {
            "uid": number,
            "mainUid": number,
            "acctLv": FUTURES_LEVEL,
            "posMode": "long_short_mode" if call.ledger.hedge_mode else "net_mode",
            "acctStpMode": "cancel_maker",
            "autoLoan": False,
            "ctIsoMode": "automatic",
            "greeksType": "PA",
            "level": "Lv1",
            "levelTmp": "",
            "label": "rehearsal",
            "perm": _permissions(call.key),
            "ip": "127.0.0.1" if call.key is not None and call.key.is_ip_bound else "",
            "roleType": "0",
            "type": "0",
        }
    ]


def _permissions(key: ApiKey | None) -> str:
    """Moving coins between the own wallets takes the permission to trade, as at OKX."""
    told = ["read_only"]
    if key is not None and key.may_trade:
        told.append("trade")
    if key is not None and key.may_withdraw:
        told.append("withdraw")
    return ",".join(told)
