"""``replay``: the live decision code over historical prices, once or in many variants."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

import typer

from bot.cli import parsing
from bot.cli.inputs import writable_page
from bot.cli.options import AsJson, BagName, ConfigFiles
from bot.cli.progress import progress_bar


def replay(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="Price history as CSV, plain or gzipped (.gz); several files are one history in "
            "order of time. Columns are found by name: ts, spot_close or spot, perp_close, "
            "inv_close or perp, and perhaps funding_rate, funding_rate_at_close or "
            "inv_funding_rate. An empty cell is no quote. COIN=FILE says whose prices they are, "
            "COIN:NAME=FILE gives a history of its own a name; each bag is replayed over all "
            "histories of its coin.",
        ),
    ],
    *,
    config: ConfigFiles = None,
    bag: BagName = None,
    asset: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            show_default=False,
            help="The coin: BTC or ETH. Default: those of the bags of --config.",
        ),
    ] = None,
    coins: Annotated[
        str | None,
        typer.Option(
            metavar="COINS",
            show_default=False,
            help="All coins of the bag, collateral included. Default: what --config says of the "
            "simulated venue's wallets.",
        ),
    ] = None,
    collateral: Annotated[
        str | None,
        typer.Option(
            metavar="COINS",
            show_default=False,
            help="Coins of the bag that lie in the margin wallet and back the short, or a share of "
            "the bag such as 50%. Default: as for --coins.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            metavar="TARGET",
            show_default=False,
            help="What to hedge: full, static:0.5 (lock half of the bag), constant-ratio:0.5 "
            "(keep the short at half), usd:100000 (dollars) or keep-coins:1 (coins left unhedged). "
            "Default: that of the bag in --config, otherwise full.",
        ),
    ] = None,
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
        str | None,
        typer.Option(
            metavar="OUTER[:INNER]",
            show_default=False,
            help="Edges of the band as shares of the bag, such as 0.02:0.01 or 2%:1%: trade when "
            "the gap is beyond the outer edge, back to the inner one (half the outer one where not "
            "given); auto derives both. Default: that of the bag in --config, otherwise auto.",
        ),
    ] = None,
    fee: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            show_default=False,
            help="Taker fee as a share of what is traded. Default: the contract's own, 0.0005.",
        ),
    ] = None,
    half_spread: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            show_default=False,
            help="What an order gives away against the mark price, as a share. Default: 0.0001.",
        ),
    ] = None,
    leverage: Annotated[
        str | None,
        typer.Option(
            metavar="TIMES",
            show_default=False,
            help="Leverage set for the position, from 1 to 125. Default: that of the account in "
            "--config, otherwise 5.",
        ),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUES",
            show_default=False,
            help="Replay every combination of some values, such as band=0.5%,1%,2%. NAME is "
            "target, band, coins, collateral, leverage, fee or half-spread; with --config also a "
            "setting such as band.volatility, or bag.band.outer for a key of the bags. May be "
            "repeated. Default: no grid.",
        ),
    ] = None,
    cores: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            show_default=False,
            help="How many processes share several replays. Default: one for each core.",
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            show_default=False,
            help="Let the Dask cluster share them whose scheduler is there, such as "
            "tcp://127.0.0.1:8786; it needs the extra cluster, and a network of your own. "
            "Default: this machine.",
        ),
    ] = None,
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
    Several bags or histories, and every combination of a grid, are compared in one table.
    """
    from bot.cli.replay_cases import Asked, cases_of, files_of
    from bot.cli.replay_work import read_all, replay_one, tell_of, workers_of

    given = {
        "target": target,
        "band": band,
        "coins": coins,
        "collateral": collateral,
        "leverage": leverage,
        "fee": fee,
        "half-spread": half_spread,
    }
    asked = Asked(
        config=tuple(config or ()),
        bag=bag,
        asset=asset,
        options={name: text for name, text in given.items() if text is not None},
        sweep=tuple(sweep or ()),
        max_gap=max_gap,
    )
    histories = files_of(files)
    cases = cases_of(asked, histories)
    columns = parsing.pairs(column or (), "--column", "spot=close")
    rows = tuple(parsing.pairs(where or (), "--where", "venue=bybit").items())
    page = None if html is None else writable_page(html)
    workers = workers_of(cores, dask)
    if len(cases) == 1 and not sweep:
        replay_one(cases[0], histories[0], columns, rows, page, as_json=as_json)
        return
    with progress_bar("reading", "replays") as progress:
        bars = read_all(histories, columns, rows)
        from bot.replay.sweep import run_sweep

        began = perf_counter()
        outcomes = run_sweep(cases, bars, workers, progress)
    seconds = perf_counter() - began
    if page is not None:
        from bot.replay.sweep_page import write_sweep

        names = ", ".join(path.name for one in histories for path in one.paths)
        write_sweep(f"{len(cases)} replays over {names}", outcomes, page)
    if as_json:
        from bot.cli.output import print_json

        print_json({"seconds": seconds, "cases": [one.as_json() for one in outcomes]})
        return
    from bot.cli.sweep_tables import print_sweep

    print_sweep(outcomes, seconds)
    tell_of(page)
