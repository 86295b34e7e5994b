"""Recorded cycles as people look at them: one column per bag, one row per number, the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cli import tables
from bot.domain.records import Action, CycleRecord, Sight

if TYPE_CHECKING:
    from rich.table import Table


def sight_table(records: Sequence[CycleRecord], title: str = "") -> Table:
    """The numbers of several bags side by side."""
    columns = [_cells(record) for record in records]
    rows = [(label, [column[label] for column in columns]) for label in columns[0]]
    return tables.facts(rows, [f"{record.bag} ({record.asset})" for record in records], title)


def _cells(record: CycleRecord) -> dict[str, str]:
    sight = record.sight
    if sight is None:
        return dict.fromkeys(_LABELS, tables.UNKNOWN) | {"action": "not seen"}
    return dict(zip(_LABELS, _numbers(record, sight), strict=True))


_LABELS = (
    "bag, coins",
    "bag, USD",
    "short, USD",
    "short, coins",
    "exposed, coins",
    "hedged",
    "target, USD",
    "target",
    "gap, USD",
    "mark price, USD",
    "basis",
    "funding rate",
    "liquidation, USD",
    "leverage, effective",
    "action",
)


def _numbers(record: CycleRecord, sight: Sight) -> tuple[str, ...]:
    return (
        tables.coin(sight.equity_coin),
        tables.usd(sight.equity_coin * sight.index_usd),
        tables.usd(sight.short_usd),
        tables.coin(sight.short_coin),
        tables.signed_coin(sight.delta_coin),
        tables.share(sight.hedge_ratio),
        tables.usd(sight.target_short_usd),
        tables.share(sight.target_ratio),
        tables.signed_usd(sight.gap_usd),
        tables.usd(sight.mark_usd),
        tables.bps(sight.basis_bps),
        tables.rate(sight.funding_rate),
        tables.price(sight.liquidation_price),
        tables.multiple(sight.effective_leverage),
        action_text(record),
    )


def action_text(record: CycleRecord) -> str:
    """What a cycle asked for."""
    if record.action is Action.HOLD:
        return "hold"
    return f"{record.action.value} {tables.coin(record.contracts)} contracts"
