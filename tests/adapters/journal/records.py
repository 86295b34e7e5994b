"""Records to write down: name what the test is about, nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.account import EntryKind, LedgerEntry, Wallet
from bot.domain.decision import Pursuit
from bot.domain.limits import Approved, TradingState
from bot.domain.margin import NEVER
from bot.domain.orders import Side
from bot.domain.quantities import ClientOrderId
from bot.domain.records import (
    EVERYTHING,
    Action,
    BagMemory,
    Control,
    CycleRecord,
    Figure,
    Flow,
    Outcome,
    Sight,
    Transfer,
    TransferStatus,
)
from tests.kit.domain import BTC_USD, NOON, an_intent

MINUTE = timedelta(minutes=1)

A_SIGHT = Sight(
    outside_coin=Decimal("5.00"),
    wallet_coin=Decimal("5.000000000001"),
    unrealised_coin=Decimal("-0.25"),
    equity_coin=Decimal("9.750000000001"),
    short_usd=Decimal(500000),
    short_coin=Decimal(10),
    coin_cost=Decimal("-10.25"),
    delta_coin=Decimal("-0.249999999999"),
    hedge_ratio=None,
    target_short_usd=Decimal(487500),
    target_ratio=Decimal(1),
    gap_usd=Decimal(-12500),
    mark_usd=Decimal("5E+4"),
    index_usd=Decimal("50001.5"),
    basis_bps=Decimal("-0.3"),
    funding_rate=Decimal("0.0001"),
    liquidation_price=NEVER,
    effective_leverage=Decimal("1.0256"),
)


def a_cycle(
    number: int = 1,
    *,
    bag: str = "savings",
    at: datetime | None = None,
    reason: str = "hold: inside the band of ±2,500.00 USD",
) -> CycleRecord:
    """A cycle that looked and held, a minute after the one before."""
    return CycleRecord(
        cycle=number,
        bag=bag,
        asset="BTC",
        account="main",
        symbol=BTC_USD,
        mode="dry-run",
        at=NOON + number * MINUTE if at is None else at,
        age_s=0.125,
        took_s=0.5,
        state=TradingState.ACTIVE,
        outcome=Outcome.HELD,
        action=Action.HOLD,
        contracts=Decimal(0),
        reason=reason,
        orders=(),
        sight=A_SIGHT,
        figures=(
            Figure("mark_usd", "50000", "USD", "venue", 0.25),
            Figure("h", "1", "", "set", None),
        ),
    )


def a_memory(number: int = 1, *, bag: str = "savings", coins: str = "10") -> BagMemory:
    """What a bag remembers after the cycle of that number."""
    return BagMemory(
        bag=bag,
        at=NOON + number * MINUTE,
        coins=Decimal(coins),
        contracts=Decimal(-5000),
        fill_number=number,
        ledger_seen_at=NOON,
        base_coin=Decimal(10),
        pursuit=Pursuit.EDGE,
        policy="f00d",
    )


def order_id(number: int) -> ClientOrderId:
    """An id of ours."""
    return ClientOrderId(f"hh{number:024d}")


def approved(number: int = 1, *, side: Side = Side.SELL, bag: str = "savings") -> Approved:
    """An order of ten contracts that passed the guard."""
    return Approved(an_intent(side, order_id=order_id(number), bag=bag))


def an_entry(entry_id: str = "e1", *, at: datetime = NOON) -> LedgerEntry:
    """A funding payment received."""
    return LedgerEntry(
        entry_id=entry_id,
        at=at,
        wallet=Wallet.MARGIN,
        asset="BTC",
        kind=EntryKind.FUNDING,
        amount_coin=Decimal("0.000125"),
        symbol=BTC_USD,
        funding_rate=Decimal("0.0001"),
    )


def a_flow(amount: str = "2", *, bag: str = "savings", at: datetime = NOON) -> Flow:
    """A deposit."""
    return Flow(bag, at, Decimal(amount), Decimal(50_000), "deposit")


def a_transfer(
    transfer_id: str = "x1", status: TransferStatus = TransferStatus.INTENDED
) -> Transfer:
    """A coin on its way from the spot wallet to the margin wallet."""
    return Transfer(
        transfer_id=transfer_id,
        account="main",
        asset="BTC",
        amount_coin=Decimal("1.0"),
        source=Wallet.SPOT,
        destination=Wallet.MARGIN,
        status=status,
        at=NOON,
    )


def a_control(
    state: TradingState = TradingState.HALTED, scope: str = EVERYTHING, *, reason: str = "by hand"
) -> Control:
    """A trading state set by a person, with an unwind under way."""
    return Control(scope, state, reason, "somebody", NOON, short_cap_usd=Decimal("100000.0"))
