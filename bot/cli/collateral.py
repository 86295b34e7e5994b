"""What ``plan`` shows of collateral: coins for a rise, liquidation prices, what they trade for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.cli import tables
from bot.domain.collateral_plan import (
    CUSTODY_LOSS_RATE,
    LEVERAGES,
    LIQUIDATION_LOSS_RATE,
    Collateral,
    ShortToCarry,
)
from bot.domain.margin import Never
from bot.domain.quantities import ONE, ZERO, plain

if TYPE_CHECKING:
    from rich.table import Table

    from bot.domain.judgement import HedgePlan
    from bot.domain.records import CycleRecord

COLUMNS: Final = (
    "coins",
    "of the bag",
    "liquidation, USD",
    "rise",
    "in 30 d",
    "in 90 d",
    "custody, USD",
    "liquidation risk, USD",
    "both, USD",
)


def short_to_carry(
    record: CycleRecord, plan: HedgePlan, volatility: Decimal
) -> ShortToCarry | None:
    """The short that a bag is to have; None where it was not seen or is to have none."""
    sight = record.sight
    if sight is None or sight.target_short_usd <= ZERO or sight.equity_coin <= ZERO:
        return None
    return ShortToCarry(
        plan.instrument, sight.mark_usd, sight.target_short_usd, sight.equity_coin, volatility
    )


def collateral_table(name: str, asset: str, short: ShortToCarry, rises: Sequence[Decimal]) -> Table:
    """Both halves under one another: rises to survive, then leverages."""
    made = tables.table("", *COLUMNS, title=f"Collateral for {name}, {asset} in the margin wallet")
    to_survive, at_leverage = short.table(rises)
    for rise, row in zip(rises, to_survive, strict=True):
        made.add_row(f"to survive ×{plain(rise)}", *_cells(row))
    made.add_section()
    for leverage, row in zip(LEVERAGES, at_leverage, strict=True):
        made.add_row(f"at {plain(leverage)}x", *_cells(row))
    return made


def collateral_note(record: CycleRecord, volatility: Decimal) -> str:
    """What is there now, and what the numbers rest on."""
    now = "unknown"
    if record.sight is not None:
        now = tables.coin(record.sight.wallet_coin + record.sight.unrealised_coin)
    return (
        f"Behind the short of {record.bag} are {now} {record.asset} now. Costs are for 90 days, "
        f"under assumptions: coins at a venue lose {CUSTODY_LOSS_RATE:.0%} in a year, a "
        f"liquidation costs {LIQUIDATION_LOSS_RATE:.0%} of the short, prices walk at random with "
        f"a volatility of {plain(volatility)}; real tails are fatter. Coins that stay elsewhere in "
        f"the bag are moved there as the price rises, as [margin] in the settings says."
    )


def collateral_fields(
    record: CycleRecord, short: ShortToCarry | None, rises: Sequence[Decimal]
) -> Mapping[str, object] | None:
    """The same for programs; None where there is no short to carry."""
    if short is None or record.sight is None:
        return None
    to_survive, at_leverage = short.table(rises)
    return {
        "short_usd": short.short_usd,
        "margin_equity_coin": record.sight.wallet_coin + record.sight.unrealised_coin,
        "volatility": short.volatility,
        "custody_loss_rate": CUSTODY_LOSS_RATE,
        "liquidation_loss_rate": LIQUIDATION_LOSS_RATE,
        "survive": [
            {"survive_multiple": rise, **_fields(row)}
            for rise, row in zip(rises, to_survive, strict=True)
        ],
        "at_leverage": [
            {"set_leverage": leverage, **_fields(row)}
            for leverage, row in zip(LEVERAGES, at_leverage, strict=True)
        ],
    }


def _cells(row: Collateral) -> tuple[str, ...]:
    rise = row.price_multiple
    return (
        tables.coin(row.coins),
        tables.share(row.share),
        tables.price(row.liquidation),
        "never" if isinstance(rise, Never) else tables.signed_share(rise - ONE),
        f"{row.reached_in_30_days:.1%}",
        f"{row.reached_in_90_days:.1%}",
        tables.usd(row.custody_usd),
        tables.usd(row.liquidation_usd),
        tables.usd(row.cost_usd),
    )


def _fields(row: Collateral) -> dict[str, object]:
    return {
        "collateral_coin": row.coins,
        "collateral_share": row.share,
        "leverage": row.leverage,
        "liquidation_price": row.liquidation,
        "price_multiple": row.price_multiple,
        "reached_in_30_days": round(row.reached_in_30_days, 6),
        "reached_in_90_days": round(row.reached_in_90_days, 6),
        "custody_usd": round(row.custody_usd, 2),
        "liquidation_risk_usd": round(row.liquidation_usd, 2),
        "cost_usd": round(row.cost_usd, 2),
    }
