"""What may become of a plan in words: a row for each number that is spread, and the notes."""

from __future__ import annotations

from typing import Final

from bot.replay.what_if import QUANTILES, Odds, Range

RANGE_HEADINGS: Final = (
    "",
    "lowest",
    "CVaR 5 %",
    *(f"{100 * share:.0f} %" for share in QUANTILES),
    "highest",
    "mean",
    "sd",
)


def range_rows(odds: Odds) -> list[tuple[str, ...]]:
    """A row of texts for each number, in dollars."""
    named = (
        ("change, hedged", odds.change_usd),
        ("change, unhedged", odds.unhedged_change_usd),
        ("worst fall, hedged", odds.worst_fall_usd),
        ("cost less funding", odds.cost_usd),
        ("funding received", odds.funding_usd),
    )
    return [(name, *_cells(spread)) for name, spread in named]


def _cells(spread: Range) -> tuple[str, ...]:
    signed = (spread.lowest, spread.cvar5, *spread.quantiles, spread.highest, spread.mean)
    return (*(f"{value:+,.0f}" for value in signed), f"{spread.sd:,.0f}")


def notes_of(odds: Odds) -> list[str]:
    """What a reader of the table must know beside it, a sentence each."""
    trades = (
        f"the bag is worth {odds.start_usd:,.0f} USD now; on average there are "
        f"{odds.orders:,.1f} orders of {odds.turnover_usd:,.0f} USD together"
    )
    liquidated = f"liquidated on {odds.liquidated:.2%} of paths"
    if odds.question.margin is None:
        liquidated += "; nobody minds its margin"
    else:
        liquidated += (
            f"; on {odds.moved:.2%} coins move to its margin wallet or back, on {odds.reduced:.2%} "
            "it shrinks for want of coins there"
        )
    return [trades, liquidated]
