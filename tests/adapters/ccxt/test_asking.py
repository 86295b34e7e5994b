"""Questions to a venue: what a call through ccxt may change around it, and what it may not."""

from __future__ import annotations

import asyncio
import decimal
from decimal import Decimal

from ccxt.base.decimal_to_precision import TICK_SIZE, decimal_to_precision

from bot.adapters.ccxt.asking import Shared, in_our_words
from bot.adapters.ccxt.budget import Budget


async def an_order_is_rounded() -> str:
    await asyncio.sleep(0)
    return str(decimal_to_precision("30.4", 1, 1, TICK_SIZE))


async def test_how_ccxt_rounds_an_order_changes_no_number_of_ours() -> None:
    before = decimal.getcontext().copy()
    shared, budget = Shared(), Budget(limit=100, reserve=10)
    assert await in_our_words(an_order_is_rounded(), budget, operation="submit") == "30"
    question = in_our_words(an_order_is_rounded(), budget, operation="positions")
    assert await shared.ask("positions", lambda: question) == "30"
    after = decimal.getcontext()
    assert (after.rounding, after.traps) == (before.rounding, before.traps)
    assert Decimal("0.125").quantize(Decimal("0.01")) == Decimal("0.12")


async def test_without_a_context_of_its_own_it_would() -> None:
    await an_order_is_rounded()
    assert Decimal("0.125").quantize(Decimal("0.01")) == Decimal("0.13")
