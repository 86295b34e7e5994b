"""What the options of ``replay`` change in a request, each by a name that can be swept over too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final, TypeAlias

from bot.cli import parsing
from bot.domain.quantities import plain
from bot.errors import ConfigError
from bot.replay import ReplayRequest

Change: TypeAlias = Callable[[ReplayRequest, str, str], ReplayRequest]
"""A request with one thing changed, from a text and the option that it stands in."""

SETTING: Final = "."
"""What the name of a setting has in it, such as ``band.volatility``, and no name in here."""


def changed(request: ReplayRequest, changes: Mapping[str, str], option: str = "") -> ReplayRequest:
    """The request with all that is asked for. ``option`` is where the texts stand; where it is
    empty, each stands in the option of its name. Raises :class:`ConfigError`."""
    for name, change in CHANGES.items():
        if name in changes:
            where = f"{option} {name}" if option else f"--{name}"
            request = change(request, changes[name], where)
    return request


def require_known(name: str, *, with_config: bool) -> None:
    """Raises :class:`ConfigError` for a name that can not be swept over."""
    if name in CHANGES or (SETTING in name and with_config):
        return
    if SETTING in name:
        raise ConfigError(
            f"--sweep {name}: only a replay of a settings file can sweep over its settings; name "
            "the file with --config"
        )
    near = get_close_matches(name, CHANGES, n=1)
    advice = f"did you mean {near[0]}? " if near else ""
    raise ConfigError(
        f"--sweep: there is no {name!r} to sweep over; {advice}It can be {', '.join(CHANGES)}, and "
        "with --config a setting such as band.volatility or bag.band.outer".replace("; It", "; it")
    )


def _target(request: ReplayRequest, text: str, option: str) -> ReplayRequest:
    return replace(request, target=parsing.target(text, option))


def _band(request: ReplayRequest, text: str, option: str) -> ReplayRequest:
    outer, _, inner = text.strip().partition(":")
    edges = (
        None if edge in ("", "auto") else parsing.number(edge, option, parsing.SHARE)
        for edge in (outer, inner)
    )
    outer_share, inner_share = edges
    return replace(
        request, band=replace(request.band, outer_share=outer_share, inner_share=inner_share)
    )


def _coins(request: ReplayRequest, text: str, option: str) -> ReplayRequest:
    return replace(request, coins=parsing.number(text, option, parsing.SOME_COINS))


def _collateral(request: ReplayRequest, text: str, option: str) -> ReplayRequest:
    if text.strip().endswith("%"):
        collateral = request.coins * parsing.number(text, option, parsing.SHARE)
    else:
        collateral = parsing.number(text, option, parsing.COINS)
    return replace(request, collateral=collateral)


def _leverage(request: ReplayRequest, text: str, option: str) -> ReplayRequest:
    return replace(request, leverage=parsing.number(text, option, parsing.LEVERAGE))


def _fee(request: ReplayRequest, text: str, option: str) -> ReplayRequest:
    return replace(request, taker_fee_rate=parsing.number(text, option, parsing.FEE))


def _half_spread(request: ReplayRequest, text: str, option: str) -> ReplayRequest:
    half_spread = parsing.number(text, option, parsing.HALF_SPREAD)
    if half_spread > request.max_slippage:
        raise ConfigError(
            f"{option}: {plain(half_spread)} is more than the largest slippage of an order, "
            f"{plain(request.max_slippage)}; give less"
        )
    return replace(request, half_spread=half_spread)


CHANGES: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "target": _target,
        "band": _band,
        "coins": _coins,
        "collateral": _collateral,
        "leverage": _leverage,
        "fee": _fee,
        "half-spread": _half_spread,
    }
)
"""In the order in which they are made: a collateral in per cent is one of the coins."""
