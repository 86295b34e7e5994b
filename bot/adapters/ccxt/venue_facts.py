"""The words in which :mod:`bot.adapters.ccxt.venues` tells what is known of a venue, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

from bot.domain.account import Wallet

Parameters: TypeAlias = Mapping[str, str | int]
"""What is passed to the client beside the arguments of a call."""


class Support(Enum):
    """What a venue is good for, as far as its client can be used."""

    FULL = "hedging"  # with a rehearsal at the venue
    SIMULATED = "hedging, simulator first"  # to be rehearsed on the simulated venue
    HOLDINGS = "holdings only"
    REFUSED = "refused"


class Known(Enum):
    """How a fact is known, the strongest last. None of these is a look at the venue itself."""

    REASONED = "reasoning only"
    DOCUMENTED = "documentation"
    CLIENT = "source of the ccxt client"
    WIRE = "requests of the ccxt client"


class AmountUnit(Enum):
    """What the amount of an order counts."""

    CONTRACTS = "contracts"
    USD = "dollars"
    COIN = "coins"


@dataclass(frozen=True, slots=True)
class Contracts:
    """What ``contractSize`` of the live metadata has to be, or nothing is traded.

    In dollars, or in coins where orders are. ``size`` is by asset; ``others_size`` is that of every
    other one, None where there is no contract on another.
    """

    amount: AmountUnit
    size: Mapping[str, Decimal]
    others_size: Decimal | None
    known: Known

    def expected_size(self, asset: str) -> Decimal | None:
        """The size of the asset's contract; None where the venue has no contract on it."""
        return self.size.get(asset, self.others_size)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a wallet is read: ``fetch_balance`` of which client, and with which parameters."""

    client: str
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wallets:
    """How each wallet is read, and the names by which coins move between them.

    ``shared`` are wallets that are one and the same at the venue: they are read and counted once,
    as the margin wallet. A wallet without a name in ``transfers`` is out of reach of the client.
    """

    readings: Mapping[Wallet, Reading]
    transfers: Mapping[Wallet, str]
    known: Known
    shared: frozenset[Wallet] = frozenset()
    transfer_parameters: Parameters = field(default_factory=dict)
    note: str = ""


class LookUp(Enum):
    """How an order is found by our own id."""

    UNIFIED = "fetch_order with the id as a parameter"
    OWN_CALL = "a call of the venue's own"
    UNPROVEN = "doubtful"


@dataclass(frozen=True, slots=True)
class ClientIds:
    """The order ids that a venue takes from us.

    ``pattern``, matched against the whole id, is what is safe to send; a venue may take more.
    ``wire`` is the id's name on the wire and ``parameter`` the one that ``create_order`` wants it
    under. ``call`` is the client's method where the look-up is a call of the venue's own.
    ``duplicates_refused``: whether a second order of the same id is turned away (mostly only while
    the first is open, so it is no more than a second line).
    """

    pattern: str
    wire: str
    look_up: LookUp
    duplicates_refused: bool
    known: Known
    parameter: str = "clientOrderId"
    call: str = ""

    def takes(self, client_order_id: str) -> bool:
        """Whether the venue takes this id as it is."""
        return re.fullmatch(self.pattern, client_order_id, re.ASCII) is not None


@dataclass(frozen=True, slots=True)
class OrderFlags:
    """What has to be passed for an order that must not rest, or must not take.

    Parameters of ``create_order``; ``immediate_type`` is the order type where that is what makes
    an order immediate. ``always`` goes with every order.
    """

    immediate: Parameters
    post_only: Parameters
    known: Known
    always: Parameters = field(default_factory=dict)
    immediate_type: str = "limit"
    note: str = ""


class Switch(Enum):
    """How the client is turned to a venue's rehearsal."""

    DEMO = "enable_demo_trading"
    SANDBOX = "set_sandbox_mode"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where requests may go in each environment. No host may be in the other's list, except where
    a ``header`` alone tells them apart: then its loss is the danger, and it is checked too."""

    live: frozenset[str]
    rehearsal: frozenset[str]
    switch: Switch
    known: Known
    header: tuple[str, str] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Hedging:
    """All that a hedge at a venue needs. ``orders_kept_off`` is why it sends none yet, if so."""

    client: str  # ccxt's class for the inverse contracts
    contracts: Contracts
    wallets: Wallets
    client_ids: ClientIds
    flags: OrderFlags
    hosts: Hosts
    accounts: str
    one_way: bool = True  # whether the venue has a mode with one net position per market
    orders_kept_off: str = ""
    cancels_when_silent: str = ""  # the venue's call for it, where this version uses it


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """One venue. ``client`` is ccxt's class for its spot side, empty where ccxt has none.

    ``reason`` says why there is no more than ``support``. ``proven`` is what this program has been
    seen to do at the venue itself.
    """

    id: str
    title: str
    support: Support
    client: str
    hedging: Hedging | None = None
    reason: str = ""
    proven: tuple[str, ...] = ()
