"""``status``: the last cycle of each bag, states, orders in doubt, and whether the daemon runs."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.journal import MemoryJournal
from bot.cli.standing import print_standing, recorded_standing
from bot.domain.limits import TradingState
from bot.domain.orders import OrderStatus
from bot.domain.records import Control, OrderRecord
from bot.domain.report import SIGHT_NAMES
from bot.engine.standing import Standing, standing_fields
from bot.settings import load_settings
from tests.cli.conftest import Command
from tests.cli.journals import a_record, past, unseen, write, write_settings
from tests.kit.domain import NOON, an_intent, an_order


def a_doubt(cycle: int = 1) -> tuple[OrderRecord, None]:
    """An order whose outcome is unknown."""
    return OrderRecord(an_intent(), cycle, OrderStatus.IN_DOUBT, NOON, NOON, None, ""), None


def standing(tmp_path: Path, *records: object, silence: timedelta = timedelta(0)) -> Standing:
    """What status finds in a journal with these cycles, so long after they were written."""
    settings = load_settings([write_settings(tmp_path)])

    async def find() -> Standing:
        journal = MemoryJournal()
        await write(journal, records)  # type: ignore[arg-type]
        return await recorded_standing(settings, journal, now=datetime.now(UTC) + silence)

    return asyncio.run(find())


def test_json_has_every_number_of_each_bag(hedgehold: Command, tmp_path: Path) -> None:
    past(a_record(3), a_record(7))
    said = hedgehold("status", "--config", write_settings(tmp_path), "--json")
    assert (said.code, said.err) == (0, "")
    savings, ether = said.document["bags"]
    assert (savings["name"], savings["cycle"], savings["action"]) == ("savings", 7, "hold")
    assert Decimal(savings["short_usd"]) == 500_000
    assert round(Decimal(savings["liquidation_price"]), 9) == 99_500
    assert savings["written_age_s"] >= 0
    assert set(SIGHT_NAMES) <= set(ether)
    assert set(savings) == set(ether)
    assert ether["cycle"] is None
    assert ether["equity_coin"] is None


def test_people_see_the_numbers_the_reason_and_the_state(
    hedgehold: Command, tmp_path: Path
) -> None:
    halt = Control("savings", TradingState.HALTED, "odd prices", "ann", NOON)
    past(a_record(7), orders=[a_doubt()], controls=[halt])
    said = hedgehold("status", "--config", write_settings(tmp_path))
    assert said.code == 0
    for text in (
        "500,000.00",
        a_record(7).reason,
        "Trading state of savings: halted, set by ann at 2026-01-01 12:00:00 UTC: odd prices",
        "Orders whose end is not known",
        "in-doubt",
        "the answer was lost",
        "ether: no cycle is recorded yet.",
        "The daemon runs",
    ):
        assert text in said.out


def test_orders_in_doubt_are_told_apart(hedgehold: Command, tmp_path: Path) -> None:
    resting = an_order(OrderStatus.OPEN, order_id="hh0000000000000000000000bb")
    order = OrderRecord(
        an_intent(order_id="hh0000000000000000000000bb"), 1, resting.status, NOON, NOON, resting, ""
    )
    past(a_record(1), orders=[a_doubt(), (order, resting)])
    said = hedgehold("status", "--config", write_settings(tmp_path), "--json").document
    assert [one["status"] for one in said["orders_in_doubt"]] == ["in-doubt"]
    assert [one["status"] for one in said["orders_under_way"]] == ["open"]


@pytest.mark.parametrize(
    ("silence_s", "alive"), [(0, True), (4, True), (6, False), (86_400, False)]
)
def test_a_silence_of_three_intervals_means_that_nobody_runs(
    tmp_path: Path, silence_s: int, alive: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    records = a_record(1), a_record(1, bag="ether")
    found = standing(tmp_path, *records, silence=timedelta(seconds=silence_s))
    assert found.alive is alive
    print_standing(found)
    assert ("THE DAEMON SEEMS NOT TO RUN" in capsys.readouterr().out) is not alive


def test_an_interval_counts_in_real_time_however_fast_the_clock_runs(tmp_path: Path) -> None:
    found = standing(tmp_path, a_record(1))
    speed = Decimal(20)  # of the settings
    cycle_s = load_settings([tmp_path / "hedge.toml"]).cycle.interval_s
    assert found.interval_s == pytest.approx(float(cycle_s / speed))


def test_a_bag_that_is_not_looked_at_is_named_while_others_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = standing(tmp_path, a_record(1))
    assert [(bag.name, bag.late) for bag in found.bags] == [("savings", False), ("ether", True)]
    assert found.alive
    print_standing(found)
    assert "ether: no cycle is recorded yet." in capsys.readouterr().out


def test_a_journal_without_cycles_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = standing(tmp_path)
    assert (found.alive, found.silence_s) == (False, None)
    print_standing(found)
    assert "The daemon has not run yet with this journal." in capsys.readouterr().out


def test_a_bag_that_could_not_be_seen_shows_why_and_no_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = standing(tmp_path, a_record(1), unseen(2, why="not seen: no answer to balances"))
    print_standing(found)
    out = capsys.readouterr().out
    assert "not seen: no answer to balances" in out
    assert "500,000.00" not in out
    bags = standing_fields(found)["bags"]
    assert isinstance(bags, list)
    assert bags[0]["seen"] is False


def test_status_says_on_which_ways_the_bot_is_heard(
    hedgehold: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past(a_record(1))
    path = write_settings(tmp_path)
    assert "Pages over HTTP are off; alerts go to the log alone." in (
        hedgehold("status", "--config", path).out
    )
    monkeypatch.setenv("HEDGEHOLD_HTTP__PORT", "8787")
    monkeypatch.setenv("HEDGEHOLD_NOTIFY__URLS", "tgram://the-secret/1 json://the-other-secret/")
    said = hedgehold("status", "--config", path).out
    assert "Pages over HTTP are at http://127.0.0.1:8787; alerts go to tgram, json." in said
    daemon = hedgehold("status", "--config", path, "--json").document["daemon"]
    assert (daemon["http"], daemon["notify"]) == ("http://127.0.0.1:8787", ["tgram", "json"])
    assert "secret" not in said
