"""Values as the journal keeps them: exact text, times that sort, documents as JSON.

Every pair of functions gives back what it was given, digit for digit.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from bot.domain.aftermath import ByHand, Doubt, Leaving, OpenHedge
from bot.domain.decision import Pursuit
from bot.domain.margin import NEVER, LiquidationPrice
from bot.domain.orders import OrderReport, OrderStatus, Side
from bot.domain.quantities import ClientOrderId
from bot.domain.records import BagMemory, Figure, Sight
from bot.errors import InvariantBroken


def _write(document: object) -> str:
    return orjson.dumps(document).decode()


def time_text(at: datetime) -> str:
    """A moment as UTC text of one width. A time without its zone is our own bug."""
    if at.tzinfo is None:
        raise InvariantBroken(f"a time without a zone reached the journal: {at}")
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")


def time_from(text: str) -> datetime:
    """The moment again, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def optional_text(value: Decimal | None) -> str | None:
    """A number as exact text, or None for what is not known."""
    return None if value is None else str(value)


def optional_decimal(text: str | None) -> Decimal | None:
    """The number again, or None."""
    return None if text is None else Decimal(text)


def _price_text(price: LiquidationPrice | None) -> str | None:
    return NEVER.value if price is NEVER else optional_text(price)


def _price_from(text: str | None) -> LiquidationPrice | None:
    return NEVER if text == NEVER.value else optional_decimal(text)


def names_text(names: tuple[str, ...]) -> str:
    """A list of names."""
    return _write(names)


def names_from(text: str) -> tuple[str, ...]:
    """The names again."""
    return tuple(str(name) for name in orjson.loads(text))


def sight_text(sight: Sight) -> str:
    """What a bag saw."""
    return _write(
        {
            "outside_coin": str(sight.outside_coin),
            "wallet_coin": str(sight.wallet_coin),
            "unrealised_coin": str(sight.unrealised_coin),
            "equity_coin": str(sight.equity_coin),
            "short_usd": str(sight.short_usd),
            "short_coin": str(sight.short_coin),
            "coin_cost": str(sight.coin_cost),
            "delta_coin": str(sight.delta_coin),
            "hedge_ratio": optional_text(sight.hedge_ratio),
            "target_short_usd": str(sight.target_short_usd),
            "target_ratio": optional_text(sight.target_ratio),
            "gap_usd": str(sight.gap_usd),
            "mark_usd": str(sight.mark_usd),
            "index_usd": str(sight.index_usd),
            "basis_bps": str(sight.basis_bps),
            "funding_rate": optional_text(sight.funding_rate),
            "liquidation_price": _price_text(sight.liquidation_price),
            "effective_leverage": optional_text(sight.effective_leverage),
        }
    )


def sight_from(text: str) -> Sight:
    """What the bag saw, again."""
    kept: dict[str, Any] = orjson.loads(text)
    return Sight(
        outside_coin=Decimal(kept["outside_coin"]),
        wallet_coin=Decimal(kept["wallet_coin"]),
        unrealised_coin=Decimal(kept["unrealised_coin"]),
        equity_coin=Decimal(kept["equity_coin"]),
        short_usd=Decimal(kept["short_usd"]),
        short_coin=Decimal(kept["short_coin"]),
        coin_cost=Decimal(kept["coin_cost"]),
        delta_coin=Decimal(kept["delta_coin"]),
        hedge_ratio=optional_decimal(kept["hedge_ratio"]),
        target_short_usd=Decimal(kept["target_short_usd"]),
        target_ratio=optional_decimal(kept["target_ratio"]),
        gap_usd=Decimal(kept["gap_usd"]),
        mark_usd=Decimal(kept["mark_usd"]),
        index_usd=Decimal(kept["index_usd"]),
        basis_bps=Decimal(kept["basis_bps"]),
        funding_rate=optional_decimal(kept["funding_rate"]),
        liquidation_price=_price_from(kept["liquidation_price"]),
        effective_leverage=optional_decimal(kept["effective_leverage"]),
    )


def figures_text(figures: tuple[Figure, ...]) -> str:
    """The numbers of a cycle, each as a list: there are many, and their names would weigh more."""
    return _write([(f.name, f.value, f.unit, f.source, f.age_s) for f in figures])


def figures_from(text: str) -> tuple[Figure, ...]:
    """The numbers again."""
    return tuple(Figure(*kept) for kept in orjson.loads(text))


