"""What a record says of itself."""

from __future__ import annotations

from bot.domain.records import BagMemory, Outcome, TransferStatus, account_scope
from tests.kit.domain import NOON


def test_a_cycle_is_good_unless_somebody_is_needed() -> None:
    assert {outcome for outcome in Outcome if outcome.is_good} == {
        Outcome.HELD,
        Outcome.TRADED,
        Outcome.UNFILLED,
        Outcome.DENIED,
    }


def test_a_transfer_has_ended_when_its_coins_are_at_either_end() -> None:
    assert {status for status in TransferStatus if status.is_final} == {
        TransferStatus.ARRIVED,
        TransferStatus.FAILED,
    }


def test_the_scope_of_an_account_is_no_bags_name() -> None:
    assert account_scope("main") == "account:main"


def test_a_hedge_is_not_forgotten_unless_it_is_said() -> None:
    names = {"bag", "at", "coins", "contracts", "fill_number", "ledger_seen_at", "base_coin"}
    given: dict[str, object] = dict.fromkeys(names | {"pursuit", "policy"}, NOON)
    assert BagMemory(**given).forgotten is False  # type: ignore[arg-type]  # any will do
