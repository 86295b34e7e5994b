"""``python -m tests.simulation``: many seeds of trouble, or one of them word by word."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.cli.output import print_json
from tests.simulation.report import Totals, outcomes, print_totals, tell_one


def main() -> int:
    """Run what was asked for; 1 where a promise was broken."""
    asked = _arguments()
    totals = Totals(asked.hours)
    seeds = range(asked.first, asked.first + asked.seeds)
    if asked.verbose:
        for seed in seeds:
            totals.add(tell_one(seed, asked.hours, partial(print, flush=True)))
    else:
        _with_progress(totals, seeds, asked)
    if asked.json:
        print_json(totals.document())
    else:
        print_totals(totals)
    return 1 if totals.violations else 0


def _with_progress(totals: Totals, seeds: range, asked: argparse.Namespace) -> None:
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("seeds, {task.fields[broken]} violations"),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("Simulating", total=len(seeds), broken=0)
        for outcome in outcomes(seeds, asked.hours, asked.jobs):
            totals.add(outcome)
            bar.update(task, advance=1, broken=len(totals.violations))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/simulate-faults",
        description="Runs the whole daemon in virtual time under seeds of trouble and checks what "
        "may never be. Ends with 1 where a promise was broken.",
    )
    parser.add_argument("--seeds", type=_at_least_one, default=20, help="how many (default 20)")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the first of them")
    parser.add_argument(
        "--hours", type=_hours, default=48.0, help="simulated hours of each, 4 or more (default 48)"
    )
    parser.add_argument(
        "--jobs",
        type=_at_least_one,
        default=os.cpu_count() or 1,
        help="processes at the same time (default: one per core)",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document instead")
    parser.add_argument(
        "--verbose", action="store_true", help="say everything that happens, seed after seed"
    )
    return parser.parse_args()


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _hours(text: str) -> float:
    hours = float(text)
    if not 4 <= hours <= 10_000:
        raise argparse.ArgumentTypeError(f"{text} is not between 4 and 10000 hours")
    return hours


if __name__ == "__main__":
    sys.exit(main())