def memory_text(memory: BagMemory) -> str:
    """What a bag remembers."""
    return _write(
        {
            "bag": memory.bag,
            "at": time_text(memory.at),
            "coins": str(memory.coins),
            "contracts": str(memory.contracts),
            "fill_number": memory.fill_number,
            "ledger_seen_at": time_text(memory.ledger_seen_at),
            "base_coin": str(memory.base_coin),
            "pursuit": memory.pursuit.value,
            "policy": memory.policy,
            **_aftermath(memory),
        }
    )


def _aftermath(memory: BagMemory) -> dict[str, object]:
    """What most bags have nothing of, so it is only written where there is something."""
    kept: dict[str, object] = {}
    if (doubt := memory.doubt) is not None:
        kept["doubt"] = (doubt.said, time_text(doubt.since), doubt.told)
    if (leaving := memory.leaving) is not None:
        kept["leaving"] = (str(leaving.coins), time_text(leaving.since))
    if (by_hand := memory.by_hand) is not None:
        kept["by_hand"] = (str(by_hand.face_usd), str(by_hand.cost_coin))
    if (hedge := memory.hedge) is not None:
        kept["hedge"] = (time_text(hedge.since), str(hedge.own_coin), str(hedge.paid_usd))
    if memory.reminded_at is not None:
        kept["reminded_at"] = time_text(memory.reminded_at)
    if memory.forgotten:
        kept["forgotten"] = True
    if memory.resumed_at is not None:
        kept["resumed_at"] = time_text(memory.resumed_at)
    return kept


def memory_from(text: str) -> BagMemory:
    """What the bag remembers, again."""
    kept: dict[str, Any] = orjson.loads(text)
    return BagMemory(
        bag=kept["bag"],
        at=time_from(kept["at"]),
        coins=Decimal(kept["coins"]),
        contracts=Decimal(kept["contracts"]),
        fill_number=kept["fill_number"],
        ledger_seen_at=time_from(kept["ledger_seen_at"]),
        base_coin=Decimal(kept["base_coin"]),
        pursuit=Pursuit(kept["pursuit"]),
        policy=kept["policy"],
        doubt=_doubt_from(kept.get("doubt")),
        leaving=_leaving_from(kept.get("leaving")),
        by_hand=_by_hand_from(kept.get("by_hand")),
        hedge=_hedge_from(kept.get("hedge")),
        reminded_at=_moment_from(kept.get("reminded_at")),
        forgotten=bool(kept.get("forgotten")),
        resumed_at=_moment_from(kept.get("resumed_at")),
    )


def _doubt_from(kept: list[Any] | None) -> Doubt | None:
    return None if kept is None else Doubt(kept[0], time_from(kept[1]), bool(kept[2]))


def _leaving_from(kept: list[str] | None) -> Leaving | None:
    return None if kept is None else Leaving(Decimal(kept[0]), time_from(kept[1]))


def _by_hand_from(kept: list[str] | None) -> ByHand | None:
    return None if kept is None else ByHand(Decimal(kept[0]), Decimal(kept[1]))


def _hedge_from(kept: list[str] | None) -> OpenHedge | None:
    if kept is None:
        return None
    return OpenHedge(time_from(kept[0]), Decimal(kept[1]), Decimal(kept[2]))


def _moment_from(kept: str | None) -> datetime | None:
    return None if kept is None else time_from(kept)


def report_text(report: OrderReport) -> str:
    """The venue's word about an order."""
    return _write(
        {
            "client_order_id": report.client_order_id,
            "venue_order_id": report.venue_order_id,
            "symbol": report.symbol,
            "side": report.side.value,
            "status": report.status.value,
            "contracts": str(report.contracts),
            "filled_contracts": str(report.filled_contracts),
            "average_usd": optional_text(report.average_usd),
            "limit_usd": optional_text(report.limit_usd),
            "reduce_only": report.reduce_only,
            "updated_at": time_text(report.updated_at),
        }
    )


def report_from(text: str) -> OrderReport:
    """The venue's word again."""
    kept: dict[str, Any] = orjson.loads(text)
    client_id = kept["client_order_id"]
    return OrderReport(
        client_order_id=None if client_id is None else ClientOrderId(client_id),
        venue_order_id=kept["venue_order_id"],
        symbol=kept["symbol"],
        side=Side(kept["side"]),
        status=OrderStatus(kept["status"]),
        contracts=Decimal(kept["contracts"]),
        filled_contracts=Decimal(kept["filled_contracts"]),
        average_usd=optional_decimal(kept["average_usd"]),
        limit_usd=optional_decimal(kept["limit_usd"]),
        reduce_only=kept["reduce_only"],
        updated_at=time_from(kept["updated_at"]),
    )
