"""The words in which a venue of the table is described beyond its facts: which of its own calls
answers a question, and how a row of the answer is read.

Everything that reads is asked by the venue's own calls and not by the unified ones: so it is in
plain sight which endpoint was asked, and nothing is left out of an answer on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias, TypeGuard

from bot.adapters.ccxt.table_rows import Facts, dig
from bot.domain.account import EntryKind, MarginMode
from bot.domain.margin import MaintenanceTier
from bot.domain.orders import FillCause, OrderIntent, OrderStatus, Side, TimeInForce
from bot.errors import Refused

CAUTIOUS: Final = (MaintenanceTier(None, Decimal("0.05")),)
"""Maintenance where the client tells none: more than any of these venues asks of a hedge."""


@dataclass(frozen=True, slots=True)
class Market:
    """One contract. ``contract_usd`` is what one contract is worth; an order's amount counts
    ``amount_per_contract`` of the venue's units for each. ``refusal`` says in words why it cannot
    carry a hedge; ``inverse`` is false for what is not margined in its own coin at all."""

    id: str
    symbol: str
    base: str
    base_id: str  # as the venue writes the asset
    contract_usd: Decimal
    amount_per_contract: Decimal
    inverse: bool
    refusal: str | None
    info: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One of the client's own calls. A parameter in braces, like ``{market}``, is filled in;
    ``path`` leads to the part of the answer that is meant.

    ``exact``: it is a look-up by our id, so that whatever it finds must carry that id.
    ``null_is_none``: the venue writes ``null`` in the place of an empty list.
    """

    method: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    exact: bool = False
    null_is_none: bool = False

    def fits(self, values: Mapping[str, str | int]) -> bool:
        """Whether everything is known that it asks with."""
        wanted = (text[1:-1] for text in self.parameters.values() if _is_slot(text))
        return all(name in values for name in wanted)

    async def ask(self, client: Any, values: Mapping[str, str | int], where: str) -> object:  # noqa: ANN401
        """The part of the answer. Raises what ccxt raises, and ``MalformedReport`` where the part
        is not there."""
        filled = {
            name: values[text[1:-1]] if _is_slot(text) else text
            for name, text in self.parameters.items()
        }
        answer = await getattr(client, self.method)(filled)
        if self.null_is_none and self.path:
            last = Facts(dig(answer, self.path[:-1], where), where)
            if last.is_null(self.path[-1]):
                return []
        return dig(answer, self.path, where)


def _is_slot(text: str | int) -> TypeGuard[str]:
    return isinstance(text, str) and text.startswith("{") and text.endswith("}")


class Each(Enum):
    """How often a call is made for one answer."""

    ONCE = "once"
    ASSET = "for every asset"
    MARKET = "for every market"


@dataclass(frozen=True, slots=True)
class Told:
    """An order as its row tells it; amounts in the venue's units. ``average_usd`` counts only
    where something is filled. ``echo`` is the time in force that the venue says it has, None where
    it does not say; ``reduce_only`` likewise."""

    client_id: str | None
    id: str
    market: str
    side: Side
    status: OrderStatus
    amount: Decimal
    filled: Decimal
    average_usd: Decimal | None
    limit_usd: Decimal | None
    reduce_only: bool | None
    updated_at: datetime
    echo: TimeInForce | None = None


@dataclass(frozen=True, slots=True)
class ToldTrade:
    """A trade as its row tells it; the amount in the venue's units."""

    id: str
    order_id: str
    client_id: str | None
    market: str
    side: Side
    amount: Decimal
    price_usd: Decimal
    fee_coin: Decimal | None
    realised_coin: Decimal | None
    maker: bool | None
    at: datetime
    cause: FillCause = FillCause.ORDER


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """A booking line as its row tells it; ``market`` and ``asset`` are the venue's own ids, the
    asset only where a line may be about another one than was asked for."""

    id: str
    at: datetime
    kind: EntryKind
    amount_coin: Decimal
    market: str | None
    funding_rate: Decimal | None = None
    asset: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a position's row tells beside its leg: None is what the venue does not say."""

    margin_mode: MarginMode
    leverage: Decimal | None
    liquidation_usd: Decimal | None
    isolated_coin: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices of one market; sizes at the touch in the venue's units. ``at`` None is "now"."""

    at: datetime | None
    mark_usd: Decimal
    index_usd: Decimal
    bid_usd: Decimal | None
    ask_usd: Decimal | None
    last_usd: Decimal | None
    funding_rate: Decimal | None
    next_funding_at: datetime | None
    funding_interval_s: int | None
    bid_amount: Decimal | None = None
    ask_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """How the bookings of one margin wallet are asked for, ``page`` at most in one answer. A row
    that books no coins is read as None."""

    call: Call
    page: int
    read: Callable[[Facts], ToldEntry | None]
    each: Each = Each.ASSET
    window_s: int = 30 * 86_400


@dataclass(frozen=True, slots=True)
class TermsCall:
    """How leverage and margin mode of one market are read while there is no position in it."""

    call: Call
    read: Callable[[object, Market], tuple[MarginMode | None, Decimal | None]]


Answers: TypeAlias = Mapping[str, object]
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
    leverage_parameters: Mapping[str, str | int] = field(default_factory=dict)
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
    options: Mapping[str, Any] = field(default_factory=dict)
