"""``explain``: one cycle, every number with its source and age, every order's fate."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.orders import OrderStatus
from bot.domain.records import OrderRecord, Outcome
from bot.domain.report import times_denied
from tests.cli.conftest import Command, Said
from tests.cli.journals import a_record, past, unseen, write_settings
from tests.kit.domain import NOON, an_intent, an_order


@pytest.fixture
def explained(hedgehold: Command, tmp_path: Path) -> Command:
    """Explain a cycle of the journal."""
    path = write_settings(tmp_path)

    def explain(*options: object) -> Said:
        return hedgehold("explain", "--config", path, *options)

    return explain


def test_the_last_cycle_of_all_bags_is_explained_unless_one_is_named(explained: Command) -> None:
    past(a_record(1), a_record(2), a_record(2, bag="ether"))
    said = explained("--json").document
    assert said["cycle"] == 2
    assert sorted(bag["name"] for bag in said["bags"]) == ["ether", "savings"]
    assert [bag["name"] for bag in explained(1, "--json").document["bags"]] == ["savings"]
    assert explained("--bag", "savings", "--json").document["bags"][0]["cycle"] == 2


def test_every_number_has_its_unit_source_and_age(explained: Command) -> None:
    past(a_record(1))
    figures = {one["name"]: one for one in explained("--json").document["bags"][0]["figures"]}
    assert figures["coins in main/spot"] == {
        "name": "coins in main/spot",
        "value": "5",
        "unit": "BTC",
        "source": "balance of main/spot",
        "age_s": 1.0,
    }
    assert figures["coins in cold wallet"]["source"] == "declared in the settings"
    assert figures["coins in cold wallet"]["age_s"] is None
    text = explained().out
    assert a_record(1).reason in text
    for figure in figures.values():
        for key in ("name", "value", "unit", "source"):
            assert figure[key] in text


def test_an_order_is_shown_with_what_became_of_it_later(explained: Command) -> None:
    intent = an_intent(contracts=5000)
    filled = an_order(OrderStatus.FILLED, contracts=5000, average_usd=49_990)
    at = NOON + timedelta(minutes=1)
    order = OrderRecord(intent, 1, OrderStatus.FILLED, at, at, filled, "")
    traded = a_record(1, short_usd=0, outcome=Outcome.TRADED, orders=(intent.client_order_id,))
    past(traded, a_record(2), orders=[(order, filled)])
    bag = explained(1, "--json").document["bags"][0]
    assert (bag["action"], Decimal(bag["contracts"])) == ("sell", traded.contracts)
    assert [one["status"] for one in bag["orders"]] == ["filled"]
    assert Decimal(bag["orders"][0]["average_usd"]) == 49_990
    text = explained(1).out
    assert "49,990.00" in text
    assert intent.client_order_id in text
    assert "Orders: none." in explained(2).out


def test_a_cycle_that_saw_nothing_says_why(explained: Command) -> None:
    past(unseen(1, why="not seen: positions are missing"))
    said = explained()
    assert said.code == 0
    assert "not seen: positions are missing" in said.out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((9,), "cycle 9 is not in the journal; there are cycles from 1 to 2"),
        (
            (1, "--bag", "ether"),
            "cycle 1 of bag 'ether' is not in the journal; there are cycles from 1 to 2",
        ),
    ],
)
def test_an_unknown_cycle_says_which_there_are(
    explained: Command, options: tuple[object, ...], sentence: str
) -> None:
    past(a_record(1), a_record(2), a_record(2, bag="ether"))
    said = explained(*options)
    assert (said.code, said.sentences, said.out) == (1, [sentence], "")


def test_the_guard_that_said_no_is_named_with_its_counter(explained: Command) -> None:
    why = "10.00 USD is more than the limit of 5.00 USD"
    reason = f"sell; denied by the guard (max_order_usd): {why}; {times_denied(3)}"
    past(replace(a_record(1), outcome=Outcome.DENIED, reason=reason))
    (bag,) = explained("--json").document["bags"]
    assert (bag["denied_by"], bag["denied_times"]) == ("max_order_usd", 3)
    assert reason in explained().out


def test_an_empty_journal_has_nothing_to_explain(explained: Command) -> None:
    past()
    said = explained()
    assert (said.code, said.sentences) == (1, ["no cycle is recorded in this journal yet"])


@pytest.mark.parametrize("cycle", ["0", "two", "1.5"])
def test_what_is_no_number_of_a_cycle_is_bad_input(explained: Command, cycle: str) -> None:
    past(a_record(1))
    said = explained(cycle)
    assert (said.code, len(said.sentences)) == (2, 1)
    assert said.err.startswith(f"CYCLE: '{cycle}' is not a whole number of 1 or more")
