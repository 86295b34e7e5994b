"""Shadows of real accounts, for a bot that reads them and trades on paper."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.adapters.ccxt.spec import VenueAccount
from bot.adapters.simulator.shadow import ShadowAccount
from bot.engine.observe import AccountPorts
from bot.ports import Clock
from bot.settings import Settings


async def shadows(
    settings: Settings, accounts: Mapping[str, VenueAccount], clock: Clock
) -> Mapping[str, AccountPorts]:
    """The accounts that carry a hedge, each with its orders on paper. Raises
    :class:`bot.errors.ConfigError` for a file that cannot be read."""
    found = {}
    for name in {bag.hedge.account for bag in settings.bags}:
        account, terms = accounts[name], settings.accounts[name]
        shadow = ShadowAccount(
            name,
            account,
            await account.instruments(),
            clock,
            shadow_file(settings, name),
            leverage=terms.leverage,
            margin_mode=terms.margin_mode,
        )
        found[name] = AccountPorts(shadow, shadow, shadow)
    return found


def shadow_file(settings: Settings, name: str) -> Path:
    """Where the paper trades of an account are kept: beside the simulated venue's state."""
    return Path(settings.simulator.state_file).with_name(f"shadow-{name}.json")
