"""``check``: what a careful person looks at before trusting a bot with an account."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.inputs import load_settings
from bot.cli.options import AsJson, ConfigFiles

if TYPE_CHECKING:
    from rich.console import Console

    from bot.domain.check import Finding
    from bot.settings import Settings

_STYLES: Final = {"ok": "green", "warning": "yellow", "failure": "bold red"}


def check(
    config: ConfigFiles = None,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe",
            help="Also try real orders, on a testnet, a demo or the simulated venue only: one that "
            "rests far from the market is looked up and cancelled, then one contract is opened and "
            "closed. The journal keeps them. Stop the daemon first.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Look at every account before the bot gets it: key, terms, contracts, coins, planned hedge.

    One line per finding: ok, a warning, or a failure with what to do about it. Sends nothing
    without --probe. How it ended is remembered for a day, for these very settings.

    Exit code 1 where anything is a failure.
    """
    from bot.domain.check import passed

    findings = asyncio.run(_find(load_settings(config), probing=probe))
    is_passed = passed(findings)
    if as_json:
        from bot.cli.output import print_json

        print_json({"ok": is_passed, "findings": findings})
    else:
        from bot.cli.output import console

        tell(findings, console())
    if not is_passed:
        raise typer.Exit(1)


async def _find(settings: Settings, *, probing: bool) -> tuple[Finding, ...]:
    from bot.app.check_wiring import run_check

    return await run_check(settings, probing=probing)


def tell(findings: Sequence[Finding], out: Console) -> None:
    """One line per finding, and how it ended."""
    from rich.text import Text

    from bot.cli.tables import table
    from bot.domain.check import Level

    made = table("", "what", "finding", "what to do", title="Check", left=4)
    for finding in findings:
        level = Text(finding.level.value, style=_STYLES[finding.level.value])
        made.add_row(level, finding.subject, finding.text, finding.advice)
    out.print(made)
    failures = sum(finding.level is Level.FAILURE for finding in findings)
    warnings = sum(finding.level is Level.WARNING for finding in findings)
    end = "not passed" if failures else "passed"
    out.print(f"Check {end}: {_count(failures, 'failure')}, {_count(warnings, 'warning')}.")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
