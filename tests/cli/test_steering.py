"""A word to the running daemon: what is set, for whom, and what it says will happen."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.limits import TradingState
from bot.domain.records import EVERYTHING, Control
from bot.engine.desk import control_for
from tests.cli.conftest import Command, Said
from tests.cli.journals import a_record, controls_of, past, unseen, write_settings

ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED


@pytest.fixture
def told(hedgehold: Command, tmp_path: Path) -> Command:
    """Run a command with the settings of two bags."""
    path = write_settings(tmp_path)

    def tell(command: str, *options: object) -> Said:
        return hedgehold(command, "--config", path, *options)

    return tell


def a_control(scope: str, state: TradingState, cap_usd: int | None = None) -> Control:
    """A state that was set before."""
    cap = None if cap_usd is None else Decimal(cap_usd)
    return Control(scope, state, "earlier", "hand", datetime(2026, 1, 1, tzinfo=UTC), cap)


def test_without_a_name_a_halt_is_for_everything(told: Command) -> None:
    past(a_record())
    said = told("halt", "--reason", "the venue is odd")
    assert (said.code, said.err) == (0, "")
    assert "acts on it in its next cycle" in said.out
    control = controls_of()[EVERYTHING]
    assert (control.state, control.reason, control.short_cap_usd) == (
        HALTED,
        "the venue is odd",
        None,
    )
    assert control.by
    assert "savings: halted." in said.out
    assert "ether: halted." in said.out


def test_a_word_to_a_daemon_that_does_not_run_says_so(told: Command) -> None:
    past()
    said = told("halt")
    assert said.code == 0
    assert "No daemon seems to run; the next one to start acts on it." in said.out
    assert told("resume", "--reason", "looked", "--json").document["daemon_seems_to_run"] is False


def test_with_a_name_it_is_for_that_bag(told: Command) -> None:
    past(a_record())
    assert told("reduce", "--bag", "ether").code == 0
    assert {scope: control.state for scope, control in controls_of().items()} == {"ether": REDUCING}


def test_resume_lifts_what_was_set_for_single_bags_too(told: Command) -> None:
    past(
        a_record(),
        controls=[
            a_control(EVERYTHING, REDUCING),
            a_control("savings", HALTED),
            a_control("ether", REDUCING, 0),
        ],
    )
    said = told("resume", "--reason", "looked", "--json")
    assert [(bag["state"], bag["short_cap_usd"]) for bag in said.document["bags"]] == [
        ("active", None),
        ("active", None),
    ]
    controls = controls_of().values()
    assert {(control.state, control.short_cap_usd) for control in controls} == {(ACTIVE, None)}


def test_resuming_one_bag_says_where_all_are_still_halted(told: Command) -> None:
    past(a_record(), controls=[a_control(EVERYTHING, HALTED)])
    said = told("resume", "--reason", "looked", "--bag", "savings")
    assert "savings: halted." in said.out


@pytest.mark.parametrize("reason", [(), ("--reason", "  ")])
def test_resume_wants_a_reason_and_sets_nothing_without(
    told: Command, reason: tuple[str, ...]
) -> None:
    past(a_record(), controls=[a_control(EVERYTHING, HALTED)])
    said = told("resume", *reason)
    assert (said.code, len(said.sentences)) == (2, 1)
    assert said.err.startswith("--reason: say in your words")
    assert controls_of()[EVERYTHING].state is HALTED


def test_an_account_is_halted_with_every_bag_on_it_and_resumed_with_a_kept_reason(
    told: Command,
) -> None:
    past(a_record())
    said = told("halt", "--account", "main", "--json")
    assert {bag["state"] for bag in said.document["bags"]} == {"halted"}
    assert set(controls_of()) == {"account:main"}
    assert "savings: halted." in told("resume", "--reason", "looked", "--bag", "savings").out
    told("resume", "--reason", "the other bot is stopped", "--account", "main")
    control = controls_of()["account:main"]
    assert (control.state, control.reason) == (ACTIVE, "the other bot is stopped")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (("--account", "nobody"), "no bag is hedged on an account 'nobody'; accounts: main"),
        (("--account", "main", "--bag", "savings"), "give either a bag or an account, not both"),
    ],
)
def test_an_account_that_is_not_meant_is_bad_input(
    told: Command, options: tuple[str, ...], fault: str
) -> None:
    past(a_record())
    said = told("reduce", *options)
    assert (said.code, said.sentences) == (2, [f"--account: {fault}"])
    assert controls_of() == {}


@pytest.mark.parametrize(
    ("share", "cap_usd"), [("1.0", 0), ("0.25", 375_000), ("0", 500_000), ("1", 0)]
)
def test_unwinding_caps_the_short_at_what_is_to_be_left(
    told: Command, share: str, cap_usd: int
) -> None:
    past(a_record(1), a_record(2, short_usd=1), a_record(3, short_usd=500_000), unseen(4))
    said = told("unwind", "--bag", "savings", "--share", share, "--json")
    assert said.code == 0
    bag = said.document["bags"][0]
    assert (bag["state"], float(bag["short_cap_usd"])) == ("reducing", cap_usd)
    state, cap = control_for("savings", controls_of().values(), account="main")
    assert (state, cap) == (REDUCING, Decimal(cap_usd))


def test_unwinding_everything_caps_each_bag_by_its_own_short(told: Command) -> None:
    past(a_record(), a_record(bag="ether", short_usd=80_000))
    assert told("unwind", "--share", "0.5").code == 0
    caps = {scope: control.short_cap_usd for scope, control in controls_of().items()}
    assert caps == {"savings": 250_000, "ether": 40_000}


def test_a_bag_that_was_never_seen_cannot_be_unwound_and_nothing_is_set(told: Command) -> None:
    past(a_record(), unseen(1, bag="ether"))
    said = told("unwind")
    assert (said.code, len(said.sentences)) == (1, 1)
    assert "bag 'ether' has no recorded cycle that saw its short" in said.err
    assert controls_of() == {}


def test_an_unwind_under_a_halt_says_that_nothing_is_bought(told: Command) -> None:
    past(a_record(), a_record(bag="ether"), controls=[a_control(EVERYTHING, HALTED)])
    assert "A halt is in force too, so nothing is bought back" in told("unwind").out


@pytest.mark.parametrize("share", ["1.5", "-0.1", "nan", "half"])
def test_a_share_that_is_none_is_bad_input(told: Command, share: str) -> None:
    past(a_record())
    said = told("unwind", f"--share={share}")
    assert (said.code, len(said.sentences)) == (2, 1)
    assert said.err.startswith(f"--share: '{share}' is not a share between 0 and 1")
    assert controls_of() == {}


@pytest.mark.parametrize("command", ["halt", "reduce", "resume", "unwind"])
def test_a_bag_that_nobody_has_is_bad_input(told: Command, command: str) -> None:
    past(a_record())
    said = told(command, "--bag", "saving")
    assert (said.code, said.sentences) == (
        2,
        ["--bag: there is no bag 'saving' in the settings; did you mean 'savings'?"],
    )


@pytest.mark.parametrize("command", ["halt", "unwind", "status", "explain"])
def test_a_journal_that_is_not_there_is_bad_input(told: Command, command: str) -> None:
    said = told(command)
    assert (said.code, len(said.sentences), said.out) == (2, 1, "")
    assert "journal.db" in said.err
