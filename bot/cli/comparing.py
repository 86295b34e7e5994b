"""``scripts/compare``: our hedges beside no hedge and beside what a naive bot does."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli import parsing
from bot.cli.inputs import writable_page
from bot.cli.main import main
from bot.cli.options import paragraphs
from bot.cli.output import console, print_json
from bot.cli.progress import progress_bar
from bot.errors import ConfigError

if TYPE_CHECKING:
    from decimal import Decimal

    from bot.replay import ReplayRequest
    from bot.replay.compare_page import Comparison
    from bot.replay.comparing import Rival
    from bot.replay.cores import Workers

_HOUR: Final = timedelta(hours=1)
_MOST_PATHS: Final = 100_000


def compare(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="Price history as for `hedgehold replay`; several files are one history in order "
            "of time. Default: random paths of the simulated venue.",
        ),
    ] = None,
    *,
    asset: Annotated[str, typer.Option(metavar="CODE", help="The coin: BTC or ETH.")] = "BTC",
    coins: Annotated[str, typer.Option(metavar="COINS", help="All coins of the bag.")] = "5",
    collateral: Annotated[
        str,
        typer.Option(
            metavar="COINS",
            help="Coins of the bag in the margin wallet, or a share of it such as 50%.",
        ),
    ] = "100%",
    ratio: Annotated[
        str, typer.Option(metavar="SHARE", help="The constant ratio that is compared.")
    ] = "0.5",
    bands: Annotated[
        str,
        typer.Option(
            metavar="LIST", help="Its bands: outer edges as shares of the bag, with commas."
        ),
    ] = "auto,0.5%,1%,2%,5%",
    window: Annotated[
        str, typer.Option(metavar="DURATION", help="How long each rule is followed.")
    ] = "90d",
    every: Annotated[
        str,
        typer.Option(metavar="DURATION", help="How often a window begins in a price history."),
    ] = "10d",
    paths: Annotated[
        str, typer.Option(metavar="N", help="How many random paths there are without a file.")
    ] = "100",
    seed: Annotated[str, typer.Option(metavar="S", help="Seed of the random paths.")] = "1",
    fee: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            show_default=False,
            help="Taker fee as a share of what is traded. Default: the contract's own, 0.0005.",
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=NAME",
            show_default=False,
            help="Name a column yourself, as for replay. Default: their usual names.",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=TEXT",
            show_default=False,
            help="Read only rows with this text in that column. Default: all rows.",
        ),
    ] = None,
    cores: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="How many processes share the work. Default: one for each core.",
        ),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option(
            "--html",
            metavar="FILE",
            show_default=False,
            help="Also write one self-contained page with plots. Default: no page.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Replay the same prices with no hedge, our full hedge, the rule that follows the spot wallet
    only, and our constant ratio at several bands; then the scenarios of the playbook.

    Each rule starts afresh in every window of the prices. Printed are trades, turnover, fees, and
    of the change of value its standard deviation, the mean of its worst 5 % and its worst case.
    """
    from bot.cli.compare_tables import comparison_document, print_comparison
    from bot.replay.compare_page import told_of, write_comparison
    from bot.replay.comparing import rivals_of
    from bot.replay.cores import Cores
    from bot.replay.playbook import SCENARIOS

    bag = _bag(asset, coins, collateral, fee)
    share = parsing.number(ratio, "--ratio", parsing.SHARE)
    widths = _bands(bands)
    rivals = rivals_of(bag, ratio=share, bands=widths)
    page = None if html is None else writable_page(html)
    workers = Cores(None if cores is None else parsing.whole(cores, "--cores"))
    length = parsing.length(window, "--window")
    if files:
        comparison = _over_files(
            files, rivals, length, every, column=column, where=where, workers=workers
        )
    else:
        comparison = _over_paths(bag.asset, rivals, length, paths, seed, workers)
    told = [told_of(one, rivals_of(one.bag(), ratio=share, bands=widths)) for one in SCENARIOS]
    if page is not None:
        write_comparison([comparison], told, page)
    if as_json:
        print_json(comparison_document(comparison, told))
        return
    print_comparison(comparison, told)
    if page is not None:
        console().print(f"The page is {page}.")


def _bag(asset: str, coins: str, collateral: str, fee: str | None) -> ReplayRequest:
    """The bag that every rule hedges. Raises :class:`ConfigError`."""
    from bot.cli.replay_options import changed
    from bot.domain.quantities import ONE, ZERO
    from bot.domain.targets import Full
    from bot.replay import ReplayRequest
    from bot.replay.request import terms_of

    code = parsing.asset(asset, "--asset")
    texts = {"coins": coins, "collateral": collateral} | ({} if fee is None else {"fee": fee})
    bag = changed(ReplayRequest(asset=code, coins=ONE, collateral=ZERO, target=Full()), texts)
    terms_of(bag)
    return bag


def _bands(text: str) -> tuple[Decimal | None, ...]:
    return tuple(
        None if part.strip() == "auto" else parsing.number(part, "--bands", parsing.SHARE)
        for part in text.split(",")
    )


def _over_files(
    files: list[str],
    rivals: tuple[Rival, ...],
    length: timedelta,
    every: str,
    *,
    column: list[str] | None,
    where: list[str] | None,
    workers: Workers,
) -> Comparison:
    from bot.replay.compare_page import Comparison
    from bot.replay.comparing import compare_history, windows_of
    from bot.replay.history import read_history

    step = parsing.length(every, "--every")
    columns = parsing.pairs(column or (), "--column", "spot=close")
    rows = tuple(parsing.pairs(where or (), "--where", "venue=bybit").items())
    with progress_bar("reading", "windows") as progress:
        bars = read_history([Path(name) for name in files], columns=columns, where=rows)
        windows = windows_of(bars, length=length, every=step, max_gap=rivals[0].request.max_gap)
        if not windows:
            raise ConfigError(
                f"--window: no stretch of the prices is as long as {_days(length)}; give a shorter "
                "one"
            )
        standings = compare_history(rivals, bars, windows, workers, progress)
    names = ", ".join(Path(name).name for name in files)
    return Comparison(f"{names}: {len(windows)} windows of {_days(length)}", standings)


def _over_paths(
    asset: str,
    rivals: tuple[Rival, ...],
    length: timedelta,
    paths: str,
    seed: str,
    workers: Workers,
) -> Comparison:
    from bot.replay.compare_page import Comparison
    from bot.replay.comparing import compare_paths
    from bot.replay.sampled import usual_market

    count, number = parsing.whole(paths, "--paths"), parsing.whole(seed, "--seed")
    if count > _MOST_PATHS:
        raise ConfigError(f"--paths: {count:,} are too many; {_MOST_PATHS:,} are the most")
    if length < _HOUR:
        raise ConfigError("--window: random paths have a step an hour; give 1h or more")
    market = usual_market(asset)
    with progress_bar("starting", "paths") as progress:
        standings = compare_paths(
            rivals,
            market,
            steps=round(length / _HOUR),
            paths=count,
            seed=number,
            workers=workers,
            progress=progress,
        )
    title = f"{count} random paths of {asset} over {_days(length)}, seed {number}"
    return Comparison(title, standings)


def _days(length: timedelta) -> str:
    return f"{length / timedelta(days=1):g} days"


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command(
    help=paragraphs(compare),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)(compare)

if __name__ == "__main__":
    sys.exit(main(commands=app, name="scripts/compare"))
