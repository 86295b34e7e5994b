"""The funding wallet beside Bybit's unified one, and transfers between the two."""

from __future__ import annotations

from typing import Final

from bot.adapters.simulator import terms
from bot.adapters.simulator.wire.binance_words import coin, places
from bot.adapters.simulator.wire.bybit_account import account_number
from bot.adapters.simulator.wire.bybit_errors import BybitNo, params_error
from bot.adapters.simulator.wire.bybit_signing import denied
from bot.adapters.simulator.wire.call import Call, Json
from bot.domain.account import Wallet
from bot.domain.quantities import ZERO

_WALLETS: Final = {"FUND": Wallet.FUNDING, "UNIFIED": Wallet.MARGIN}
_PLACES: Final = 8


def coin_balances(call: Call) -> Json:
    """What one of the two wallets holds, coin by coin."""
    kind = call.params.text("accountType")
    if kind not in _WALLETS:
        raise BybitNo(131203, "accountType invalid")
    names = call.params.find("coin")
    held = {
        asset: call.ledger.held_coin(_WALLETS[kind], asset)
        for asset in sorted({*call.assets, *(asset for _, asset in call.ledger.coins)})
    }
    asked = held if names is None else {name: held.get(name, ZERO) for name in names.split(",")}
    return {
        "memberId": str(account_number(call.account)),
        "accountType": kind,
        "balance": [
            {
                "coin": asset,
                "transferBalance": coin(coins),
                "walletBalance": coin(coins),
                "bonus": "",
            }
            for asset, coins in asked.items()
            if coins or names is not None
        ],
    }


def transfer(call: Call) -> Json:
    """Move coins between the two wallets: all of the amount or nothing."""
    given = call.params.text("transferId")
    source = _wallet(call, "fromAccountType")
    destination = _wallet(call, "toAccountType")
    asset, amount = call.params.text("coin"), call.params.number("amount")
    if source is destination:
        raise BybitNo(131210, "fromAccountType and toAccountType are the same")
    if not amount or places(amount) > _PLACES:
        raise params_error("amount invalid")
    if asset not in call.assets:
        raise params_error("coin invalid")
    terms.transfer(call.simulation, call.account, asset, amount, source, destination)
    return {"transferId": given, "status": "SUCCESS"}


def _wallet(call: Call, name: str) -> Wallet:
    found = _WALLETS.get(call.params.text(name))
    if found is None:
        raise BybitNo(131203, f"{name} invalid")
    return found


def coins(call: Call) -> Json:
    """Every coin with its one network."""
    if call.key is None:
        raise denied()
    return {
        "rows": [
            {
                "name": asset,
                "coin": asset,
                "remainAmount": "1000",
                "chains": [
                    {
                        "chain": asset,
                        "chainType": asset,
                        "confirmation": "1",
                        "withdrawFee": "0",
                        "depositMin": "0",
                        "withdrawMin": "0.00000001",
                        "minAccuracy": str(_PLACES),
                        "chainDeposit": "1",
                        "chainWithdraw": "1",
                        "withdrawPercentageFee": "0",
                    }
                ],
            }
            for asset in call.assets
        ]
    }
