"""One table of facts per venue. A venue more is a row more.

Everything here was read or run with the pinned ccxt on ``CHECKED_ON``; ``Known`` says which of the
two, fact by fact. Nothing of it was seen at a venue itself: ``proven`` is empty everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
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
from bot.adapters.ccxt.venues_others import NO_HEDGE, SIMULATED
from bot.domain.account import Wallet

CHECKED_ON: Final = date(2026, 11, 24)
CHECKED_WITH: Final = "4.5.90"
"""The version of ccxt that the table was read from."""

HUNDRED_OR_TEN: Final = Contracts(
    AmountUnit.CONTRACTS, {"BTC": Decimal(100)}, Decimal(10), Known.CLIENT
)

BINANCE: Final = VenueFacts(
    "binance",
    "Binance",
    Support.FULL,
    "binance",
    Hedging(
        client="binancecoinm",
        contracts=HUNDRED_OR_TEN,
        wallets=Wallets(
            {
                Wallet.SPOT: Reading("binance", {"type": "spot"}),
                Wallet.FUNDING: Reading("binance", {"type": "funding"}),
                Wallet.MARGIN: Reading("binancecoinm"),
            },
            {Wallet.SPOT: "spot", Wallet.FUNDING: "funding", Wallet.MARGIN: "inverse"},
            Known.WIRE,
            note="'swap' and 'future' would be the wallet for dollar-margined contracts; the demo "
            "has no transfers",
        ),
        client_ids=ClientIds(
            r"[.A-Z:/a-z0-9_-]{1,36}", "newClientOrderId", LookUp.UNIFIED, True, Known.WIRE
        ),
        flags=OrderFlags({"timeInForce": "IOC"}, {"postOnly": True}, Known.WIRE),
        hosts=Hosts(
            frozenset({"api.binance.com", "dapi.binance.com"}),
            frozenset({"demo-api.binance.com", "demo-dapi.binance.com"}),
            Switch.DEMO,
            Known.WIRE,
            note="the older futures testnet is refused by the client",
        ),
        accounts="a classic account with COIN-M futures open; no portfolio margin",
        cancels_when_silent="countdownCancelAll",
    ),
)

BYBIT: Final = VenueFacts(
    "bybit",
    "Bybit",
    Support.FULL,
    "bybit",
    Hedging(
        client="bybit",
        contracts=Contracts(AmountUnit.USD, {}, Decimal(1), Known.CLIENT),
        wallets=Wallets(
            {
                Wallet.FUNDING: Reading("bybit", {"type": "funding"}),
                Wallet.MARGIN: Reading("bybit", {"type": "swap"}),
            },
            {Wallet.FUNDING: "funding", Wallet.MARGIN: "unified"},
            Known.WIRE,
            shared=frozenset({Wallet.SPOT, Wallet.MARGIN}),
        ),
        client_ids=ClientIds(
            r"[A-Za-z0-9_-]{1,36}",
            "orderLinkId",
            LookUp.OWN_CALL,
            True,
            Known.WIRE,
            call="privateGetV5OrderRealtime",
        ),
        flags=OrderFlags(
            {"timeInForce": "IOC"},
            {"postOnly": True},
            Known.WIRE,
            note="what may not take is accepted and then cancelled; answers carry ids only",
        ),
        hosts=Hosts(
            frozenset({"api.bybit.com"}),
            frozenset({"api-testnet.bybit.com"}),
            Switch.SANDBOX,
            Known.WIRE,
            note="prices of the testnet are its own",
        ),
        accounts="unified trading account; its margin mode is that of the whole account",
    ),
)

OKX: Final = VenueFacts(
    "okx",
    "OKX",
    Support.FULL,
    "okx",
    Hedging(
        client="okx",
        contracts=HUNDRED_OR_TEN,
        wallets=Wallets(
            {
                Wallet.FUNDING: Reading("okx", {"type": "funding"}),
                Wallet.MARGIN: Reading("okx", {"type": "swap"}),
            },
            {Wallet.FUNDING: "funding", Wallet.MARGIN: "trading"},
            Known.WIRE,
            shared=frozenset({Wallet.SPOT, Wallet.MARGIN}),
        ),
        client_ids=ClientIds(r"[A-Za-z0-9]{1,32}", "clOrdId", LookUp.UNIFIED, True, Known.WIRE),
        flags=OrderFlags(
            {"timeInForce": "IOC"},
            {"postOnly": True},
            Known.WIRE,
            always={"marginMode": "cross"},
            note="what may not take is accepted and then cancelled; answers carry ids only",
        ),
        hosts=Hosts(
            frozenset({"www.okx.com"}),
            frozenset({"www.okx.com"}),
            Switch.SANDBOX,
            Known.WIRE,
            header=("x-simulated-trading", "1"),
            note="demo keys are keys of their own, so that a lost header fails to sign in",
        ),
        accounts="any account level but simple, which may not trade contracts; net mode",
    ),
)

DERIBIT: Final = VenueFacts(
    "deribit",
    "Deribit",
    Support.FULL,
    "deribit",
    Hedging(
        client="deribit",
        contracts=Contracts(
            AmountUnit.USD, {"BTC": Decimal(10), "ETH": Decimal(1)}, None, Known.CLIENT
        ),
        wallets=Wallets(
            {Wallet.MARGIN: Reading("deribit")},
            {},
            Known.CLIENT,
            shared=frozenset({Wallet.SPOT, Wallet.MARGIN}),
            note="one account per coin, so there is nothing to move",
        ),
        client_ids=ClientIds(
            r"[\x20-\x7e]{1,64}",
            "label",
            LookUp.OWN_CALL,
            False,
            Known.CLIENT,
            parameter="label",
            call="privateGetGetOrderStateByLabel",
        ),
        flags=OrderFlags(
            {"timeInForce": "IOC"},
            {"postOnly": True},
            Known.WIRE,
            note="orders are GET requests: nothing on the way may send them again",
        ),
        hosts=Hosts(
            frozenset({"www.deribit.com"}),
            frozenset({"test.deribit.com"}),
            Switch.SANDBOX,
            Known.CLIENT,
        ),
        accounts="any; margin belongs to the whole account and there is no leverage to set",
    ),
)

KRAKEN: Final = VenueFacts(
    "krakenfutures",
    "Kraken Futures",
    Support.FULL,
    "",
    Hedging(
        client="krakenfutures",
        contracts=Contracts(AmountUnit.CONTRACTS, {}, Decimal(1), Known.CLIENT),
        wallets=Wallets(
            {
                Wallet.MARGIN: Reading("krakenfutures", {"type": "fi_xbtusd"}),
            },
            {},
            Known.CLIENT,
            note="the margin wallet is that of one contract, here Bitcoin's; coins on Kraken are "
            "an account of their own (venue 'kraken') and are moved by hand",
        ),
        client_ids=ClientIds(
            r"[A-Za-z0-9_-]{1,36}",
            "cliOrdId",
            LookUp.OWN_CALL,
            True,
            Known.REASONED,
            call="privateGetOrdersStatus",
        ),
        flags=OrderFlags(
            {"timeInForce": "ioc"},
            {"postOnly": True},
            Known.CLIENT,
            note="'IOC' in capitals places an order that rests",
        ),
        hosts=Hosts(
            frozenset({"futures.kraken.com"}),
            frozenset({"demo-futures.kraken.com"}),
            Switch.SANDBOX,
            Known.CLIENT,
        ),
        accounts="the wallet of a single-coin contract, not the one of many coins",
    ),
)

VENUES: Final[Mapping[str, VenueFacts]] = MappingProxyType(
    {facts.id: facts for facts in (BINANCE, BYBIT, OKX, DERIBIT, KRAKEN, *SIMULATED, *NO_HEDGE)}
)
"""Every venue that is known by name, the refused ones too. Any other that ccxt has can tell the
holdings of a spot wallet and no more."""
