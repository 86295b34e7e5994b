"""What ``replay`` does once it knows what was asked for: read, replay, write, tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli import parsing
from bot.cli.progress import progress_bar
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.cli.replay_cases import Files
    from bot.replay import Bars
    from bot.replay.cores import Workers
    from bot.replay.sweep import Case


def replay_one(
    case: Case,
    history: Files,
    columns: Mapping[str, str],
    rows: tuple[tuple[str, str], ...],
    page: Path | None,
    *,
    as_json: bool,
) -> None:
    """A single replay, told in full."""
    from bot.replay import run_replay, write_html

    request = replace(case.request, files=history.paths, columns=columns, where=rows)
    with progress_bar("reading", "bars") as progress:
        report = run_replay(request, progress)
    if page is not None:
        write_html(report, page)
    if as_json:
        from bot.cli.output import print_json

        print_json(report.as_json())
        return
    from bot.cli.replay_tables import print_report

    print_report(report)
    tell_of(page)


def tell_of(page: Path | None) -> None:
    """Where the page is, if there is one."""
    from bot.cli.output import console

    if page is not None:
        console().print(f"The page is {page}.")


def read_all(
    histories: Sequence[Files], columns: Mapping[str, str], rows: tuple[tuple[str, str], ...]
) -> dict[str, Bars]:
    """The bars of every history, by its name. Raises :class:`ConfigError`."""
    from bot.replay.history import read_history

    return {one.name: read_history(one.paths, columns=columns, where=rows) for one in histories}


def workers_of(cores: str | None, dask: str | None) -> Workers:
    """Who shares the work. Raises :class:`ConfigError`."""
    from bot.replay.cores import Cores

    if dask is None:
        return Cores(None if cores is None else parsing.whole(cores, "--cores"))
    if cores is not None:
        raise ConfigError("--cores: the cluster of --dask has its own; leave one of the two out")
    from bot.replay.cluster import Cluster

    return Cluster(dask)
