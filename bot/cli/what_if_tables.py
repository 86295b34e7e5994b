"""How a scenario is shown: what happens at other prices, by basis, and the worked example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.cli import tables
from bot.cli.output import console, print_json
from bot.domain.margin import NEVER, distance_to_liquidation
from bot.domain.quantities import BPS
from bot.domain.scenario import (
    EXAMPLE_SHORTS_USD,
    HedgedBag,
    Outcome,
    example_bag,
    worked_example,
)

if TYPE_CHECKING:
    from rich.table import Table

_EXAMPLE: Final = (
    "Worked example: 100 ETH at 4,000 USD, shorted at 4,001 USD on the perpetual; net is the "
    "short's profit and the change of the coins, without fees and funding"
)


def print_scenario_json(asset: str, bag: HedgedBag, rows: tuple[Outcome, ...], _bases: int) -> None:
    """The bag, every outcome and the worked example as one JSON document."""
    exposure, start = bag.exposure, bag.start
    example = example_bag(EXAMPLE_SHORTS_USD[0])
    print_json(
        {
            "asset": asset,
            "coins": bag.coins,
            "collateral_coin": bag.collateral_coin,
            "spot_usd": start.spot_usd,
            "perp_usd": start.mark_usd,
            "basis_bps": exposure.basis / BPS,
            "short_usd": bag.short_usd,
            "short_coin": exposure.short_coin,
            "delta_coin": exposure.delta_coin,
            "hedge_ratio": exposure.hedge_ratio,
            "maintenance_rate": bag.tiers[0].rate,
            "liquidation_price": bag.liquidation_price,
            "liquidation_distance": distance_to_liquidation(
                bag.liquidation_price, start.mark_usd, -bag.short_usd
            ),
            "rows": [_fields(row) for row in rows],
            "worked_example": {
                "asset": "ETH",
                "coins": example.coins,
                "spot_usd": example.start.spot_usd,
                "perp_usd": example.start.mark_usd,
                "outcomes": [
                    {
                        "short_usd": row.short_usd,
                        "spot_usd": row.marks.spot_usd,
                        "perp_usd": row.marks.mark_usd,
                        "pnl_coin": row.pnl_coin,
                        "pnl_usd": row.pnl_coin * row.marks.spot_usd,
                        "unhedged_change_usd": row.unhedged_change_usd,
                        "net_usd": row.change_usd,
                    }
                    for row in worked_example()
                ],
            },
        }
    )


def _fields(row: Outcome) -> dict[str, object]:
    return {
        "move": row.move,
        "basis_bps": row.basis_bps,
        "spot_usd": row.marks.spot_usd,
        "perp_usd": row.marks.mark_usd,
        "liquidated": row.liquidated,
        "equity_coin": row.equity_coin,
        "short_usd": row.short_usd,
        "short_coin": row.short_coin,
        "pnl_coin": row.pnl_coin,
        "margin_coin": row.margin_coin,
        "effective_leverage": row.effective_leverage,
        "liquidation_distance": row.liquidation_distance,
        "value_usd": row.value_usd,
        "change_usd": row.change_usd,
        "unhedged_usd": row.unhedged_usd,
        "unhedged_change_usd": row.unhedged_change_usd,
    }


def print_scenario(asset: str, bag: HedgedBag, rows: tuple[Outcome, ...], bases: int) -> None:
    """The same as tables; ``rows`` hold ``bases`` outcomes for each move of the spot price."""
    out, exposure, start = console(), bag.exposure, bag.start
    out.print(
        f"{tables.coin(bag.coins)} {asset}, {tables.coin(bag.collateral_coin)} of them as "
        f"collateral; spot {tables.usd(start.spot_usd)} USD, perpetual "
        f"{tables.usd(start.mark_usd)} USD (basis {tables.bps(exposure.basis / BPS)})."
    )
    out.print(
        f"Short {tables.usd(bag.short_usd)} USD = {tables.coin(exposure.short_coin)} {asset}, "
        f"{tables.share(exposure.hedge_ratio)} of the bag; {tables.coin(exposure.delta_coin)} "
        f"{asset} stay exposed."
    )
    limit = bag.liquidation_price
    if limit is NEVER:
        out.print("Liquidation: never, no rise of the price can use the collateral up.")
    else:
        away = tables.distance(limit / start.mark_usd - 1)
        out.print(f"Liquidation: at {tables.price(limit)} USD on the perpetual, {away} from here.")
    out.print()
    out.print(_positions_table(rows[::bases], asset))
    if any(row.liquidated for row in rows):
        out.print(
            "A row marked 'liquidated' lies beyond the liquidation price: the short is gone and "
            "the collateral counted as lost."
        )
    out.print(_values_table(rows[::bases]))
    if bases > 1:
        out.print(_basis_table(rows, bases))
    if bag == example_bag(EXAMPLE_SHORTS_USD[0], bag.collateral_coin):
        out.print(_example_table())


def _positions_table(rows: tuple[Outcome, ...], asset: str) -> Table:
    made = tables.table(
        "spot moves",
        f"bag {asset}",
        f"short {asset}",
        f"margin {asset}",
        "leverage",
        "to liquidation",
        title=f"After a move of the spot price, the basis at {tables.bps(rows[0].basis_bps)}",
    )
    for row in rows:
        made.add_row(
            tables.signed_share(row.move),
            f"{row.equity_coin:,.4f}",
            f"{row.short_coin:,.4f}",
            f"{row.margin_coin:,.4f}",
            tables.UNKNOWN if row.liquidated else tables.multiple(row.effective_leverage),
            "liquidated" if row.liquidated else tables.distance(row.liquidation_distance),
            style="bold red" if row.liquidated else None,
        )
    return made


def _values_table(rows: tuple[Outcome, ...]) -> Table:
    made = tables.table(
        "spot moves", "spot", "hedged bag", "change", "unhedged change", title="The same in USD"
    )
    for row in rows:
        made.add_row(
            tables.signed_share(row.move),
            tables.usd(row.marks.spot_usd),
            tables.usd(row.value_usd),
            tables.signed_usd(row.change_usd),
            tables.signed_usd(row.unhedged_change_usd),
            style="bold red" if row.liquidated else None,
        )
    return made


def _basis_table(rows: tuple[Outcome, ...], bases: int) -> Table:
    names = [tables.bps(row.basis_bps) for row in rows[:bases]]
    made = tables.table(
        "spot moves", *names, title="Change in USD of the hedged bag, by the basis at the end"
    )
    for start in range(0, len(rows), bases):
        line = rows[start : start + bases]
        made.add_row(
            tables.signed_share(line[0].move), *(tables.signed_usd(row.change_usd) for row in line)
        )
    return made


def _example_table() -> Table:
    made = tables.table(
        "short USD", "spot", "perpetual", "short's profit ETH", "in USD", "net USD", title=_EXAMPLE
    )
    for row in worked_example():
        made.add_row(
            f"{row.short_usd:,.0f}",
            f"{row.marks.spot_usd:,.0f}",
            f"{row.marks.mark_usd:,.0f}",
            f"{row.pnl_coin:+.12f}",
            f"{row.pnl_coin * row.marks.spot_usd:+,.4f}",
            f"{row.change_usd:+,.4f}",
        )
    return made
