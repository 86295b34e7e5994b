"""``simulate``: the simulated venue over HTTP, so that a client can rehearse in a process of its
own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from bot.cli.inputs import load_settings
from bot.cli.options import AsJson, ConfigFiles
from bot.cli.output import console, print_json
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.app.serving import ServedVenue
    from bot.settings import Settings

_HIGHEST_PORT: Final = 65_535
_TITLES: Final = {
    "binance": "Binance (spot, wallets and COIN-M)",
    "bybit": "Bybit (unified account, inverse contracts)",
    "okx": "OKX (trading and funding account, coin-margined swaps)",
}
_CLIENTS: Final = {"binance": "binancecoinm", "bybit": "bybit", "okx": "okx"}
_CLIENT: Final = """\
    from urllib.parse import urlsplit
    import ccxt

    client = ccxt.{client}()
    client.apiKey = "{key}"
    client.secret = "{secret}"
    client.password = "{password}"  # where the venue has one
    for name, url in client.urls["api"].items():
        client.urls["api"][name] = "{base_url}" + urlsplit(url).path"""


def simulate(
    config: ConfigFiles = None,
    venue: Annotated[
        Literal["binance", "bybit", "okx"],
        typer.Option(metavar="VENUE", help="Whose dialect it speaks: binance, bybit or okx."),
    ] = "binance",
    port: Annotated[
        str,
        typer.Option(metavar="P", help="The port on this machine; 0 takes any free one."),
    ] = "0",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over: first delete this venue's state, for good.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Serve the simulated venue over HTTP as a real one answers, on this machine alone.

    Any client of that venue can trade there, with made-up keys and nothing real: what it holds and
    what befalls it stand in the section simulator of the settings. Ctrl-C (or SIGTERM) stops it; it
    goes on from there the next time.
    """
    number = _port(port)
    settings = load_settings(config)
    asyncio.run(_serve(settings, venue, number, fresh=fresh, as_json=as_json))


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > _HIGHEST_PORT:
        raise ConfigError(
            f"--port: {text!r} is not a port; use a number from 1 to {_HIGHEST_PORT}, or 0 for any "
            "free one"
        )
    return int(text)


async def _serve(settings: Settings, venue: str, port: int, *, fresh: bool, as_json: bool) -> None:
    from bot.app.serving import open_wire

    stopping = asyncio.Event()
    with _signals(stopping):
        async with open_wire(settings, venue=venue, port=port, fresh=fresh) as served:
            _announce(served, venue, as_json=as_json)
            await stopping.wait()


def _announce(served: ServedVenue, venue: str, *, as_json: bool) -> None:
    """Say where it is and how to get in. Whoever reads through a pipe gets it at once."""
    if as_json:
        print_json(
            {
                "venue": venue,
                "base_url": served.base_url,
                "state_file": served.state_file,
                "accounts": {
                    made.key.account: {
                        "key": made.key.key,
                        "secret": made.key.secret,
                        "password": made.key.password,
                    }
                    if made.is_made_up
                    else None
                    for made in served.admissions
                },
            }
        )
        print(end="", flush=True)
        return
    out = console()
    out.print(
        f"Simulated {_TITLES[venue]} at {served.base_url}: nothing real is traded. Its market runs "
        f"{served.time_words}, its state is kept in {served.state_file}. Ctrl-C stops it."
    )
    for admission in served.admissions:
        made = admission.key
        out.print(f"\nAccount {made.account}")
        if admission.is_made_up:
            print(f"    key       {made.key}\n    secret    {made.secret}")
            print(f"    password  {made.password}")
        else:
            out.print("    key and secret are those of the settings")
    first = served.admissions[0]
    parts = (first.key.key, first.key.secret, first.key.password)
    key, secret, password = parts if first.is_made_up else ("…", "…", "…")
    out.print(
        "\nTo lead a ccxt client there, replace scheme and host and keep the path. It reads the "
        "meaning of some error codes from the real host and calls them ExchangeError here.\n"
    )
    shown = _CLIENT.format(
        client=_CLIENTS[venue],
        base_url=served.base_url,
        key=key,
        secret=secret,
        password=password,
    )
    print(shown, flush=True)


@contextlib.contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM ask to stop; a second one is left to the operating system."""
    loop = asyncio.get_running_loop()
    caught = (signal.SIGINT, signal.SIGTERM)

    def ask() -> None:
        stopping.set()
        for one in caught:
            loop.remove_signal_handler(one)

    for one in caught:
        loop.add_signal_handler(one, ask)
    try:
        yield
    finally:
        for one in caught:
            loop.remove_signal_handler(one)
