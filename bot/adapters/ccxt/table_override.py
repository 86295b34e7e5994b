"""What a venue of the table is beyond its facts: the small override beside its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeAlias

from bot.adapters.ccxt.table_rows import Facts
from bot.adapters.ccxt.table_words import (
    Answers,
    Call,
    Each,
    Market,
    Prices,
    Standing,
    Told,
    ToldEntry,
    ToldTrade,
)
from bot.domain.account import MarginMode
from bot.domain.margin import MaintenanceTier
from bot.domain.orders import OrderIntent
from bot.errors import Refused

CAUTIOUS: Final = (MaintenanceTier(None, Decimal("0.05")),)
"""Maintenance where the client tells none: more than any of these venues asks of a hedge."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """How the bookings of one margin wallet are asked for, ``page`` at most in one answer. A row
    may book nothing, one thing, or several at once."""

    call: Call
    page: int
    read: Callable[[Facts], tuple[ToldEntry, ...]]
    each: Each = Each.ASSET
    window_s: int = 30 * 86_400


def one(read: Callable[[Facts], ToldEntry | None]) -> Callable[[Facts], tuple[ToldEntry, ...]]:
    """The reader of a row that books one thing at most."""

    def each(row: Facts) -> tuple[ToldEntry, ...]:
        told = read(row)
        return () if told is None else (told,)

    return each


@dataclass(frozen=True, slots=True)
class TermsCall:
    """How leverage and margin mode of one market are read while there is no position in it."""

    call: Call
    read: Callable[[object, Market], tuple[MarginMode | None, Decimal | None]]


Extra: TypeAlias = Callable[[OrderIntent, Decimal | None], Mapping[str, str | int]]


def whole_leverage(leverage: Decimal | None) -> int:
    """The leverage that goes with an order where the venue would take 1 for none.

    Raises :class:`bot.errors.Refused` where it is not known: guessed, it could change that of the
    whole position.
    """
    if leverage is None or leverage < 1 or leverage != leverage.to_integral_value():
        raise Refused(
            f"this venue wants a leverage with every order, and {leverage or 'none'} is known; set "
            f"one for the account",
            operation="submit",
        )
    return int(leverage)


def no_extra(_intent: OrderIntent, _leverage: Decimal | None) -> Mapping[str, str | int]:
    """Nothing beyond the table's flags."""
    return {}


def cautious(_market: Market, _price_usd: Decimal) -> tuple[MaintenanceTier, ...]:
    """Maintenance where the client tells none."""
    return CAUTIOUS


def code_of_asset(parameters: Mapping[str, str | int], market: Market) -> Mapping[str, str | int]:
    """The parameters of a balance call, with the asset's code where one is wanted."""
    return {n: market.base if n == "code" else value for n, value in parameters.items()}


@dataclass(frozen=True, slots=True)
class Override:
    """What the table of facts does not say about one venue.

    ``coins`` finds an asset's entry in what ``fetch_balance`` answered, None where the answer is
    whole and has none. ``find`` are calls of the venue's own for an order by our id; without any
    the unified look-up is used. ``answers_whole`` says that the answer to placing tells all about
    the order; elsewhere it is read back. ``beside`` goes with an order beside the table's flags.
    ``options`` are the client's.
    """

    positions: Call
    positions_each: Each
    open_orders: Call
    trades: Call
    trades_page: int
    quote: Mapping[str, Call]
    coins: Callable[[object, Market], object | None]
    read_standing: Callable[[Facts], Standing]
    read_order: Callable[[Facts], Told]
    read_trade: Callable[[Facts], ToldTrade]
    read_quote: Callable[[Answers, Market], Prices]
    find: tuple[Call, ...] = ()
    trades_window_s: int = 7 * 86_400
    trades_of_order: Call | None = None  # where ``trades`` can only list the orders
    none_is_not_found: bool = False  # the venue refuses to list orders where there are none
    without_currencies: bool = False  # the client is kept from asking for what no hedge needs
    balance_each: Each = Each.ONCE
    balance_parameters: Callable[[Mapping[str, str | int], Market], Mapping[str, str | int]] = (
        code_of_asset
    )
    tiers: Callable[[Market, Decimal], tuple[MaintenanceTier, ...]] = cautious
    tiers_by_price: bool = False
    funding_interval_s: int = 8 * 3600
    ledger: Ledger | None = None
    terms: TermsCall | None = None
    hedged: tuple[Call, Callable[[object], bool]] | None = None
    leverage_parameters: Callable[[MarginMode], Mapping[str, str | int]] = lambda _: {}
    cross_has_leverage: bool = True  # elsewhere setting one leaves cross margin
    margin_parameters: Mapping[str, str | int] = field(default_factory=dict)
    mode_by_leverage: bool = False  # margin mode and leverage are set by one call
    mode_parameters: Mapping[str, str | int] = field(default_factory=dict)
    cancel_parameters: Mapping[str, str | int] = field(default_factory=dict)
    answers_whole: bool = False
    profit_by_legs: bool = False  # the wallet is its equity less the profit of its positions
    beside: Extra = no_extra
    refuse: Callable[[OrderIntent], str | None] = lambda _: None
    keeps_time: bool = False
    needs_password: bool = False
    secret_is_base64: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
