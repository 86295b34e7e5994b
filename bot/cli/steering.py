"""``halt``, ``reduce``, ``resume``, ``unwind``: a word to the running daemon, by the journal."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli import parsing
from bot.cli.inputs import bags_meant, load_settings, open_journal
from bot.cli.options import AccountName, AsJson, BagName, ConfigFiles, Reason
from bot.domain.limits import TradingState
from bot.domain.quantities import ONE, ZERO
from bot.domain.records import EVERYTHING, Control, account_scope
from bot.errors import ConfigError, JournalError

if TYPE_CHECKING:
    from bot.engine.standing import Standing
    from bot.ports import Journal
    from bot.settings import Settings
    from bot.settings.bags import BagSettings


def halt(
    config: ConfigFiles = None,
    bag: BagName = None,
    account: AccountName = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Stop trading: nothing but cancels is sent until resume. The short stays as it is.

    The daemon goes on looking and reporting. Where a bag, its account and all bags were told
    different things, the strictest holds.
    """
    _set_state(config, Whom(bag, account), reason, TradingState.HALTED, as_json=as_json)


def reduce(
    config: ConfigFiles = None,
    bag: BagName = None,
    account: AccountName = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Let only orders pass that shrink the short; it does not grow until resume.

    Where a bag, its account and all bags were told different things, the strictest holds.
    """
    _set_state(config, Whom(bag, account), reason, TradingState.REDUCING, as_json=as_json)


def resume(
    config: ConfigFiles = None,
    bag: BagName = None,
    account: AccountName = None,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Trade as usual again: lifts halt, reduce and unwind, also a halt by the circuit breaker.

    Without --bag and --account it lifts them for all bags, also what was set for single ones. The
    daemon then brings the hedge back to its target, also where a change by hand was respected until
    now. After an alert that a position is unreadable it says that you have looked, and what was
    read is true. It needs a --reason, which is kept.
    """
    _set_state(config, Whom(bag, account), reason, TradingState.ACTIVE, as_json=as_json)


def unwind(
    config: ConfigFiles = None,
    bag: BagName = None,
    share: Annotated[
        str,
        typer.Option(
            metavar="SHARE",
            help="How much of the short to buy back, from 0 to 1; 1.0 is all of it. It counts from "
            "the short that the journal last recorded.",
        ),
    ] = "1.0",
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Buy the short back, with reduce-only orders and in slices, and keep it from growing again.

    The bag is exposed to the price by as much. resume ends it and hedges again. Needs a daemon
    that has run: each bag must have a recorded cycle.
    """
    part = parsing.number(share, "--share", parsing.SHARE)
    settings = load_settings(config)
    meant = bags_meant(settings, bag)
    names = [one.name for one in meant]
    _report(asyncio.run(_unwind(settings, names, part, reason)), meant, as_json=as_json)


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a command is about: one bag, every bag of one account, or all."""

    bag: str | None
    account: str | None

    def scope(self) -> str:
        """The scope of the control."""
        if self.account is not None:
            return account_scope(self.account)
        return EVERYTHING if self.bag is None else self.bag

    def bags(self, settings: Settings) -> tuple[BagSettings, ...]:
        """The bags that are meant. Raises :class:`bot.errors.ConfigError`."""
        if self.account is None:
            return bags_meant(settings, self.bag)
        if self.bag is not None:
            raise ConfigError("--account: give either a bag or an account, not both")
        found = tuple(one for one in settings.bags if one.hedge.account == self.account)
        if not found:
            names = ", ".join(dict.fromkeys(one.hedge.account for one in settings.bags)) or "none"
            raise ConfigError(
                f"--account: no bag is hedged on an account {self.account!r}; accounts: {names}"
            )
        return found


def _set_state(
    config: Sequence[str] | None,
    whom: Whom,
    reason: str,
    state: TradingState,
    *,
    as_json: bool,
) -> None:
    settings = load_settings(config)
    meant = whom.bags(settings)
    if state is TradingState.ACTIVE and not reason.strip():
        raise ConfigError(
            "--reason: say in your words what you looked at and why it is safe to go on; it is "
            "kept in the journal"
        )
    standing = asyncio.run(_write(settings, _control(whom.scope(), state, reason)))
    _report(standing, meant, as_json=as_json)


async def _write(settings: Settings, control: Control) -> Standing:
    """Set one state, and lift all others where everything is to be active again."""
    async with open_journal(settings) as journal:
        scopes = [control.scope]
        if control.scope == EVERYTHING and control.state is TradingState.ACTIVE:
            scopes += [one.scope for one in await journal.controls() if one.scope != EVERYTHING]
        for scope in scopes:
            await journal.set_control(_control(scope, control.state, control.reason))
        return await _standing(settings, journal)


async def _unwind(
    settings: Settings, names: Sequence[str], share: Decimal, reason: str
) -> Standing:
    """Cap the short of each bag; all of them or none. Raises :class:`JournalError`."""
    async with open_journal(settings) as journal:
        caps = {name: await _recorded_short(journal, name) * (ONE - share) for name in names}
        for name, cap_usd in caps.items():
            await journal.set_control(_control(name, TradingState.REDUCING, reason, cap_usd))
        return await _standing(settings, journal)


async def _standing(settings: Settings, journal: Journal) -> Standing:
    from bot.cli.standing import recorded_standing

    return await recorded_standing(settings, journal, now=datetime.now(UTC))


async def _recorded_short(journal: Journal, bag: str) -> Decimal:
    """The short of the last cycle that saw it, in USD."""
    for record in await journal.cycles(bag=bag, limit=100):
        if record.sight is not None:
            return max(record.sight.short_usd, ZERO)
    raise JournalError(
        f"bag {bag!r} has no recorded cycle that saw its short, so there is nothing to count a "
        "share from; start the daemon first"
    )


def _control(
    scope: str, state: TradingState, reason: str, cap_usd: Decimal | None = None
) -> Control:
    return Control(scope, state, reason, user(), datetime.now(UTC), cap_usd)


def user() -> str:
    """Who sits at the keyboard, as far as the machine knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "hand"


def _report(standing: Standing, meant: Sequence[BagSettings], *, as_json: bool) -> None:
    """What holds now for the bags that were meant, and what happens next."""
    from bot.cli import tables
    from bot.cli.output import console, print_json
    from bot.engine.desk import control_for

    controls = standing.controls
    held = {one.name: control_for(one.name, controls, account=one.hedge.account) for one in meant}
    if as_json:
        print_json(
            {
                "bags": [
                    {"name": name, "state": state, "short_cap_usd": cap}
                    for name, (state, cap) in held.items()
                ],
                "controls": controls,
                "daemon_seems_to_run": standing.alive,
            }
        )
        return
    out = console()
    for name, (state, cap) in held.items():
        unwinding = "" if cap is None else f", unwinding to a short of {tables.usd(cap)} USD"
        out.print(f"{name}: {state.value}{unwinding}. {_NEXT[state]}")
        if cap is not None and state is TradingState.HALTED:
            out.print("  A halt is in force too, so nothing is bought back before it is lifted.")
    if standing.alive:
        out.print("The running daemon acts on it in its next cycle.")
    else:
        out.print("No daemon seems to run; the next one to start acts on it.", style="yellow")


_NEXT: Final = {
    TradingState.ACTIVE: "The hedge is kept at its target again.",
    TradingState.REDUCING: "The short may shrink and does not grow.",
    TradingState.HALTED: "Nothing but cancels is sent, the short stays as it is.",
}
