"""Which replays were asked for: bags, histories and a grid become cases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from bot.cli import parsing
from bot.cli.inputs import bags_meant, load
from bot.cli.replay_options import SETTING, changed, require_known
from bot.domain.quantities import ZERO, plain
from bot.domain.targets import Full
from bot.errors import ConfigError
from bot.replay import ReplayRequest
from bot.replay.grid import Point, axes_of, points_of
from bot.replay.request import terms_of
from bot.replay.sweep import Case

_LABEL: Final = re.compile(r"([A-Za-z0-9]{1,15})(?::([A-Za-z0-9_-]+))?=(.+)")
_BAG: Final = "bag."


@dataclass(frozen=True, slots=True)
class Files:
    """Files that are one history, and the coin whose prices they hold (None: any)."""

    name: str
    asset: str | None
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say about the bags: settings files and a bag of them, or an asset; texts of
    options by their names; what to sweep over."""

    config: tuple[str, ...]
    bag: str | None
    asset: str | None
    options: Mapping[str, str]
    sweep: tuple[str, ...]
    max_gap: str


def files_of(given: Iterable[str]) -> tuple[Files, ...]:
    """The histories that file arguments name: ``FILE``, ``COIN=FILE`` or ``COIN:NAME=FILE``; files
    of the same coin and name are one history in order of time."""
    found: dict[tuple[str | None, str | None], list[Path]] = {}
    for text in given:
        label = None if Path(text).exists() else _LABEL.fullmatch(text)
        key = (label[1].upper(), label[2]) if label else (None, None)
        found.setdefault(key, []).append(Path(label[3] if label else text))
    return tuple(
        Files(name or (asset or ""), asset, tuple(paths)) for (asset, name), paths in found.items()
    )


def cases_of(asked: Asked, histories: Sequence[Files]) -> tuple[Case, ...]:
    """Every bag over every history of its coin, in every variant of the grid.

    Raises :class:`ConfigError` for anything that cannot be meant, before any file is read.
    """
    axes = axes_of(asked.sweep)
    for axis in axes:
        require_known(axis.name, with_config=bool(asked.config))
    found: list[Case] = []
    bases: dict[Point, dict[str, ReplayRequest]] = {}
    for point in points_of(axes):
        settings = tuple((name, text) for name, text in point if SETTING in name)
        if settings not in bases:
            bases[settings] = _bases(asked, settings)
        changes = {name: text for name, text in point if SETTING not in name}
        for bag, base in bases[settings].items():
            request = changed(base, changes, "--sweep")
            terms_of(request)  # what cannot be meant is told before the work begins
            found += [Case(bag, one.name, point, request) for one in _fitting(request, histories)]
    _require_all_used(found, histories)
    return tuple(found)


def _bases(asked: Asked, settings: Point) -> dict[str, ReplayRequest]:
    """The request of each bag before the grid changes it, by the bag's name."""
    requests = _from_settings(asked, settings) if asked.config else {"": _from_options(asked)}
    max_gap = parsing.length(asked.max_gap, "--max-gap")
    return {
        bag: replace(changed(request, asked.options), max_gap=max_gap)
        for bag, request in requests.items()
    }


def _from_options(asked: Asked) -> ReplayRequest:
    if asked.asset is None:
        raise ConfigError(
            "--asset: say which coin the bag is of, such as BTC, or name a settings file with "
            "--config"
        )
    if asked.bag is not None:
        raise ConfigError("--bag: bags have names in a settings file; name one with --config")
    for name in ("coins", "collateral"):
        if name not in asked.options:
            raise ConfigError(
                f"--{name}: say how many coins, such as 2.5, or name a settings file with --config"
            )
    one = Decimal(1)
    asset = parsing.asset(asked.asset, "--asset")
    return ReplayRequest(asset=asset, coins=one, collateral=ZERO, target=Full())


def _from_settings(asked: Asked, settings: Point) -> dict[str, ReplayRequest]:
    from bot.replay.configured import request_of

    if asked.asset is not None:
        raise ConfigError("--asset: the bags of --config have theirs; leave one of the two out")
    overrides: dict[str, object] = {
        name: _written(text) for name, text in settings if not name.startswith(_BAG)
    }
    changes = [(name, text) for name, text in settings if name.startswith(_BAG)]
    if changes:
        overrides["bags"] = _changed_bags(asked, changes)
    loaded = load(asked.config, overrides).settings
    bags = bags_meant(loaded, asked.bag)
    if not bags:
        raise ConfigError("bags: there is none in the settings; describe one, or use --asset")
    given = {name: asked.options[name] for name in ("coins", "collateral") if name in asked.options}
    if given and len(bags) > 1:
        raise ConfigError(
            f"--{next(iter(given))}: the settings have {len(bags)} bags; choose one with --bag, or "
            "write their coins into simulator.wallets"
        )
    coins = (
        parsing.number(given["coins"], "--coins", parsing.SOME_COINS) if "coins" in given else None
    )
    posted = ZERO if "collateral" in given else None  # the option itself is read with the others
    return {bag.name: request_of(loaded, bag, coins=coins, collateral=posted) for bag in bags}


def _changed_bags(asked: Asked, changes: Sequence[tuple[str, str]]) -> list[object]:
    """The bags as the files have them, with keys such as ``bag.band.outer`` changed in those that
    are meant."""
    written = load(asked.config).layers.tree.get("bags")
    bags: list[object] = deepcopy(written) if isinstance(written, list) else []
    meant = [bag for bag in bags if isinstance(bag, dict) and asked.bag in (None, bag.get("name"))]
    for name, text in changes:
        *way, last = name.removeprefix(_BAG).split(SETTING)
        for bag in meant:
            table: object = bag
            for key in way:
                table = table.setdefault(key, {}) if isinstance(table, dict) else None
            if not isinstance(table, dict):
                raise ConfigError(
                    f"--sweep {name}: {way[-1]!r} is no section of a bag; `hedgehold config show` "
                    "lists all keys"
                )
            table[last] = _written(text)
    return bags


def _written(text: str) -> str:
    """A value as a settings file has it, where shares are no per cents."""
    part = text.removesuffix("%").strip()
    try:
        return text if part == text else plain(Decimal(part) / 100)
    except InvalidOperation:
        return text


def _fitting(request: ReplayRequest, histories: Sequence[Files]) -> list[Files]:
    """The histories of a bag's coin."""
    found = [one for one in histories if one.asset in (None, request.asset)]
    if not found:
        raise ConfigError(
            f"there are no prices of {request.asset}; add {request.asset}=FILE, or choose another "
            "bag with --bag"
        )
    return found


def _require_all_used(cases: Sequence[Case], histories: Sequence[Files]) -> None:
    """No history that nobody asked for, and none for two coins at once."""
    for one in histories:
        assets = {case.request.asset for case in cases if case.history == one.name}
        if not assets:
            raise ConfigError(
                f"{one.paths[0]}: no bag is of {one.asset}; leave the file out, or add a bag"
            )
        if one.asset is None and len(assets) > 1:
            raise ConfigError(
                f"{one.paths[0]}: there are bags of {' and '.join(sorted(assets))}; say whose "
                f"prices these are, such as {min(assets)}={one.paths[0]}"
            )
