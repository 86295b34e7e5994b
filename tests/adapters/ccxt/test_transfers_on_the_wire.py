"""Moves of coins through the unmodified client, over HTTP, against the simulated venue."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from bot.adapters.ccxt.binance_exchange import BinanceAccount
from bot.adapters.ccxt.exchange import open_account
from bot.adapters.clock import SystemClock
from bot.adapters.journal.memory import MemoryJournal
from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.domain.account import EntryKind, Wallet
from bot.domain.records import TransferStatus
from bot.engine.arrivals import TransferPolicy
from bot.engine.transfers import Move, Moved, MoveEnd, move_coins
from bot.errors import InsufficientMargin, OutcomeUnknown
from bot.ports import WalletMover
from tests.adapters.ccxt.test_exchange_contract import spec_for
from tests.kit.simulator import a_venue_spec
from tests.kit.wire import Wire, a_wire

D = Decimal
PATH = ("POST", "/sapi/v1/asset/transfer")
QUICK = TransferPolicy(spacing_s=0.01, grace_s=0.0)
PATIENT = TransferPolicy(spacing_s=0.01, grace_s=60.0)


class Desk:
    """An account on the wire with a journal of its moves."""

    def __init__(self, wire: Wire, account: BinanceAccount) -> None:
        self.wire, self.journal, self.account = wire, MemoryJournal(), account

    async def move(self, amount: str, policy: TransferPolicy = PATIENT) -> Moved:
        move = Move("m1", "main", "BTC", D(amount), Wallet.SPOT, Wallet.MARGIN)
        return await move_coins(
            move,
            reader=self.account,
            mover=self.account,
            journal=self.journal,
            clock=SystemClock(),
            policy=policy,
        )

    def moved_at_the_venue(self) -> list[Decimal]:
        """Coins that came into the margin wallet by a transfer, one by one."""
        entries = self.wire.venue.simulation.holders["main"].ledger.entries
        return [
            e.amount_coin
            for e in entries
            if e.kind is EntryKind.TRANSFER and e.wallet is Wallet.MARGIN
        ]


@asynccontextmanager
async def a_desk(*faults: FaultSpec) -> AsyncIterator[Desk]:
    spec = a_venue_spec(faults=faults)
    async with a_wire(spec) as wire, open_account(spec_for(wire), SystemClock()) as account:
        assert isinstance(account, BinanceAccount)
        yield Desk(wire, account)


async def test_coins_move_and_both_wallets_show_it() -> None:
    async with a_desk() as desk:
        assert await desk.move("1.25") == Moved(MoveEnd.ARRIVED, D("1.25"))
        assert desk.moved_at_the_venue() == [D("0.0001"), D("1.2499")]
        assert desk.wire.count(*PATH) == 2


@pytest.mark.parametrize("kind", [FaultKind.LOST_ANSWER, FaultKind.RESET, FaultKind.TRUNCATED])
async def test_an_answer_lost_after_acceptance_leaves_one_transfer_that_is_found_again(
    kind: FaultKind,
) -> None:
    async with a_desk(FaultSpec(kind, operation="transfer", nth=1)) as desk:
        assert await desk.move("0.0001") == Moved(MoveEnd.ARRIVED, D("0.0001"))
        assert desk.moved_at_the_venue() == [D("0.0001")]
        assert desk.wire.count(*PATH) == 1
        (transfer,) = await desk.journal.transfers()
        assert transfer.status is TransferStatus.ARRIVED


async def test_a_request_that_never_arrived_is_not_sent_again_before_that_is_certain() -> None:
    fault = FaultSpec(FaultKind.RESET, operation="transfer", nth=1, arrives=False)
    async with a_desk(fault) as desk:
        assert (await desk.move("1")).end is MoveEnd.IN_DOUBT
        assert (await desk.move("1")).end is MoveEnd.BLOCKED
        assert desk.moved_at_the_venue() == []
        assert desk.wire.count(*PATH) == 1
        assert await desk.move("1", QUICK) == Moved(MoveEnd.ARRIVED, D(1))
        assert sum(desk.moved_at_the_venue()) == 1


async def test_too_few_coins_are_a_clear_no() -> None:
    async with a_desk() as desk:
        moved = await desk.move("100")
        assert moved.end is MoveEnd.REFUSED
        assert moved.arrived_coin == D("0.0001")
        assert "not enough margin" in moved.note
        mover: WalletMover = desk.account
        with pytest.raises(InsufficientMargin):
            await mover.transfer("BTC", D(100), Wallet.SPOT, Wallet.MARGIN)


async def test_the_venues_own_mover_reports_an_unknown_outcome() -> None:
    async with a_desk(FaultSpec(FaultKind.LOST_ANSWER, operation="transfer", nth=1)) as desk:
        mover: WalletMover = desk.account
        with pytest.raises(OutcomeUnknown):
            await mover.transfer("BTC", D(1), Wallet.SPOT, Wallet.MARGIN)
        assert await mover.transfer("BTC", D(1), Wallet.MARGIN, Wallet.SPOT) is not None
        assert desk.moved_at_the_venue() == [D(1), D(-1)]
