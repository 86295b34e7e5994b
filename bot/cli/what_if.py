"""``scenario``: a table of what a hedge would do at other prices, and the worked example."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import parsing
from bot.cli.options import AsJson
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.domain.scenario import HedgedBag

_MOVES = "-90,-75,-50,-25,-10,0,10,25,50,100,200,300"


def scenario(
    *,
    asset: Annotated[
        str, typer.Option(metavar="CODE", help="The coin of the bag; a label, nothing follows.")
    ] = "ETH",
    coins: Annotated[
        str, typer.Option(metavar="COINS", help="All coins of the bag, the collateral included.")
    ] = "100",
    spot: Annotated[
        str, typer.Option(metavar="USD", help="Spot price of one coin at the start, in dollars.")
    ] = "4000",
    perp: Annotated[
        str | None,
        typer.Option(
            metavar="USD",
            show_default=False,
            help="Price in dollars at which the short is opened on the perpetual. "
            "Default: 2.5 basis points above the spot price.",
        ),
    ] = None,
    short_usd: Annotated[
        str | None,
        typer.Option(
            metavar="USD",
            show_default=False,
            help="Size of the short in dollars (its face). Default: what --target asks for.",
        ),
    ] = None,
    target: Annotated[
        str,
        typer.Option(
            metavar="TARGET",
            help="How much to short: full, static:0.5 (half of the bag), constant-ratio:0.5 (the "
            "same before any rebalancing), usd:100000 (dollars) or keep-coins:1 (coins left "
            "unhedged). Not rounded to whole contracts.",
        ),
    ] = "full",
    collateral: Annotated[
        str | None,
        typer.Option(
            metavar="COINS",
            show_default=False,
            help="Coins of the bag that lie in the margin wallet and back the short. "
            "Default: what the short needs at --leverage.",
        ),
    ] = None,
    leverage: Annotated[
        str,
        typer.Option(metavar="TIMES", help="Leverage set for the position, from 1 to 125."),
    ] = "5",
    moves: Annotated[
        str,
        typer.Option(
            metavar="LIST", help="Moves of the spot price to look at, in per cent, with commas."
        ),
    ] = _MOVES,
    basis_bps: Annotated[
        str | None,
        typer.Option(
            metavar="LIST",
            show_default=False,
            help="Basis (perpetual over spot) after the move, in basis points, with commas. "
            "Default: the basis at the start, and 50 more and less.",
        ),
    ] = None,
    maintenance_rate: Annotated[
        str,
        typer.Option(
            metavar="SHARE",
            help="Maintenance margin as a share of the position's value, whatever its size.",
        ),
    ] = "0.005",
    as_json: AsJson = False,
) -> None:
    """What would happen to a hedged bag at other prices; pure arithmetic, nothing is traded.

    Shows the bag's coins, the short, the margin behind it, where it would be liquidated, and what
    the bag is worth against the same coins without a hedge. Without options it is a worked example:
    100 ETH at 4,000 dollars, hedged in full with 5x leverage.
    """
    from bot.cli.what_if_tables import print_scenario, print_scenario_json
    from bot.domain.quantities import BPS
    from bot.domain.scenario import outcomes

    code = parsing.asset(asset, "--asset")
    bag = _bag(
        coins=parsing.number(coins, "--coins", parsing.SOME_COINS),
        spot_usd=parsing.number(spot, "--spot", parsing.PRICE),
        perp_text=perp,
        short_text=short_usd,
        target_text=target,
        collateral_text=collateral,
        leverage=parsing.number(leverage, "--leverage", parsing.LEVERAGE),
        maintenance_rate=parsing.number(
            maintenance_rate, "--maintenance-rate", parsing.SMALL_SHARE
        ),
    )
    moved = [n / 100 for n in parsing.numbers(moves, "--moves", parsing.MOVE_PERCENT)]
    own = bag.exposure.basis / BPS
    bases = (
        (own, own - 50, own + 50)
        if basis_bps is None
        else parsing.numbers(basis_bps, "--basis-bps", parsing.BASIS_BPS)
    )
    rows = outcomes(bag, moved, [basis * BPS for basis in bases])
    show = print_scenario_json if as_json else print_scenario
    show(code, bag, rows, len(bases))


def _bag(
    *,
    coins: Decimal,
    spot_usd: Decimal,
    perp_text: str | None,
    short_text: str | None,
    target_text: str,
    collateral_text: str | None,
    leverage: Decimal,
    maintenance_rate: Decimal,
) -> HedgedBag:
    """The bag that the options describe. Raises :class:`ConfigError`."""
    from bot.domain.attribution import BagBook, Marks
    from bot.domain.margin import MaintenanceTier, initial_margin_coin
    from bot.domain.payoff import FLAT
    from bot.domain.quantities import plain
    from bot.domain.scenario import HedgedBag, exposure_of
    from bot.domain.targets import target_short_usd

    if perp_text is not None:
        perp_usd = parsing.number(perp_text, "--perp", parsing.PRICE)
    else:
        perp_usd = spot_usd + spot_usd / 4000
    start = Marks(spot_usd, perp_usd)
    if short_text is not None:
        wanted_usd = parsing.number(short_text, "--short-usd", parsing.USD)
    else:
        unhedged = exposure_of(BagBook(coins, Decimal(0), FLAT), start)
        wanted_usd = target_short_usd(parsing.target(target_text, "--target"), unhedged, coins)
    needed = initial_margin_coin(wanted_usd, perp_usd, leverage)
    if collateral_text is None:
        posted, option = needed, "--leverage"
    else:
        posted = parsing.number(collateral_text, "--collateral", parsing.COINS)
        option = "--collateral"
    if posted > coins:
        raise ConfigError(
            f"{option}: {plain(round(posted, 8))} coins of margin are more than the {plain(coins)} "
            "coins of the bag, whose part they are; short less, or raise --leverage"
        )
    if posted < needed:
        raise ConfigError(
            f"--collateral: {plain(posted)} coins are less than the {plain(round(needed, 8))} that "
            f"a short of {plain(round(wanted_usd, 2))} USD needs at a leverage of "
            f"{plain(leverage)}; post more, or raise --leverage"
        )
    return HedgedBag(coins, posted, wanted_usd, start, (MaintenanceTier(None, maintenance_rate),))
