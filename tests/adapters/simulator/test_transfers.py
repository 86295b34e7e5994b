"""Coins between the wallets of a simulated account, through the port."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.simulator.spec import FaultKind, FaultSpec
from bot.domain.account import EntryKind, Wallet
from bot.errors import OutcomeUnknown, Refused
from bot.ports import WalletMover
from tests.kit.domain import NOON
from tests.kit.simulator import Stage, a_venue_spec, an_approved

D = Decimal


async def held(stage: Stage) -> dict[Wallet, Decimal]:
    return {b.wallet: b.total_coin for b in await stage.account.balances() if b.asset == "BTC"}


async def test_coins_move_between_two_wallets_and_the_booking_has_a_number() -> None:
    stage = Stage()
    mover: WalletMover = stage.account
    first = await mover.transfer("BTC", D("1.5"), Wallet.SPOT, Wallet.MARGIN)
    second = await mover.transfer("BTC", D(1), Wallet.MARGIN, Wallet.EARN)
    assert first is not None
    assert first != second
    assert await held(stage) == {Wallet.SPOT: D("3.5"), Wallet.MARGIN: D("5.5"), Wallet.EARN: D(1)}
    lines = await stage.account.ledger(NOON)
    assert [e.kind for e in lines] == [EntryKind.TRANSFER] * 4


@pytest.mark.parametrize(
    ("asset", "amount", "source", "target"),
    [
        ("BTC", "5.1", Wallet.SPOT, Wallet.MARGIN),
        ("BTC", "0", Wallet.SPOT, Wallet.MARGIN),
        ("BTC", "-1", Wallet.SPOT, Wallet.MARGIN),
        ("BTC", "1", Wallet.SPOT, Wallet.SPOT),
        ("SOL", "1", Wallet.SPOT, Wallet.MARGIN),
    ],
)
async def test_what_cannot_be_moved_is_refused_whole(
    asset: str, amount: str, source: Wallet, target: Wallet
) -> None:
    stage = Stage()
    with pytest.raises(Refused):
        await stage.account.transfer(asset, D(amount), source, target)
    assert await held(stage) == {Wallet.SPOT: D(5), Wallet.MARGIN: D(5)}


async def test_coins_that_a_position_binds_stay() -> None:
    stage = Stage()
    await stage.account.submit(an_approved(contracts=10_000))
    with pytest.raises(Refused, match="not enough free coins"):
        await stage.account.transfer("BTC", D("4.9"), Wallet.MARGIN, Wallet.SPOT)


@pytest.mark.parametrize(
    ("kind", "moved"),
    [
        (FaultKind.LOST_ANSWER, True),
        (FaultKind.TRUNCATED, True),
        (FaultKind.EMPTY_SUCCESS, True),
        (FaultKind.LOST_REQUEST, False),
    ],
)
async def test_without_an_answer_the_outcome_is_unknown_whatever_happened(
    kind: FaultKind, *, moved: bool
) -> None:
    fault = FaultSpec(kind, operation="transfer", nth=1)
    stage = Stage(a_venue_spec(faults=(fault,)))
    with pytest.raises(OutcomeUnknown):
        await stage.account.transfer("BTC", D(1), Wallet.SPOT, Wallet.MARGIN)
    assert (await held(stage))[Wallet.SPOT] == (4 if moved else 5)


async def test_a_transfer_is_on_disk_before_its_answer_leaves(tmp_path: Path) -> None:
    file = tmp_path / "venue.json"
    await Stage(file=file).account.transfer("BTC", D(1), Wallet.SPOT, Wallet.MARGIN)
    again = Stage(file=file)
    assert (await held(again))[Wallet.MARGIN] == 6
