"""Moving coins: intended, sent once, and believed only when both wallets show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.journal import open_journal
from bot.adapters.journal.memory import MemoryJournal
from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec
from bot.domain.account import Balance, EntryKind, LedgerEntry, Wallet
from bot.domain.records import Transfer, TransferStatus
from bot.engine.arrivals import TransferPolicy, reconcile_transfers, settle_by_hand
from bot.engine.transfers import Move, Moved, MoveEnd, move_coins
from bot.errors import (
    AccessDenied,
    ConfigError,
    IncompleteSnapshot,
    MalformedReport,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from bot.ports import AccountReader, Journal, WalletMover
from tests.kit.domain import NOON
from tests.kit.simulator import Stage, a_venue_spec

D = Decimal
FIRST = D("0.0001")
TO_MARGIN = Move("m1", "main", "BTC", D(1), Wallet.SPOT, Wallet.MARGIN)
LONG = 200.0  # more than the grace


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Mover:
    """The simulated account's mover, which notes what it sends; ``before`` and ``after`` may stop
    it on either side of the venue."""

    inner: WalletMover
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    sent: list[Decimal] = field(default_factory=list)

    async def transfer(
        self, asset: str, amount_coin: Decimal, source: Wallet, target: Wallet
    ) -> str | None:
        self.before()
        self.sent.append(amount_coin)
        found = await self.inner.transfer(asset, amount_coin, source, target)
        self.after()
        return found


@dataclass
class Desk:
    """A simulated account, its journal, and a mover that can be stopped."""

    stage: Stage = field(default_factory=Stage)
    journal: Journal = field(default_factory=MemoryJournal)
    reader: AccountReader = field(init=False)
    mover: Mover = field(init=False)

    def __post_init__(self) -> None:
        self.reader = self.stage.account
        self.mover = Mover(self.stage.account)

    async def move(self, move: Move = TO_MARGIN) -> Moved:
        return await move_coins(
            move,
            reader=self.reader,
            mover=self.mover,
            journal=self.journal,
            clock=self.stage.clock,
        )

    async def reconcile(self) -> tuple[Transfer, ...]:
        return await reconcile_transfers(
            {"main": self.reader}, journal=self.journal, clock=self.stage.clock
        )

    async def margin(self) -> Decimal:
        return next(b.total_coin for b in await self.reader.balances() if b.wallet is Wallet.MARGIN)

    async def statuses(self) -> list[TransferStatus]:
        return [t.status for t in await self.journal.transfers()]


ARRIVED, FAILED = TransferStatus.ARRIVED, TransferStatus.FAILED
INTENDED, SENT = TransferStatus.INTENDED, TransferStatus.SENT


def raising(error: BaseException) -> Callable[[], None]:
    def stop() -> None:
        raise error

    return stop


def faulty(kind: FaultKind, nth: int = 1) -> Desk:
    fault = FaultSpec(kind, operation="transfer", nth=nth)
    return Desk(Stage(a_venue_spec(faults=(fault,))))


async def test_the_first_transfer_of_all_is_a_small_one_and_the_rest_follows_its_arrival() -> None:
    desk = Desk()
    assert await desk.move() == Moved(MoveEnd.ARRIVED, D(1))
    assert desk.mover.sent == [FIRST, 1 - FIRST]
    assert await desk.margin() == 6
    assert await desk.statuses() == [ARRIVED, ARRIVED]


async def test_a_way_on_which_coins_have_arrived_gets_the_whole_at_once() -> None:
    desk = Desk()
    await desk.move()
    await desk.move(replace(TO_MARGIN, move_id="m2"))
    assert desk.mover.sent[2:] == [D(1)]
    await desk.move(Move("m3", "main", "BTC", D(2), Wallet.MARGIN, Wallet.SPOT))
    assert desk.mover.sent[3:] == [FIRST, 2 - FIRST], "the way back is another way"


async def test_no_crumb_is_left_that_is_too_small_to_be_moved() -> None:
    desk = Desk()
    amount = FIRST + D("0.0000002")
    assert await desk.move(replace(TO_MARGIN, amount_coin=amount)) == Moved(MoveEnd.ARRIVED, amount)
    assert desk.mover.sent == [amount]


async def test_the_intent_is_written_with_both_wallets_before_it_is_sent() -> None:
    desk = Desk()
    seen: list[Transfer] = []
    journal = desk.journal
    assert isinstance(journal, MemoryJournal)

    def look() -> None:
        seen.extend(journal._transfers.values())

    desk.mover.before = look
    await desk.move(replace(TO_MARGIN, amount_coin=FIRST))
    (written,) = seen
    assert written.status is INTENDED
    assert written.transfer_id == "m1:1"
    assert (written.source_before_coin, written.destination_before_coin) == (D(5), D(5))


async def test_the_same_move_again_sends_nothing() -> None:
    desk = Desk()
    first = await desk.move()
    assert await desk.move() == first
    assert len(desk.mover.sent) == 2


async def test_another_move_of_the_same_id_is_a_mistake() -> None:
    desk = Desk()
    await desk.move()
    with pytest.raises(ConfigError, match="there was another one of this id"):
        await desk.move(Move("m1", "main", "BTC", D(1), Wallet.MARGIN, Wallet.SPOT))
    with pytest.raises(ConfigError, match="1 BTC of it have arrived already"):
        await desk.move(replace(TO_MARGIN, amount_coin=D("0.5")))
    assert len(desk.mover.sent) == 2


@pytest.mark.parametrize(
    "move",
    [
        replace(TO_MARGIN, amount_coin=D(0)),
        replace(TO_MARGIN, amount_coin=D("-1")),
        replace(TO_MARGIN, amount_coin=D("1e-8")),
        replace(TO_MARGIN, destination=Wallet.SPOT),
    ],
)
async def test_a_move_that_makes_no_sense_is_not_even_written_down(move: Move) -> None:
    desk = Desk()
    with pytest.raises(ConfigError, match=r"give two wallets and 0\.000001 or more"):
        await desk.move(move)
    assert await desk.journal.transfers() == ()


async def test_a_wallet_that_cannot_be_read_gets_no_coins() -> None:
    desk = Desk()
    with pytest.raises(IncompleteSnapshot, match="the funding wallet does not list any BTC"):
        await desk.move(replace(TO_MARGIN, destination=Wallet.FUNDING))
    assert desk.mover.sent == []


async def test_a_refusal_ends_the_move_and_the_next_try_begins_anew() -> None:
    desk = faulty(FaultKind.REJECTED, nth=2)
    moved = await desk.move()
    assert (moved.end, moved.arrived_coin) == (MoveEnd.REFUSED, FIRST)
    assert await desk.statuses() == [ARRIVED, FAILED]
    assert await desk.move() == Moved(MoveEnd.ARRIVED, D(1))
    assert await desk.margin() == 6


@pytest.mark.parametrize("error", [Refused("no"), Unavailable("later")])
async def test_what_was_certainly_not_sent_has_failed(error: Exception) -> None:
    desk = Desk()
    desk.mover.before = raising(error)
    assert await desk.move() == Moved(MoveEnd.REFUSED, D(0), str(error))
    assert await desk.statuses() == [FAILED]


async def test_a_key_that_may_not_move_coins_is_written_down_and_raised() -> None:
    desk = Desk()
    desk.mover.before = raising(AccessDenied("no permission"))
    with pytest.raises(AccessDenied):
        await desk.move()
    assert await desk.statuses() == [FAILED]


@pytest.mark.parametrize(
    "kind", [FaultKind.LOST_ANSWER, FaultKind.TRUNCATED, FaultKind.EMPTY_SUCCESS]
)
async def test_a_lost_answer_is_looked_up_in_both_wallets_and_not_sent_again(
    kind: FaultKind,
) -> None:
    desk = faulty(kind)
    assert await desk.move() == Moved(MoveEnd.ARRIVED, D(1))
    assert desk.mover.sent == [FIRST, 1 - FIRST]
    assert await desk.margin() == 6


async def test_a_lost_request_stays_in_doubt_until_the_grace_is_over_and_blocks_meanwhile() -> None:
    desk = faulty(FaultKind.LOST_REQUEST)
    moved = await desk.move()
    assert (moved.end, moved.arrived_coin) == (MoveEnd.IN_DOUBT, D(0))
    assert await desk.statuses() == [INTENDED]
    for move in (TO_MARGIN, Move("m9", "main", "BTC", D(1), Wallet.MARGIN, Wallet.SPOT)):
        blocked = await desk.move(move)
        assert blocked.end is MoveEnd.BLOCKED
        assert "m1:1 is in doubt" in blocked.note
    assert len(desk.mover.sent) == 1
    desk.stage.advance(LONG)
    assert await desk.reconcile() == ()
    assert await desk.statuses() == [FAILED]
    assert await desk.move() == Moved(MoveEnd.ARRIVED, D(1))
    assert await desk.margin() == 6


@pytest.mark.parametrize("error", [OutcomeUnknown("?"), MalformedReport("?"), RuntimeError("?")])
async def test_whatever_is_unclear_after_the_send_is_looked_up(error: Exception) -> None:
    desk = Desk()
    desk.mover.after = raising(error)
    assert (await desk.move()).end is MoveEnd.ARRIVED
    assert await desk.margin() == 6


# --- a process that dies ---


@pytest.mark.parametrize("reached", [False, True])
async def test_a_kill_between_write_and_send_or_after_it_loses_nothing(
    tmp_path: Path, *, reached: bool
) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    stage = Stage()
    async with open_journal(url, writer=True) as journal:
        desk = Desk(stage, journal)
        if reached:
            desk.mover.after = raising(Killed())
        else:
            desk.mover.before = raising(Killed())
        with pytest.raises(Killed):
            await desk.move()
    async with open_journal(url, writer=True) as journal:
        desk = Desk(stage, journal)
        assert await desk.statuses() == [INTENDED]
        if not reached:
            assert (await desk.move()).end is MoveEnd.BLOCKED
            stage.advance(LONG)
        assert await desk.move() == Moved(MoveEnd.ARRIVED, D(1))
        assert await desk.margin() == 6
        assert (
            await desk.statuses()
            == [ARRIVED if reached else FAILED, ARRIVED, ARRIVED][: 2 if reached else 3]
        )


async def test_reconciling_again_changes_nothing() -> None:
    desk = Desk()
    desk.mover.after = raising(Killed())
    with pytest.raises(Killed):
        await desk.move()
    assert await desk.reconcile() == ()
    after = await desk.journal.transfers()
    assert await desk.reconcile() == ()
    assert await desk.journal.transfers() == after
    assert len(desk.mover.sent) == 1


async def test_a_transfer_of_an_account_that_cannot_be_asked_stays_in_doubt() -> None:
    desk = faulty(FaultKind.LOST_REQUEST)
    await desk.move()
    desk.stage.advance(LONG)
    (left,) = await reconcile_transfers({}, journal=desk.journal, clock=desk.stage.clock)
    assert left.status is INTENDED


# --- what the wallets say ---


@dataclass
class Told:
    """An account whose wallets show one pair after the other, the last one for ever."""

    inner: AccountReader
    pairs: list[tuple[str, str]]
    booked: tuple[LedgerEntry, ...] = ()

    async def balances(self) -> tuple[Balance, ...]:
        spot, margin = self.pairs.pop(0) if len(self.pairs) > 1 else self.pairs[0]
        return (
            Balance(Wallet.SPOT, "BTC", D(spot), D(0)),
            Balance(Wallet.MARGIN, "BTC", D(margin), D(0)),
        )

    async def ledger(self, since: object) -> tuple[LedgerEntry, ...]:
        return self.booked

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


def booked(amount: str, wallet: Wallet = Wallet.MARGIN) -> LedgerEntry:
    return LedgerEntry("e1", NOON, wallet, "BTC", EntryKind.FUNDING, D(amount), None)


UNKNOWN = Transfer(
    transfer_id="m1:1",
    account="main",
    asset="BTC",
    amount_coin=D(1),
    source=Wallet.SPOT,
    destination=Wallet.MARGIN,
    status=INTENDED,
    at=NOON,
    source_before_coin=D(5),
    destination_before_coin=D(5),
)


async def end(
    transfer: Transfer,
    *pairs: tuple[str, str],
    late: bool = True,
    entries: tuple[LedgerEntry, ...] = (),
    reads: int = 4,
) -> TransferStatus:
    """What becomes of a transfer where the wallets show these pairs."""
    stage, journal = Stage(), MemoryJournal()
    await journal.write_transfer(transfer)
    if late:
        stage.clock.advance(LONG)
    reader: AccountReader = Told(stage.account, list(pairs), entries)  # type: ignore[assignment]
    await reconcile_transfers(
        {"main": reader},
        journal=journal,
        clock=stage.clock,
        policy=TransferPolicy(reads=reads),
    )
    return (await journal.transfers())[0].status


async def test_coins_have_arrived_when_both_wallets_show_it_twice_running() -> None:
    assert await end(UNKNOWN, ("4", "6")) is ARRIVED
    assert await end(UNKNOWN, ("4", "5"), ("4", "5"), ("4", "6")) is ARRIVED
    assert await end(UNKNOWN, ("4", "6"), reads=1) is INTENDED
    assert await end(UNKNOWN, ("4", "6"), ("4", "5"), ("4", "6"), ("4", "5")) is INTENDED


async def test_untouched_wallets_mean_failed_only_long_after_an_unknown_send() -> None:
    assert await end(UNKNOWN, ("5", "5")) is FAILED
    assert await end(UNKNOWN, ("5", "5"), late=False) is INTENDED
    said_yes = replace(UNKNOWN, status=SENT)
    assert await end(said_yes, ("5", "5")) is SENT, "the venue said yes: a person has to look"
    assert await end(said_yes, ("4", "6")) is ARRIVED


@pytest.mark.parametrize(
    "pair", [("4", "5"), ("5", "6"), ("4", "6.1"), ("3.9", "6"), ("6", "4"), ("4.5", "5.5")]
)
async def test_anything_else_stays_in_doubt(pair: tuple[str, str]) -> None:
    assert await end(UNKNOWN, pair) is INTENDED


async def test_rounding_does_not_hide_an_arrival() -> None:
    assert await end(UNKNOWN, ("4.00000001", "5.99999999")) is ARRIVED
    assert await end(UNKNOWN, ("4.0000001", "6")) is INTENDED


async def test_what_the_venue_booked_meanwhile_is_left_out_of_account() -> None:
    funding = (booked("0.002"),)
    assert await end(UNKNOWN, ("4", "6.002"), entries=funding) is ARRIVED
    assert await end(UNKNOWN, ("5", "5.002"), entries=funding) is FAILED
    assert await end(UNKNOWN, ("4", "6.003"), entries=funding) is INTENDED
    of_the_transfer = (replace(booked("1"), kind=EntryKind.TRANSFER),)
    assert await end(UNKNOWN, ("5", "6"), entries=of_the_transfer) is INTENDED
    other_coin = (replace(booked("0.002"), asset="ETH"),)
    assert await end(UNKNOWN, ("4", "6.002"), entries=other_coin) is INTENDED


def moved(*lines: tuple[str, Wallet]) -> tuple[LedgerEntry, ...]:
    """Bookings of transfers, by anybody."""
    return tuple(
        LedgerEntry(f"t{n}", NOON, wallet, "BTC", EntryKind.TRANSFER, D(amount), None)
        for n, (amount, wallet) in enumerate(lines)
    )


async def test_a_transfer_by_somebody_else_keeps_ours_from_no_end() -> None:
    spot, margin = Wallet.SPOT, Wallet.MARGIN
    theirs = (("0.4", spot), ("-0.4", margin))
    ours = (("-1", spot), ("1", margin))
    assert await end(UNKNOWN, ("4.4", "5.6"), entries=moved(*theirs, *ours)) is ARRIVED
    assert await end(UNKNOWN, ("4.4", "5.6"), entries=moved(*theirs)) is ARRIVED
    assert await end(UNKNOWN, ("5.4", "4.6"), entries=moved(*theirs)) is FAILED
    assert await end(UNKNOWN, ("5.4", "4.6"), late=False, entries=moved(*theirs)) is INTENDED
    assert await end(UNKNOWN, ("4.4", "5.6")) is INTENDED, "nobody says where the rest went"


async def test_coins_that_came_back_by_hand_have_left_all_the_same() -> None:
    spot, margin = Wallet.SPOT, Wallet.MARGIN
    there_and_back = moved(("-1", spot), ("1", margin), ("1", spot), ("-1", margin))
    assert await end(UNKNOWN, ("5", "5"), entries=there_and_back) is ARRIVED


async def test_a_half_of_our_own_transfer_in_the_ledger_is_no_end() -> None:
    assert await end(UNKNOWN, ("5", "5"), entries=moved(("-1", Wallet.SPOT))) is INTENDED


async def test_without_a_look_before_the_send_nothing_is_concluded() -> None:
    blind = replace(UNKNOWN, source_before_coin=None, destination_before_coin=None)
    assert await end(blind, ("4", "6")) is INTENDED
    assert await end(blind, ("5", "5")) is INTENDED


async def test_a_deposit_in_the_middle_is_left_out_by_the_venues_ledger() -> None:
    desk = Desk()

    def deposit() -> None:
        desk.stage.venue.happen(Deposit(0, "main", "BTC", D(3), Wallet.SPOT))

    desk.mover.after = deposit
    assert (await desk.move(replace(TO_MARGIN, amount_coin=FIRST))).end is MoveEnd.ARRIVED


async def test_wallets_that_do_not_stand_still_send_nothing() -> None:
    desk = Desk()
    moving = [(str(n), "5") for n in range(20)]
    desk.reader = Told(desk.stage.account, moving)  # type: ignore[assignment]
    with pytest.raises(IncompleteSnapshot, match="do not stand still"):
        await desk.move()
    assert desk.mover.sent == []
    assert await desk.journal.transfers() == ()


async def test_reads_that_fail_are_asked_again_later() -> None:
    faults = tuple(FaultSpec(FaultKind.RATE_LIMITED, operation="balances", nth=n) for n in (3, 4))
    desk = Desk(Stage(a_venue_spec(faults=faults)))
    assert (await desk.move(replace(TO_MARGIN, amount_coin=FIRST))).end is MoveEnd.ARRIVED


async def test_a_person_settles_what_stays_in_doubt() -> None:
    journal = MemoryJournal()
    await journal.write_transfer(replace(UNKNOWN, note="no answer"))
    await settle_by_hand("m1:1", arrived=True, by="me", journal=journal)
    (settled,) = await journal.transfers()
    assert (settled.status, settled.note) == (ARRIVED, "settled by me; no answer")
    with pytest.raises(ConfigError, match="there is no transfer 'm1:1' in doubt"):
        await settle_by_hand("m1:1", arrived=False, by="me", journal=journal)


async def test_the_looks_are_spaced_by_the_clock() -> None:
    desk = Desk()
    await desk.move(replace(TO_MARGIN, amount_coin=FIRST))
    assert desk.stage.clock.now() - NOON == timedelta(seconds=4)
