"""Facts of the venues that cannot be rehearsed at, and of those without a hedge."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.adapters.ccxt.venue_facts import (
    AmountUnit,
    ClientIds,
    Contracts,
    Hedging,
    Hosts,
    Known,
    LookUp,
    OrderFlags,
    Reading,
    Support,
    Switch,
    VenueFacts,
    Wallets,
)
from bot.domain.account import Wallet

SPOT, MARGIN = Wallet.SPOT, Wallet.MARGIN

_CONTRACTS = AmountUnit.CONTRACTS
_HUNDRED_OR_TEN: Final = Contracts(_CONTRACTS, {"BTC": Decimal(100)}, Decimal(10), Known.CLIENT)
_ONE_DOLLAR: Final = Contracts(_CONTRACTS, {}, Decimal(1), Known.CLIENT)

_IOC: Final = {"timeInForce": "IOC"}
_POST_ONLY: Final = {"postOnly": True}


def _live_only(*hosts: str, known: Known = Known.WIRE, note: str = "") -> Hosts:
    return Hosts(frozenset(hosts), frozenset(), Switch.NONE, known, note=note)


GATE: Final = Hedging(
    client="gate",
    contracts=Contracts(_CONTRACTS, {"BTC": Decimal(1)}, None, Known.CLIENT),
    wallets=Wallets(
        {
            SPOT: Reading("gate", {"type": "spot"}),
            MARGIN: Reading("gate", {"type": "swap", "settle": "btc"}),
        },
        {SPOT: "spot", MARGIN: "swap"},
        Known.WIRE,
        transfer_parameters={"settle": "btc"},
    ),
    client_ids=ClientIds(r"(?!t)[A-Za-z0-9_.-]{1,26}", "text", LookUp.UNIFIED, False, Known.WIRE),
    flags=OrderFlags(_IOC, _POST_ONLY, Known.WIRE),
    hosts=_live_only("api.gateio.ws", note="the testnet has dollar-margined contracts only"),
    accounts="classic; every call for the contract names its settlement in Bitcoin",
)

HTX: Final = Hedging(
    client="htx",
    contracts=_HUNDRED_OR_TEN,
    wallets=Wallets(
        {
            SPOT: Reading("htx", {"type": "spot"}),
            MARGIN: Reading("htx", {"type": "swap", "defaultSubType": "inverse"}),
        },
        {SPOT: "spot", MARGIN: "swap"},
        Known.CLIENT,
        transfer_parameters={"subType": "inverse"},
    ),
    client_ids=ClientIds(r"[1-9][0-9]{0,18}", "client_order_id", LookUp.UNIFIED, False, Known.WIRE),
    flags=OrderFlags(
        _IOC,
        _POST_ONLY,
        Known.WIRE,
        note="needs offset ('open', 'close') and leverRate with every order, or leverage is 1",
    ),
    hosts=_live_only("api.huobi.pro", "api.hbdm.vn"),
    accounts="coin-margined swaps; a long and a short leg side by side",
    one_way=False,
)

KUCOIN: Final = Hedging(
    client="kucoinfutures",
    contracts=_ONE_DOLLAR,
    wallets=Wallets(
        {
            SPOT: Reading("kucoin", {"type": "spot"}),
            Wallet.FUNDING: Reading("kucoin", {"type": "main"}),
            MARGIN: Reading("kucoinfutures", {"code": "BTC"}),
        },
        {SPOT: "spot", Wallet.FUNDING: "main", MARGIN: "contract"},
        Known.WIRE,
        note="the code of the coin goes with every reading of the margin wallet",
    ),
    client_ids=ClientIds(r"[A-Za-z0-9_-]{1,32}", "clientOid", LookUp.UNIFIED, True, Known.WIRE),
    flags=OrderFlags(
        _IOC,
        _POST_ONLY,
        Known.WIRE,
        always={"marginMode": "cross"},
        note="needs leverage with every order, or it is 1",
    ),
    hosts=_live_only("api.kucoin.com", "api-futures.kucoin.com"),
    accounts="classic; the unified account is not known well enough",
)

BINGX: Final = Hedging(
    client="bingx",
    contracts=_HUNDRED_OR_TEN,
    wallets=Wallets(
        {
            SPOT: Reading("bingx", {"type": "spot"}),
            MARGIN: Reading("bingx", {"type": "swap", "subType": "inverse"}),
        },
        {SPOT: "spot", MARGIN: "inverse"},
        Known.WIRE,
        note="'swap' would be the wallet for dollar-margined contracts",
    ),
    client_ids=ClientIds(
        r"[A-Za-z0-9_-]{1,32}", "clientOrderID", LookUp.UNPROVEN, True, Known.WIRE
    ),
    flags=OrderFlags(
        _IOC, _POST_ONLY, Known.WIRE, note="amounts are not rounded: only whole contracts are sent"
    ),
    hosts=_live_only("open-api.bingx.com", note="the demo has dollar-margined contracts only"),
    accounts="one-way; the mode of coin-margined contracts cannot be read or set",
)

MEXC: Final = Hedging(
    client="mexc",
    contracts=_HUNDRED_OR_TEN,
    wallets=Wallets(
        {SPOT: Reading("mexc", {"type": "spot"}), MARGIN: Reading("mexc", {"type": "swap"})},
        {SPOT: "spot", MARGIN: "swap"},
        Known.WIRE,
    ),
    client_ids=ClientIds(
        r"[A-Za-z0-9_-]{1,32}",
        "externalOid",
        LookUp.OWN_CALL,
        False,
        Known.WIRE,
        call="contractPrivateGetOrderExternalSymbolExternalOid",
    ),
    flags=OrderFlags(
        {},
        _POST_ONLY,
        Known.CLIENT,
        always={"openType": 2},
        immediate_type="3",
        note="only the number 3 as the type makes an order immediate; 'IOC' rests",
    ),
    hosts=_live_only("api.mexc.com"),
    accounts="one-way; whether a key may trade contracts at all has to be tried",
)

PHEMEX: Final = Hedging(
    client="phemex",
    contracts=_ONE_DOLLAR,
    wallets=Wallets(
        {
            SPOT: Reading("phemex", {"type": "spot"}),
            MARGIN: Reading("phemex", {"type": "swap", "code": "BTC"}),
        },
        {SPOT: "spot", MARGIN: "swap"},
        Known.CLIENT,
        note="the code of the coin goes with every reading of the margin wallet",
    ),
    client_ids=ClientIds(r"[A-Za-z0-9_-]{1,32}", "clOrdID", LookUp.UNIFIED, True, Known.WIRE),
    flags=OrderFlags(
        {"timeInForce": "ImmediateOrCancel"},
        {"timeInForce": "PostOnly"},
        Known.CLIENT,
        note="the client's usual words for both are passed on as they are and lost",
    ),
    hosts=Hosts(
        frozenset({"api.phemex.com"}),
        frozenset({"testnet-api.phemex.com"}),
        Switch.SANDBOX,
        Known.CLIENT,
    ),
    accounts="contract account of the coin; numbers arrive scaled",
)

BITGET: Final = Hedging(
    client="bitget",
    contracts=Contracts(AmountUnit.COIN, {}, Decimal(1), Known.REASONED),
    wallets=Wallets(
        {
            SPOT: Reading("bitget", {"type": "spot"}),
            MARGIN: Reading("bitget", {"type": "swap", "productType": "COIN-FUTURES"}),
        },
        {SPOT: "spot", MARGIN: "future"},
        Known.CLIENT,
        note="'swap' would be the wallet for dollar-margined contracts",
    ),
    client_ids=ClientIds(r"[A-Za-z0-9_-]{1,32}", "clientOid", LookUp.UNIFIED, False, Known.WIRE),
    flags=OrderFlags(_IOC, _POST_ONLY, Known.WIRE, always={"marginMode": "cross"}),
    hosts=Hosts(
        frozenset({"api.bitget.com"}),
        frozenset({"api.bitget.com"}),
        Switch.SANDBOX,
        Known.CLIENT,
        header=("PAPTRADING", "1"),
        note="whether the demo has coin-margined contracts is not known",
    ),
    accounts="classic, one-way",
    orders_kept_off="sizes are in coins, and it is not known whether they are those of the entry "
    "or those of the mark price; the two differ as the price moves",
)


def _simulated(venue: str, title: str, client: str, hedging: Hedging) -> VenueFacts:
    return VenueFacts(venue, title, Support.SIMULATED, client, hedging, hedging.orders_kept_off)


SIMULATED: Final = (
    _simulated("bingx", "BingX", "bingx", BINGX),
    _simulated("mexc", "MEXC", "mexc", MEXC),
    _simulated("gate", "Gate", "gate", GATE),
    _simulated("kucoinfutures", "KuCoin Futures", "kucoin", KUCOIN),
    _simulated("htx", "HTX", "htx", HTX),
    _simulated("phemex", "Phemex", "phemex", PHEMEX),
    _simulated("bitget", "Bitget", "bitget", BITGET),
)
"""Hedging that has to be rehearsed on the simulated venue, whatever the venue itself may offer."""


def _holdings(venue: str, title: str, reason: str) -> VenueFacts:
    return VenueFacts(venue, title, Support.HOLDINGS, venue, reason=reason)


def _refused(venue: str, title: str, reason: str) -> VenueFacts:
    return VenueFacts(venue, title, Support.REFUSED, "", reason=reason)


_GONE: Final = "the ccxt that this version is built on does not have it"

NO_HEDGE: Final = (
    _holdings("kraken", "Kraken", "its contracts are a venue of their own, 'krakenfutures'"),
    _holdings("kucoin", "KuCoin", "its contracts are a venue of their own, 'kucoinfutures'"),
    _holdings("weex", "WEEX", "no coin-margined contract is known"),
    _holdings("delta", "Delta Exchange", "its client loses both kinds of order flags"),
    _holdings("deepcoin", "Deepcoin", "its client cannot look an order up"),
    _holdings("xt", "XT", "its client gives orders back in another unit than they were sent in"),
    _holdings("bitrue", "Bitrue", "its client cannot read positions"),
    _refused("bitmex", "BitMEX", _GONE),
    _refused("coinex", "CoinEx", _GONE),
    _refused("ftx", "FTX", _GONE),
    _refused("huobi", "Huobi", "it is called HTX now: write 'htx'"),
    _refused("gateio", "Gate.io", "it is called Gate now: write 'gate'"),
    _refused("okex", "OKEx", "it is called OKX now: write 'okx'"),
    _refused("binancecoinm", "Binance COIN-M", "it is a part of Binance: write 'binance'"),
)
"""Venues that show their coins and no more, and names that are turned away with advice."""
