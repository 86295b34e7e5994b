"""``replay``: the live decision code over historical prices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import parsing
from bot.cli.options import AsJson
from bot.cli.progress import progress_bar
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.replay import ReplayRequest


def replay(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="Price history as CSV, plain or gzipped (.gz); several files are one history in "
            "order of time. Columns are found by name: ts, spot_close or spot, perp_close, "
            "inv_close or perp, and perhaps funding_rate, funding_rate_at_close or "
            "inv_funding_rate. An empty cell is no quote.",
        ),
    ],
    *,
    asset: Annotated[
        str, typer.Option(metavar="CODE", show_default=False, help="The coin: BTC or ETH.")
    ],
    coins: Annotated[
        str,
        typer.Option(
            metavar="COINS", show_default=False, help="All coins of the bag, collateral included."
        ),
    ],
    collateral: Annotated[
        str,
        typer.Option(
            metavar="COINS",
            show_default=False,
            help="Coins of the bag that lie in the margin wallet and back the short.",
        ),
    ],
    target: Annotated[
        str,
        typer.Option(
            metavar="TARGET",
            help="What to hedge: full, static:0.5 (lock half of the bag), constant-ratio:0.5 "
            "(keep the short at half), usd:100000 (dollars) or keep-coins:1 (coins left unhedged).",
        ),
    ] = "full",
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=NAME",
            show_default=False,
            help="Name a column yourself: spot=close, perp=mark, ts=time. May be "
            "repeated. Default: columns are found by their usual names.",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=TEXT",
            show_default=False,
            help="Read only rows with this text in that column, such as venue=bybit. May be "
            "repeated; all must hold. Default: all rows.",
        ),
    ] = None,
    max_gap: Annotated[
        str,
        typer.Option(
            metavar="DURATION",
            help="A longer time without quotes ends one run; the next starts afresh.",
        ),
    ] = "2d",
    band: Annotated[
        str,
        typer.Option(
            metavar="OUTER[:INNER]",
            help="Edges of the band as shares of the bag, such as 0.02:0.01: trade when the gap is "
            "beyond the outer edge, back to the inner one (half the outer one where not given); "
            "auto derives both.",
        ),
    ] = "auto",
    fee: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            show_default=False,
            help="Taker fee as a share of what is traded. Default: the contract's own, 0.0005.",
        ),
    ] = None,
    half_spread: Annotated[
        str,
        typer.Option(
            metavar="SHARE", help="What an order gives away against the mark price, as a share."
        ),
    ] = "0.0001",
    leverage: Annotated[
        str, typer.Option(metavar="TIMES", help="Leverage set for the position, from 1 to 125.")
    ] = "5",
    html: Annotated[
        str | None,
        typer.Option(
            "--html",
            metavar="FILE",
            show_default=False,
            help="Also write one self-contained page with plots to this file. Default: no page.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run the very decisions of the live bot over historical prices, on a simulated ledger.

    Prints what the hedge did to the value of the bag, against the same coins without it: orders,
    fees, funding, standard deviation, worst losses, and where the money came from, term by term.
    """
    from bot.replay import run_replay, write_html

    request = _request(
        files=files,
        asset=asset,
        coins=coins,
        collateral=collateral,
        target=target,
        column=column,
        where=where,
        max_gap=max_gap,
        band=band,
        fee=fee,
        half_spread=half_spread,
        leverage=leverage,
    )
    page = None if html is None else _writable(html)
    with progress_bar("reading", "bars") as progress:
        report = run_replay(request, progress)
    if page is not None:
        write_html(report, page)
    if as_json:
        from bot.cli.output import print_json

        print_json(report.as_json())
    else:
        from bot.cli.replay_tables import print_report

        print_report(report)
        if page is not None:
            from bot.cli.output import console

            console().print(f"The page is {page}.")


def _request(
    *,
    files: list[str],
    asset: str,
    coins: str,
    collateral: str,
    target: str,
    column: list[str] | None,
    where: list[str] | None,
    max_gap: str,
    band: str,
    fee: str | None,
    half_spread: str,
    leverage: str,
) -> ReplayRequest:
    """The request that the options make. Raises :class:`ConfigError`."""
    from bot.replay import BandChoice, ReplayRequest

    edges = band.strip().partition(":")
    outer, inner = (
        None if edge in ("", "auto") else parsing.number(edge, "--band", parsing.SHARE)
        for edge in (edges[0], edges[2])
    )
    return ReplayRequest(
        asset=parsing.asset(asset, "--asset"),
        coins=parsing.number(coins, "--coins", parsing.SOME_COINS),
        collateral=parsing.number(collateral, "--collateral", parsing.COINS),
        target=parsing.target(target, "--target"),
        files=tuple(Path(name) for name in files),
        columns=parsing.pairs(column or (), "--column", "spot=close"),
        where=tuple(parsing.pairs(where or (), "--where", "venue=bybit").items()),
        max_gap=parsing.length(max_gap, "--max-gap"),
        band=BandChoice(outer_share=outer, inner_share=inner),
        taker_fee_rate=None if fee is None else parsing.number(fee, "--fee", parsing.FEE),
        half_spread=parsing.number(half_spread, "--half-spread", parsing.HALF_SPREAD),
        leverage=parsing.number(leverage, "--leverage", parsing.LEVERAGE),
    )


def _writable(name: str) -> Path:
    """The page to write; a mistake in its place is found before the work is done, not after."""
    page = Path(name)
    if page.is_dir():
        raise ConfigError(f"--html: {name} is a folder; name a file in it")
    if not page.absolute().parent.is_dir():
        raise ConfigError(f"--html: there is no folder {page.parent}; create it first")
    return page
