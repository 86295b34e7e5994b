"""A dry-run over the wire: the simulated venue in a process of its own, and settings that lead the
real client of a venue to it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.errors import ConfigError
from bot.settings import Settings
from bot.settings.address import passwords_in
from bot.settings.model import Mode

PATIENCE_S: Final = 30.0
"""How long the venue may take to open its doors, and to close them."""
GOING_S: Final = 2.0
"""How long a venue that has closed its mouth may take to go."""


@dataclass(frozen=True, slots=True)
class ServedElsewhere:
    """A simulated venue in another process: its address, and a key per account."""

    venue: str
    base_url: str
    keys: Mapping[str, Mapping[str, str]]


@asynccontextmanager
async def serve_elsewhere(
    settings: Settings, files: Sequence[str], venue: str, *, fresh: bool
) -> AsyncIterator[ServedElsewhere]:
    """Serve the settings' simulated venue as ``venue`` from a process that ends with this block.

    A signal from the terminal does not reach it: it is stopped when the bot has stopped. Raises
    :class:`ConfigError` where it cannot be served.
    """
    if settings.mode is not Mode.DRY_RUN:
        raise ConfigError(
            f"--wire rehearses a dry-run over the wire, and the mode is {settings.mode.value}; "
            f"leave one of them out"
        )
    options = [part for file in files for part in ("--config", file)]
    if fresh:
        options.append("--fresh")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "simulate", "--venue", venue, "--json", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield _read(venue, await _announced(process))
    finally:
        await _end(process)


async def _announced(process: asyncio.subprocess.Process) -> object:
    """What it says once its doors are open."""
    if process.stdout is None or process.stderr is None:
        raise AssertionError("the process was started with pipes")
    text = b""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while line := await process.stdout.readline():
                text += line
                with suppress(ValueError):
                    return json.loads(text)
    await _end(process, GOING_S)
    said = (await process.stderr.read()).decode(errors="replace").strip()
    raise ConfigError(said or "the simulated venue did not open its doors; try again")


async def _end(process: asyncio.subprocess.Process, waiting_s: float = 0.0) -> None:
    """See the process end: by itself within ``waiting_s``, else asked to, at last made to."""
    for end, patience_s in (
        (None, waiting_s),
        (process.terminate, PATIENCE_S),
        (process.kill, None),
    ):
        if process.returncode is not None:
            return
        if end is not None:
            with suppress(ProcessLookupError):
                end()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await process.wait()


def _read(venue: str, said: object) -> ServedElsewhere:
    if not isinstance(said, dict):
        raise ConfigError("the simulated venue did not say where it is; try again")
    keys = {name: key for name, key in said["accounts"].items() if key is not None}
    return ServedElsewhere(venue, said["base_url"], keys)


def led_there(settings: Settings, served: ServedElsewhere) -> dict[str, str]:
    """The environment variables that turn the settings of a dry-run into those of its rehearsal
    over the wire: the venue's client, led to this machine, at the wall's time."""
    found = {
        "HEDGEHOLD_MODE": Mode.TESTNET.value,
        "HEDGEHOLD_CYCLE__INTERVAL_S": f"{settings.cycle.interval_s / settings.simulator.speed:f}",
    }
    journal = settings.journal.url.get_secret_value()
    if not passwords_in(journal):
        found["HEDGEHOLD_JOURNAL__URL"] = journal_beside(journal, served.venue)
    for name, account in settings.accounts.items():
        at = f"HEDGEHOLD_ACCOUNTS__{name.upper()}__"
        found[f"{at}VENUE"] = served.venue
        found[f"{at}API_URL"] = served.base_url
        if account.api_key is None and name in served.keys:
            for part, text in served.keys[name].items():
                slot = "API_KEY" if part == "key" else f"API_{part.upper()}"
                found[f"{at}TESTNET_{slot}"] = text
    return found


def journal_beside(url: str, venue: str) -> str:
    """A journal of its own for the rehearsal over the wire: ``journal-binance.db`` beside
    ``journal.db``. One on a server stays: its name cannot be guessed."""
    scheme, slashes, place = url.partition(":///")
    if not slashes or scheme != "sqlite":
        return url
    file = Path(place)
    return f"{scheme}:///{file.with_name(f'{file.stem}-{venue}{file.suffix}')}"
