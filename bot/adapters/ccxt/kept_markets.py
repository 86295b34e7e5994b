"""The contracts in use, kept in a file between two starts: what the venue said of them, and which
figures of theirs somebody has agreed to.

What it said saves a question while it is young enough. What was agreed to outlives every age
limit: a contract whose size, tick, lot or smallest order has changed is told about at every start,
until the account is opened once with ``accept_changes``, or the file is taken away. No key, no
address and nothing of an account is ever in the file.

An adapter makes two calls: :meth:`KeptMarkets.load` before it asks, and :meth:`KeptMarkets.keep`
once it has read the contracts, whether it has asked or not.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeAlias

import structlog

from bot.adapters.ccxt.figures import Row
from bot.adapters.ccxt.spec import AccountSpec
from bot.domain.instrument import (
    AGREED_FIGURES,
    ContractChange,
    InversePerpetual,
    agreed_figures,
    contract_changes,
)
from bot.domain.quantities import plain
from bot.errors import ConfigError, MalformedReport
from bot.settings.access import make_private_folder

MAX_AGE: Final = timedelta(hours=24)
"""How long what a venue said of its contracts is taken for what it would say now."""

OTHERS: Final = "*"
"""The group of contracts on coins that are not in use, for adapters that must know of them."""

FORMAT: Final = 1

Rows: TypeAlias = Sequence[Mapping[str, Any]]
"""Rows as the venue sent them."""

_log: Final = structlog.get_logger("hedgehold.markets")


@dataclass(slots=True)
class _Kept:
    """The content of a file: rows and when they were asked for by group, figures by symbol."""

    groups: dict[str, tuple[datetime, list[dict[str, Any]]]] = field(default_factory=dict)
    agreed: dict[str, dict[str, Decimal]] = field(default_factory=dict)


class KeptMarkets:
    """What is kept of one environment of one venue; nothing, where there is no folder for it.

    Rows are kept by group: the coin in use that they are about, or :data:`OTHERS`.
    """

    def __init__(self, spec: AccountSpec, *, max_age: timedelta = MAX_AGE) -> None:
        self._where = f"account {spec.name}"
        self._home = {"venue": spec.venue, "environment": spec.environment.value}
        self._max_age = max_age
        self._accept = spec.accept_changes
        self._file: Path | None = None
        if spec.cache_folder is not None:
            self._file = spec.cache_folder / f"markets-{spec.venue}-{spec.environment.value}.json"

    def load(self, groups: Collection[str], *, now: datetime) -> tuple[dict[str, Any], ...] | None:
        """The rows of these groups, all of them young enough; None where the venue must be asked:
        one is missing or too old, its time lies ahead, or the file is damaged."""
        if self._file is None:
            return None
        kept = self._read()
        found: list[dict[str, Any]] = []
        for group in groups:
            asked_at, rows = kept.groups.get(group, (None, []))
            if asked_at is None or not timedelta(0) <= now - asked_at < self._max_age:
                return None
            found.extend(rows)
        return tuple(found)

    def keep(
        self,
        instruments: Iterable[InversePerpetual],
        asked: Mapping[str, Rows] | None,
        *,
        now: datetime,
    ) -> tuple[ContractChange, ...]:
        """Write down what the venue was ``asked`` for, by group (None where nothing was), and tell
        which figures of the contracts in use are not the agreed ones.

        A contract that is seen for the first time is agreed to as it is. Raises
        :class:`bot.errors.ConfigError` where the file cannot be written.
        """
        if self._file is None:
            return ()
        changes: list[ContractChange] = []
        try:
            make_private_folder(self._file.parent)
            with _alone(self._file):
                kept = self._read()
                before = dict(kept.agreed)
                for instrument in instruments:
                    agreed = kept.agreed.get(instrument.symbol)
                    if agreed is None or self._accept:
                        kept.agreed[instrument.symbol] = agreed_figures(instrument)
                    else:
                        changes.extend(contract_changes(agreed, instrument))
                for group, rows in (asked or {}).items():
                    kept.groups[group] = (now, [dict(row) for row in rows])
                if asked is not None or kept.agreed != before:
                    _replace(self._file, self._written(kept))
        except OSError as cause:
            raise ConfigError(
                f"{self._where}: the contracts cannot be kept in {self._file}: {cause.strerror}; "
                f"make the folder writable, or choose another one"
            ) from cause
        for change in changes:
            _log.warning("contract-changed", account=self._where, change=str(change))
        return tuple(changes)

    def _read(self) -> _Kept:
        """What the file holds; nothing where there is none or where it cannot be made out."""
        if self._file is None or not self._file.exists():
            return _Kept()
        try:
            return self._understood(json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, MalformedReport) as cause:
            _log.warning("kept-contracts-damaged", file=str(self._file), why=str(cause))
            return _Kept()

    def _understood(self, document: object) -> _Kept:
        top = Row(document, "kept contracts")
        if top.number("format") != FORMAT:
            top.malformed("format", "is not the one of this program")
        for name, wanted in self._home.items():
            if top.text(name) != wanted:
                top.malformed(name, f"is {top.text(name)!r}, not {wanted!r}")
        kept = _Kept()
        for symbol, figures in _objects(document, "agreed"):
            row = Row(figures, f"kept figures of {symbol}")
            kept.agreed[symbol] = {name: row.number(name) for name in AGREED_FIGURES}
        try:
            kept.groups.update(_groups(document))
        except (ValueError, MalformedReport) as cause:
            _log.warning("kept-contracts-damaged", file=str(self._file), why=str(cause))
        return kept

    def _written(self, kept: _Kept) -> str:
        document = {
            "format": FORMAT,
            **self._home,
            "agreed": {
                symbol: {name: plain(figure) for name, figure in figures.items()}
                for symbol, figures in sorted(kept.agreed.items())
            },
            "groups": {
                group: {"asked_at": asked_at.isoformat(), "rows": rows}
                for group, (asked_at, rows) in sorted(kept.groups.items())
            },
        }
        return json.dumps(document, indent=1)


def _groups(document: object) -> dict[str, tuple[datetime, list[dict[str, Any]]]]:
    """The rows by group, and when they were asked for."""
    found: dict[str, tuple[datetime, list[dict[str, Any]]]] = {}
    for group, content in _objects(document, "groups"):
        asked_at = datetime.fromisoformat(Row(content, f"kept group {group}").text("asked_at"))
        rows = content.get("rows")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise MalformedReport(f"kept contracts: group {group} is incomplete")
        if asked_at.tzinfo is None:
            raise MalformedReport(f"kept contracts: group {group} has a time without a zone")
        found[group] = (asked_at, rows)
    return found


def _objects(document: object, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The named objects inside a part of the file."""
    part = document.get(name) if isinstance(document, dict) else None
    if not isinstance(part, dict) or not all(isinstance(inner, dict) for inner in part.values()):
        raise MalformedReport(f"kept contracts: {name} is missing")
    yield from part.items()


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other processes from writing the same file meanwhile."""
    with file.with_name(f"{file.name}.lock").open("a", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _replace(file: Path, text: str) -> None:
    """Put a file there whole, or leave the old one."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
