"""Coins on their way between two wallets of a bag are coins of the bag."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.account import AccountSnapshot, Wallet
from bot.domain.exposure import Holding, buckets_of
from bot.domain.records import Transfer, TransferStatus
from bot.domain.transit import LONGEST, in_transit_coin
from bot.errors import IncompleteSnapshot
from tests.kit.domain import NOON, a_bag, a_balance, a_snapshot

D = Decimal
ONE_COIN = Transfer(
    transfer_id="m:1",
    account="main",
    asset="BTC",
    amount_coin=D(1),
    source=Wallet.SPOT,
    destination=Wallet.MARGIN,
    status=TransferStatus.SENT,
    at=NOON,
    source_before_coin=D(5),
    destination_before_coin=D(5),
)


def seen(spot: str, margin: str) -> dict[str, AccountSnapshot]:
    return {"main": a_snapshot(a_balance(spot), a_balance(margin, Wallet.MARGIN))}


@pytest.mark.parametrize(
    ("spot", "margin", "transit"),
    [("5", "5", 0), ("4", "6", 0), ("4", "5", 1), ("4.0001", "5.00002", 1), ("3.9", "6.2", 0)],
)
def test_the_bag_is_whole_wherever_its_coins_are(spot: str, margin: str, transit: int) -> None:
    snapshots = seen(spot, margin)
    coins = in_transit_coin(a_bag(), [ONE_COIN], snapshots, now=NOON)
    assert coins == transit
    whole = sum((b.amount_coin for b in buckets_of(a_bag(), snapshots, coins)), D(0))
    assert abs(whole - 10) < D("0.11")


def test_coins_shown_at_both_ends_are_no_look_to_act_on() -> None:
    with pytest.raises(IncompleteSnapshot, match="m:1 is shown at both ends"):
        in_transit_coin(a_bag(), [ONE_COIN], seen("5", "6"), now=NOON)


def test_other_coins_at_the_destination_are_not_taken_for_those_of_a_small_transfer() -> None:
    small = replace(ONE_COIN, amount_coin=D("0.0001"))
    assert in_transit_coin(a_bag(), [small], seen("5", "5.002"), now=NOON) == 0
    assert in_transit_coin(a_bag(), [small], seen("4.9999", "5.0021"), now=NOON) == 0


def test_coins_that_are_away_for_long_are_a_persons_matter() -> None:
    late = NOON + LONGEST + timedelta(seconds=1)
    with pytest.raises(IncompleteSnapshot, match="1 BTC of transfer m:1 are on their way since"):
        in_transit_coin(a_bag(), [ONE_COIN], seen("4", "5"), now=late)
    assert in_transit_coin(a_bag(), [ONE_COIN], seen("4", "6"), now=late) == 0


def test_a_transfer_that_leaves_the_bag_or_comes_from_outside_is_a_flow() -> None:
    margin_alone = a_bag(holdings=())
    assert in_transit_coin(margin_alone, [ONE_COIN], seen("4", "5"), now=NOON) == 0
    earn = replace(ONE_COIN, destination=Wallet.EARN)
    assert in_transit_coin(a_bag(), [earn], seen("4", "5"), now=NOON) == 0
    both = a_bag(holdings=(Holding("main", (Wallet.SPOT, Wallet.EARN)),))
    empty = replace(earn, destination_before_coin=D(0))
    assert in_transit_coin(both, [empty], seen("4", "5"), now=NOON) == 1
    assert in_transit_coin(a_bag(asset="ETH"), [ONE_COIN], seen("4", "5"), now=NOON) == 0


def test_without_a_look_before_it_nothing_is_read_into_the_wallets() -> None:
    unseen = replace(ONE_COIN, source_before_coin=None, destination_before_coin=None)
    assert in_transit_coin(a_bag(), [unseen], seen("4", "5"), now=NOON) == 0


@pytest.mark.parametrize(
    ("spot", "margin", "transit"),
    [
        ("4.5", "5", 0),  # half of them is missing: they have not left
        ("4.4999", "5", 1),
        ("4.4999", "5.5", 1),  # half of them came: they are not here
        ("4.4999", "5.5001", 0),
        ("5", "6.5001", 0),  # more than they are has come: other coins
    ],
)
def test_coins_are_seen_to_leave_and_to_come_by_more_than_half_of_them(
    spot: str, margin: str, transit: int
) -> None:
    assert in_transit_coin(a_bag(), [ONE_COIN], seen(spot, margin), now=NOON) == transit


def test_up_to_half_as_much_again_at_the_destination_is_the_transfer_itself() -> None:
    with pytest.raises(IncompleteSnapshot, match="m:1 is shown at both ends"):
        in_transit_coin(a_bag(), [ONE_COIN], seen("5", "6.5"), now=NOON)


def test_an_hour_is_not_too_long() -> None:
    assert timedelta(hours=1) == LONGEST
    assert in_transit_coin(a_bag(), [ONE_COIN], seen("4", "5"), now=NOON + LONGEST) == 1
