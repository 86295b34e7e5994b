"""``plan --what-if``: the odds of each bag's plan on random paths, as tables, document and page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.cli import parsing, tables
from bot.cli.output import console
from bot.cli.progress import progress_bar
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.domain.judgement import HedgePlan
    from bot.domain.records import CycleRecord
    from bot.replay.what_if import Odds
    from bot.settings import Settings

PATHS: Final = 10_000
SEED: Final = 1
_MOST_PATHS: Final = 1_000_000
_SHORTEST: Final = timedelta(hours=1)
_LONGEST: Final = timedelta(days=5 * 365)


@dataclass(frozen=True, slots=True)
class Asked:
    """How far ahead, on how many paths, from which seed."""

    horizon: timedelta
    paths: int
    seed: int


def asked_of(
    what_if: str | None, paths: str | None, seed: str | None, html: str | None
) -> Asked | None:
    """What the options ask for; None for nothing. Raises :class:`ConfigError`."""
    if what_if is None:
        for option, given in (("--paths", paths), ("--seed", seed), ("--html", html)):
            if given is not None:
                raise ConfigError(f"{option}: it belongs to --what-if; say how far ahead, like 90d")
        return None
    horizon = parsing.length(what_if, "--what-if")
    if not _SHORTEST <= horizon <= _LONGEST:
        raise ConfigError(
            f"--what-if: {what_if!r} is not between 1h and {_LONGEST.days}d; write one such as 90d"
        )
    count = PATHS if paths is None else parsing.whole(paths, "--paths")
    if count > _MOST_PATHS:
        raise ConfigError(f"--paths: {count:,} are too many; {_MOST_PATHS:,} are the most")
    number = SEED if seed is None else parsing.whole(seed, "--seed")
    return Asked(horizon, count, number)


def odds_by_bag(
    asked: Asked,
    settings: Settings,
    records: Sequence[CycleRecord],
    plans: Mapping[str, HedgePlan],
) -> dict[str, Odds]:
    """The odds of every bag that was seen, by its name."""
    from bot.replay.configured import question_of
    from bot.replay.cores import Cores
    from bot.replay.what_if import odds_of

    found: dict[str, Odds] = {}
    for record in records:
        sight = record.sight
        if sight is None:
            continue
        question = question_of(
            settings,
            plans[record.bag],
            sight,
            horizon_s=asked.horizon.total_seconds(),
            paths=asked.paths,
            seed=asked.seed,
        )
        with progress_bar(record.bag, f"{record.bag}, parts") as progress:
            found[record.bag] = odds_of(question, Cores(), progress)
    return found


def print_odds(odds: Mapping[str, Odds]) -> None:
    """A table and its notes for each bag."""
    from bot.replay.what_if_words import RANGE_HEADINGS, notes_of, range_rows

    out = console()
    for bag, one in odds.items():
        question = one.question
        title = f"What may become of {bag} in {question.days:g} days, {question.paths:,} paths, USD"
        made = tables.table(*RANGE_HEADINGS, title=title)
        for row in range_rows(one):
            made.add_row(*row)
        out.print()
        out.print(made)
        for note in notes_of(one):
            out.print(f"{note[:1].upper()}{note[1:]}.")


def write_odds(odds: Mapping[str, Odds], page: Path) -> None:
    """The page with the plots."""
    from bot.replay.what_if_page import write_what_if

    write_what_if(list(odds.items()), page)
