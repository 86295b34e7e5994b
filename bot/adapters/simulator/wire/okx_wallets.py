"""The wallets of OKX around trading: the funding account, transfers, and what coins there are."""

from __future__ import annotations

from typing import Final

from bot.adapters.simulator import terms
from bot.adapters.simulator.wire.binance_spot import held_coins
from bot.adapters.simulator.wire.binance_words import coin, line_number
from bot.adapters.simulator.wire.call import Call, Json
from bot.adapters.simulator.wire.okx_errors import OkxNo, wrong
from bot.domain.account import EntryKind, LedgerEntry, Wallet
from bot.domain.quantities import ZERO, plain

FUNDING: Final = "6"
TRADING: Final = "18"


def balances(call: Call) -> Json:
    """The funding account, empty rows left out."""
    wanted = call.params.find("ccy")
    named = None if wanted is None else wanted.split(",")
    return [
        {"ccy": asset, "bal": coin(coins), "frozenBal": "0", "availBal": coin(coins)}
        for asset, coins in held_coins(call, Wallet.FUNDING).items()
        if coins and (named is None or asset in named)
    ]


def transfer(call: Call) -> Json:
    """Move coins between the two accounts: all of the amount or nothing."""
    params = call.params
    asset, amount = params.text("ccy"), params.number("amt")
    source, target = params.text("from"), params.text("to")
    if (params.find("type") or "0") != "0":
        raise wrong("type")
    if {source, target} != {FUNDING, TRADING}:
        raise wrong("to")
    if not amount:
        raise wrong("amt")
    trading = Wallet.MARGIN if asset in call.assets else Wallet.SPOT
    wallets = {FUNDING: Wallet.FUNDING, TRADING: trading}
    terms.transfer(call.simulation, call.account, asset, amount, wallets[source], wallets[target])
    return [
        {
            "transId": str(call.ledger.lines_booked - 1),
            "clientId": params.find("clientId") or "",
            "ccy": asset,
            "amt": plain(amount),
            "from": source,
            "to": target,
        }
    ]


def transfer_state(call: Call) -> Json:
    """What became of a transfer: each is two lines of the ledger, one right after the other."""
    wanted = call.params.find("transId")
    if wanted is None:
        raise OkxNo("50014", "Parameter transId cannot be empty.")
    lines = {str(line_number(e.entry_id)): e for e in call.ledger.entries}
    out = lines.get(wanted)
    if out is None or out.kind is not EntryKind.TRANSFER or out.amount_coin > ZERO:
        raise OkxNo("58129", "Transfer does not exist")
    return [_state(out, wanted)]


def _state(out: LedgerEntry, number: str) -> dict[str, object]:
    from_funding = out.wallet is Wallet.FUNDING
    return {
        "transId": number,
        "clientId": "",
        "ccy": out.asset,
        "amt": coin(-out.amount_coin),
        "type": "0",
        "from": FUNDING if from_funding else TRADING,
        "to": TRADING if from_funding else FUNDING,
        "subAcct": "",
        "state": "success",
    }


def currencies(call: Call) -> Json:
    """Every coin with its one network."""
    wanted = call.params.find("ccy")
    rows: list[object] = [
        {
            "ccy": asset,
            "name": asset,
            "chain": f"{asset}-{asset}",
            "mainNet": True,
            "canDep": True,
            "canWd": True,
            "canInternal": True,
            "minDep": "0.00000001",
            "minWd": "0.00000001",
            "maxWd": "1000000",
            "wdTickSz": "8",
            "fee": "0",
            "minFee": "0",
            "maxFee": "0",
            "needTag": False,
            "minDepArrivalConfirm": "1",
            "minWdUnlockConfirm": "1",
        }
        for asset in sorted(call.assets)
        if wanted in (None, asset)
    ]
    return rows
