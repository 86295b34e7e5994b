"""The venue's memory on disk: one JSON file, replaced whole, from which it goes on."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from bot.adapters.simulator.saved import FORMAT, SavedState, adapter
from bot.adapters.simulator.spec import VenueSpec
from bot.errors import ConfigError, InvariantBroken
from bot.settings.access import open_private


def read(file: Path) -> SavedState:
    """Read a state file. Raises :class:`ConfigError` where it is none, or damaged."""
    try:
        text = file.read_bytes()
        saved: SavedState = adapter(SavedState).validate_json(text)
    except OSError as cause:
        raise ConfigError(f"the venue's state {file} cannot be read: {cause.strerror}") from cause
    except (ValidationError, InvariantBroken) as cause:
        raise ConfigError(
            f"{file} is no state of the simulated venue, or it is damaged; move it away, or start "
            "over with --fresh"
        ) from cause
    if saved.format != FORMAT:
        raise ConfigError(
            f"{file} was written in another format ({saved.format!r}); start over with --fresh"
        )
    return saved


def saved_at(file: Path) -> datetime | None:
    """The venue's time when it last wrote its state, for a clock to go on from; None where there
    is no file. Raises :class:`ConfigError` like :func:`read`."""
    return read(file).venue.saved_at if file.exists() else None


@contextmanager
def sole_owner(file: Path) -> Iterator[None]:
    """Keep other processes from serving the same state; the lock beside it falls with the process.

    Raises :class:`ConfigError` where another one does already.
    """
    lock = file.with_name(f"{file.name}.lock")
    try:
        with open(lock, "a", encoding="utf-8", opener=open_private) as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as cause:
                raise ConfigError(
                    f"another process serves the venue's state {file}: stop it first, or set "
                    "simulator.state_file to another file"
                ) from cause
            yield
    except OSError as cause:
        raise ConfigError(f"{lock} cannot be written: {cause.strerror}") from cause


def start_over(file: Path) -> None:
    """Forget a saved venue, if there is one. Raises :class:`ConfigError` where it may not."""
    try:
        for remains in (file, _fresh(file)):
            remains.unlink(missing_ok=True)
    except OSError as cause:
        raise ConfigError(
            f"the venue's state {file} cannot be deleted: {cause.strerror}"
        ) from cause


def replace_file(file: Path, text: str, *, durable: bool) -> None:
    """Write the file anew, so that a reader or a crash sees the old or the new one, whole.

    ``durable`` also waits for the disk. Raises :class:`ConfigError` where it cannot be written.
    """
    fresh = _fresh(file)
    try:
        with open(fresh, "w", encoding="utf-8", opener=open_private) as out:
            out.write(text)
            if durable:
                out.flush()
                os.fsync(out.fileno())
        fresh.replace(file)
    except OSError as cause:
        raise ConfigError(
            f"the venue's state {file} cannot be written: {cause.strerror}"
        ) from cause


def _fresh(file: Path) -> Path:
    return file.with_name(f"{file.name}.new")


def fingerprint(spec: VenueSpec) -> dict[str, str]:
    """What must be the same for a saved state to go on: everything but the faults."""
    found = {"seed": str(spec.seed), "step": f"{spec.step_s:g} s", "events": _digest(spec.events)}
    if spec.start is not None:
        found["start"] = spec.start.isoformat()
    for market in spec.markets:
        found[f"market {market.instrument.symbol}"] = _digest(market)
    for account in spec.accounts:
        found[f"account {account.name}"] = _digest(account)
    return found


def require_same(saved: dict[str, str], now: dict[str, str], file: Path) -> None:
    """Raise :class:`ConfigError` naming the first setting that is another one than at the start."""
    other = [name for name in (saved | now) if saved.get(name) != now.get(name)]
    if not other:
        return
    name = other[0]
    was, wanted = saved.get(name), now.get(name)
    if was is None or wanted is None:
        change = f"{name} {'was not there before' if was is None else 'is not there any more'}"
    elif name in ("seed", "step", "start"):
        change = f"{name} was {was}, now {wanted}"
    else:
        change = f"the settings of {name} are others now"
    raise ConfigError(
        f"{file} belongs to another simulated venue ({change}); put the settings back, or start "
        "over with --fresh"
    )


def _digest(value: object) -> str:
    return sha256(repr(value).encode()).hexdigest()[:16]
