"""What does not fit together in the simulated venue: accounts and assets that are not there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Final, TypeAlias

from bot.settings.shape import Path
from bot.settings.simulation import FaultSettings, SimulatorSettings

Mistake: TypeAlias = tuple[Path, str]
"""Where something is wrong, and what, with its remedy."""

ASSETS_WITH_FIGURES: Final = ("BTC", "ETH")
"""Assets whose contract the simulated venue knows; of others it must be told size and tick."""


def venue_mistakes(venue: SimulatorSettings, accounts: Collection[str]) -> Iterator[Mistake]:
    """Everything that does not fit together; ``accounts`` are the names that there are."""
    yield from _wallets(venue, accounts)
    yield from _figures(venue)
    for key, happenings in (("events", venue.events), ("faults", venue.faults)):
        for number, happening in enumerate(happenings):
            at = ("simulator", key, number)
            account = getattr(happening, "account", "any")
            if account not in {"any", *accounts}:
                yield (*at, "account"), no_account(account, accounts)
            asset = getattr(happening, "asset", None)
            if asset is not None and asset not in venue.markets:
                yield (*at, "asset"), no_market(asset, venue)
            if isinstance(happening, FaultSettings) and not _strikes_by_one(happening):
                yield at, "it needs exactly one of nth, at_s and chance; keep one of them"


def _wallets(venue: SimulatorSettings, accounts: Collection[str]) -> Iterator[Mistake]:
    for account, wallets in venue.wallets.items():
        at = ("simulator", "wallets", account)
        if account not in accounts:
            yield at, no_account(account, accounts)
        for wallet, coins in wallets.items():
            for asset in coins:
                if asset not in venue.markets:
                    yield (*at, wallet.value, asset), no_market(asset, venue)


def _figures(venue: SimulatorSettings) -> Iterator[Mistake]:
    known = " and ".join(ASSETS_WITH_FIGURES)
    for asset, market in venue.markets.items():
        for key in ("contract_usd", "tick_usd"):
            if asset not in ASSETS_WITH_FIGURES and getattr(market, key) is None:
                problem = f'"auto" is known for {known} only; write a number'
                yield ("simulator", "markets", asset, key), problem


def _strikes_by_one(fault: FaultSettings) -> bool:
    return sum(when is not None for when in (fault.nth, fault.at_s, fault.chance)) == 1


def no_account(name: str, accounts: Collection[str]) -> str:
    """The sentence about an account that nobody described."""
    advice = _advice(name, accounts, f"[accounts.{name}]")
    return f"there is no account {name!r}; {advice}"


def no_market(asset: str, venue: SimulatorSettings) -> str:
    """The sentence about an asset that the simulated venue does not trade."""
    advice = _advice(asset, venue.markets, f"[simulator.markets.{asset}]")
    return f"there is no simulated market for {asset!r}; {advice}"


def _advice(name: str, names: Collection[str], table: str) -> str:
    near = get_close_matches(name, names, n=1)
    if near:
        return f"did you mean {near[0]!r}? If not, add {table}"
    if not names:
        return f"add {table}"
    return f"write {' or '.join(map(repr, sorted(names)))}, or add {table}"
