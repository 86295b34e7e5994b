"""A journal with a past for commands to read, and the settings that lead to it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.adapters.journal import open_journal
from bot.domain.exposure import Bucket, BucketKind
from bot.domain.judgement import judge, liquidation_now
from bot.domain.limits import Approved
from bot.domain.orders import OrderReport
from bot.domain.quantities import ONE
from bot.domain.records import Action, Control, CycleRecord, OrderRecord, Outcome
from bot.domain.report import action_of, figures_of, reason_of, sight_of
from bot.ports import Journal
from tests.kit.domain import (
    NOON,
    Number,
    a_bag,
    a_plan,
    a_quote,
    an_exposure,
    some_circumstances,
)

SETTINGS = """
[accounts.main]
venue = "simulator"

[[bags]]
name = "savings"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }

[[bags]]
name = "ether"
asset = "ETH"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "static", share = 0.5 }

[cycle]
interval_s = 2
deadline_s = 100
max_snapshot_age_s = 200

[journal]
url = "sqlite:///journal.db"

[simulator]
state_file = "venue.json"
start = 2026-01-01T12:00:00Z
speed = 20

[simulator.wallets.main.spot]
BTC = 1
ETH = 10

[simulator.wallets.main.margin]
BTC = 1
ETH = 10

[simulator.markets.BTC]
path = { kind = "script", points = [[0, 50_000]] }

[simulator.markets.ETH]
path = { kind = "script", points = [[0, 4_000]] }
"""


def write_settings(folder: Path, text: str = SETTINGS) -> Path:
    """The settings as a file."""
    path = folder / "hedge.toml"
    path.write_text(text)
    return path


def a_record(
    cycle: int = 1,
    *,
    bag: str = "savings",
    short_usd: Number = 500_000,
    outcome: Outcome | None = None,
    orders: tuple[str, ...] = (),
) -> CycleRecord:
    """A cycle of ten coins at 50,000 dollars, five in the spot wallet, as the engine writes it."""
    plan = a_plan(bag=a_bag(name=bag))
    quote = a_quote()
    at = NOON + timedelta(seconds=60 * cycle)
    exposure = an_exposure(short_usd=short_usd)
    judgement = judge(plan, exposure, quote, some_circumstances(cycle=cycle))
    buckets = (
        Bucket(BucketKind.SPOT, "main/spot", exposure.outside_coin),
        Bucket(BucketKind.MARGIN, "main/margin", exposure.wallet_coin),
        Bucket(BucketKind.EXTERNAL, "cold wallet", ONE),
    )
    action, contracts = action_of(judgement)
    return CycleRecord(
        cycle=cycle,
        bag=bag,
        asset="BTC",
        account="main",
        symbol=plan.bag.symbol,
        mode="dry-run",
        at=at,
        age_s=0.25,
        took_s=0.5,
        state=some_circumstances().state,
        outcome=Outcome.HELD if outcome is None else outcome,
        action=action,
        contracts=contracts,
        reason=reason_of(judgement),
        orders=orders,
        sight=sight_of(
            exposure,
            judgement.decision,
            funding_rate=quote.funding_rate,
            liquidation_price=liquidation_now(plan, exposure),
        ),
        figures=figures_of(
            plan,
            buckets,
            quote,
            judgement,
            base_coin=exposure.equity_coin,
            balances_at=at - timedelta(seconds=1),
            now=at,
        ),
    )


def unseen(cycle: int, *, bag: str = "savings", why: str = "not seen: balances") -> CycleRecord:
    """A cycle that saw nothing."""
    return replace(
        a_record(cycle, bag=bag),
        outcome=Outcome.UNSEEN,
        action=Action.HOLD,
        reason=why,
        sight=None,
        figures=(),
    )


async def write(
    journal: Journal,
    records: Sequence[CycleRecord],
    orders: Sequence[tuple[OrderRecord, OrderReport | None]] = (),
    controls: Sequence[Control] = (),
) -> None:
    """Give a journal a past. An order whose report is None is in doubt."""
    for order, report in orders:
        await journal.intend(Approved(order.intent), cycle=order.cycle, at=order.intended_at)
        await journal.settle(
            order.intent.client_order_id,
            report,
            at=order.intended_at,
            in_doubt="the answer was lost" if report is None else None,
        )
    for record in records:
        await journal.record(record, None)
    for control in controls:
        await journal.set_control(control)


def past(
    *records: CycleRecord,
    orders: Sequence[tuple[OrderRecord, OrderReport | None]] = (),
    controls: Sequence[Control] = (),
    url: str = "sqlite:///journal.db",
) -> None:
    """Make the journal that the settings name, and let go of it."""

    async def make() -> None:
        async with open_journal(url, writer=True) as journal:
            await write(journal, records, orders, controls)

    asyncio.run(make())


def controls_of(url: str = "sqlite:///journal.db") -> dict[str, Control]:
    """The controls that a journal holds, by scope."""

    async def read() -> tuple[Control, ...]:
        async with open_journal(url, writer=False) as journal:
            return await journal.controls()

    return {control.scope: control for control in asyncio.run(read())}
