"""The words in which a venue of the table is described beyond its facts: which of its own calls
answers a question, and how a row of the answer is read.

Everything that reads is asked by the venue's own calls and not by the unified ones: so it is in
plain sight which endpoint was asked, and nothing is left out of an answer on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeAlias, TypeGuard

from bot.adapters.ccxt.table_rows import Facts, dig
from bot.domain.account import EntryKind, MarginMode
from bot.domain.orders import FillCause, OrderStatus, Side, TimeInForce


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
    it does not say; ``reduce_only`` likewise. ``is_forgotten``: the venue has the order no more,
    and this is one of its trades."""

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
    is_forgotten: bool = False


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


Answers: TypeAlias = Mapping[str, object]
"""What was answered, by what asked for it."""
