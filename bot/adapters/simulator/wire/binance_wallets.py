"""The wallets around spot: funding, earn, transfers between them; coins, and what a key may do."""

from __future__ import annotations

from typing import Final

from bot.adapters.simulator import terms
from bot.adapters.simulator.wire.binance_spot import held_coins
from bot.adapters.simulator.wire.binance_words import coin, line_number, places
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.errors import not_taken
from bot.adapters.simulator.wire.signing import denied
from bot.domain.account import EntryKind, LedgerEntry, Wallet
from bot.domain.quantities import ZERO

WALLETS: Final = {"MAIN": Wallet.SPOT, "FUNDING": Wallet.FUNDING, "CMFUTURE": Wallet.MARGIN}


def funding_assets(call: Call) -> Json:
    """The funding wallet, empty rows left out."""
    wanted = call.params.find("asset")
    return [
        {
            "asset": asset,
            "free": coin(coins),
            "locked": "0",
            "freeze": "0",
            "withdrawing": "0",
            "btcValuation": "0",
        }
        for asset, coins in held_coins(call, Wallet.FUNDING).items()
        if coins and wanted in (None, asset)
    ]


def earn_positions(call: Call) -> Json:
    """The earn wallet, as savings that can be had back at any time."""
    wanted = call.params.find("asset")
    rows: list[object] = [
        {
            "asset": asset,
            "productId": f"{asset}001",
            "totalAmount": coin(coins),
            "collateralAmount": "0",
            "canRedeem": True,
            "autoSubscribe": False,
        }
        for asset, coins in held_coins(call, Wallet.EARN).items()
        if coins and wanted in (None, asset)
    ]
    return {"rows": rows, "total": len(rows)}


def nothing_locked(_call: Call) -> Json:
    """No savings are tied up for a time here."""
    return {"rows": [], "total": 0}


def no_margin_pairs(_call: Call) -> Json:
    """Nothing can be borrowed here."""
    return []


def coins(call: Call) -> Json:
    """Every coin with its spot balance and its one network."""
    spot = held_coins(call, Wallet.SPOT)
    rows: list[object] = []
    for asset in sorted(spot.keys() | call.assets.keys()):
        held = coin(spot.get(asset, ZERO))
        rows.append(
            {
                "coin": asset,
                "name": asset,
                "free": held,
                "freeze": "0",
                "locked": "0",
                "storage": "0",
                "withdrawing": "0",
                "ipoable": "0",
                "ipoing": "0",
                "isLegalMoney": False,
                "trading": True,
                "depositAllEnable": True,
                "withdrawAllEnable": True,
                "networkList": [_network(asset)],
            }
        )
    return rows


def _network(asset: str) -> dict[str, object]:
    return {
        "coin": asset,
        "network": asset,
        "name": asset,
        "isDefault": True,
        "depositEnable": True,
        "withdrawEnable": True,
        "withdrawFee": "0",
        "withdrawMin": "0.00000001",
        "withdrawMax": "1000000",
        "withdrawIntegerMultiple": "0.00000001",
        "depositDust": "0.00000001",
        "minConfirm": 1,
        "unLockConfirm": 1,
    }


def restrictions(call: Call) -> Json:
    """What the key may do."""
    key = call.key
    if key is None:
        raise denied()
    return {
        "ipRestrict": key.is_ip_bound,
        "createTime": call.times.ms(call.simulation.market.started_at),
        "enableReading": True,
        "enableWithdrawals": key.may_withdraw,
        "enableInternalTransfer": key.may_transfer,
        "permitsUniversalTransfer": key.may_transfer,
        "enableMargin": False,
        "enableFutures": key.may_trade,
        "enableVanillaOptions": False,
        "enableSpotAndMarginTrading": False,
        "enablePortfolioMarginTrading": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
    }


def system_status(_call: Call) -> Json:
    """All is well, if the venue answers."""
    return {"status": 0, "msg": "normal"}


def transfer(call: Call) -> Json:
    """Move coins between two wallets: all of the amount or nothing."""
    source, destination = _wallets(call.params.text("type"))
    asset, amount = call.params.text("asset"), call.params.number("amount")
    if not amount or places(amount) > 8:
        raise not_taken("amount")
    if Wallet.MARGIN in (source, destination) and asset not in call.assets:
        raise not_taken("asset")
    terms.transfer(call.simulation, call.account, asset, amount, source, destination)
    return {"tranId": call.ledger.lines_booked - 1}


def transfers(call: Call) -> Json:
    """Transfers of one kind, newest first. Each is two lines of the ledger, one right after the
    other."""
    kind = call.params.text("type")
    source, destination = _wallets(kind)
    size, page = call.params.whole("size") or 10, call.params.whole("current") or 1
    start_ms, end_ms = call.params.whole("startTime"), call.params.whole("endTime")
    lines = {line_number(e.entry_id): e for e in call.ledger.entries}
    found: list[object] = []
    for number, out in lines.items():
        back = lines.get(number + 1)
        if out.kind is not EntryKind.TRANSFER or out.amount_coin > ZERO or back is None:
            continue
        at_ms = call.ms(out.at)
        early = start_ms is not None and at_ms < start_ms
        late = end_ms is not None and at_ms > end_ms
        if (out.wallet, back.wallet) == (source, destination) and not early and not late:
            found.append(_transfer_row(call, out, kind))
    newest_first = found[::-1]
    return {"total": len(found), "rows": newest_first[(page - 1) * size : page * size]}


def _transfer_row(call: Call, out: LedgerEntry, kind: str) -> dict[str, object]:
    return {
        "asset": out.asset,
        "amount": coin(-out.amount_coin),
        "type": kind,
        "status": "CONFIRMED",
        "tranId": line_number(out.entry_id),
        "timestamp": call.ms(out.at),
    }


def _wallets(kind: str) -> tuple[Wallet, Wallet]:
    """The two wallets of a kind of transfer."""
    source, _, destination = kind.partition("_")
    if source not in WALLETS or destination not in WALLETS or source == destination:
        raise not_taken("type")
    return WALLETS[source], WALLETS[destination]
