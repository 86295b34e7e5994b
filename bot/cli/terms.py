"""Where the money came from, term by term, as a table."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from bot.cli import tables
from bot.domain.attribution import Attribution

if TYPE_CHECKING:
    from rich.table import Table

TERMS: Final = (
    ("spot", "spot price"),
    ("futures", "futures price"),
    ("basis", "basis"),
    ("funding", "funding"),
    ("fees", "fees"),
    ("execution", "execution"),
    ("flows", "coins in and out"),
)
"""The terms of an attribution with the names that people read."""


def terms_table(
    attribution: Attribution, asset: str, *, title: str, unexplained_usd: Decimal | None = None
) -> Table:
    """Every term in USD and in coin, and their sum."""
    made = tables.table(title, "USD", asset)
    for name, words in TERMS:
        made.add_row(
            words,
            tables.signed_usd(getattr(attribution.usd, name)),
            tables.signed_coin(getattr(attribution.coin, name)),
        )
    total = attribution.usd.total
    if unexplained_usd is not None:
        made.add_row("not explained", tables.signed_usd(unexplained_usd), "")
        total += unexplained_usd
    made.add_section()
    made.add_row("change", tables.signed_usd(total), tables.signed_coin(attribution.coin.total))
    return made
