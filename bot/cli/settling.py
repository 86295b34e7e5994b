"""``settle``: a person says what became of coins whose arrival the bot cannot tell."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bot.cli.inputs import load_settings, open_journal
from bot.cli.options import AsJson, ConfigFiles, Reason
from bot.cli.steering import user
from bot.domain.quantities import plain
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.domain.records import Transfer
    from bot.settings import Settings

_ONE_OF_BOTH: Final = "say what became of it: either --arrived or --failed"


def settle(
    transfer: Annotated[
        str,
        typer.Argument(
            metavar="TRANSFER", help="The transfer's id. Without one, those in doubt are listed."
        ),
    ] = "",
    config: ConfigFiles = None,
    arrived: Annotated[
        bool, typer.Option("--arrived", help="The coins are in the wallet that they were sent to.")
    ] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="The coins never left, or came back.")
    ] = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Say what became of coins on their way between two wallets, or list those in doubt.

    The bot settles a transfer by itself once the wallets show its end. Where they never do, look at
    the venue and say what you saw, with a --reason, which is kept. Meanwhile it moves no other
    coins on that account.
    """
    settings = load_settings(config)
    found: tuple[Transfer, ...]
    if transfer:
        if arrived is failed:
            raise ConfigError(f"{transfer}: {_ONE_OF_BOTH}")
        if not reason.strip():
            raise ConfigError("--reason: say in your words what you saw at the venue; it is kept")
        found = (asyncio.run(_settle(settings, transfer, reason, arrived=arrived)),)
    elif arrived or failed:
        raise ConfigError("which transfer? Name its id; `hedgehold settle` lists those in doubt")
    else:
        found = asyncio.run(_in_doubt(settings))
    _report(found, as_json=as_json)


async def _settle(settings: Settings, name: str, reason: str, *, arrived: bool) -> Transfer:
    from bot.engine.arrivals import settle_by_hand

    async with open_journal(settings) as journal:
        by = f"{user()}: {reason.strip()}"
        return await settle_by_hand(name, arrived=arrived, by=by, journal=journal)


async def _in_doubt(settings: Settings) -> tuple[Transfer, ...]:
    async with open_journal(settings) as journal:
        return await journal.transfers(unsettled_only=True)


def _report(transfers: tuple[Transfer, ...], *, as_json: bool) -> None:
    from bot.cli.output import console, print_json

    if as_json:
        print_json({"transfers": transfers})
        return
    out = console()
    for one in transfers:
        coins = f"{plain(one.amount_coin)} {one.asset}"
        way = f"from {one.source.value} to {one.destination.value} of {one.account}"
        since = f"{one.at:%Y-%m-%d %H:%M:%S} UTC"
        out.print(f"{one.transfer_id}: {coins} {way}, {since}: {one.status.value}. {one.note}")
    if not transfers:
        out.print("No coins are on their way.")
