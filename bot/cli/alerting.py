"""``alert``: whether alerts reach anybody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.inputs import load_settings
from bot.cli.options import AsJson, ConfigFiles
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.settings import Settings


def alert(
    config: ConfigFiles = None,
    test: Annotated[
        bool, typer.Option("--test", help="Send one test alert to every address of notify.urls.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send a test alert to everybody who is told of alerts, and say for each whether it went.

    Of an address only its kind is shown. Exit code 1 where one of them did not take it.
    """
    if not test:
        raise ConfigError("nothing is sent unasked; add --test to send a test alert")
    settings = load_settings(config)
    if not settings.notify.urls:
        raise ConfigError(
            "notify.urls: there is no address, so nobody is told of alerts; set "
            "HEDGEHOLD_NOTIFY__URLS in the environment or .env"
        )
    went = asyncio.run(_send(settings))
    if as_json:
        from bot.cli.output import print_json

        print_json({"addresses": [{"kind": kind, "went": is_so} for kind, is_so in went]})
    else:
        from bot.cli.output import console

        out = console()
        for number, (kind, is_so) in enumerate(went, 1):
            words = "the test alert went" if is_so else "THE TEST ALERT DID NOT GO"
            out.print(f"#{number}, {kind}: {words}.", style=None if is_so else "bold red")
    if not all(is_so for _, is_so in went):
        raise typer.Exit(1)


async def _send(settings: Settings) -> list[tuple[str, bool]]:
    from bot.app.voice import channels_of
    from bot.domain.alerts import EVERYBODY, TEST, Alert
    from bot.domain.notices import Message

    happened, did = "somebody tries whether alerts arrive", "it sent this message and nothing else"
    message = Message(Alert(TEST, EVERYBODY, happened, did))
    channels = channels_of(settings)
    went = await asyncio.gather(*(channel.send(message) for channel in channels))
    return [(channel.scheme, is_so) for channel, is_so in zip(channels, went, strict=True)]
