"""Whether accounts can be opened at their venues, from the table of venues alone: no client is
loaded and nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from bot.adapters.ccxt.known import client_has
from bot.adapters.ccxt.spec import Environment
from bot.adapters.ccxt.venue_facts import Support, Switch, VenueFacts
from bot.adapters.ccxt.venues import VENUES
from bot.domain.account import Wallet
from bot.errors import ConfigError
from bot.settings import Settings
from bot.settings.accounts import AccountSettings
from bot.settings.bags import AccountHolding
from bot.settings.model import Mode

_REHEARSE: Final = "rehearse on the simulated venue instead (mode dry-run, or `hedgehold simulate`)"


_KEY_SLOTS: Final[Mapping[Mode, tuple[str, str]]] = {
    Mode.SHADOW: ("api_key", "api_secret"),
    Mode.TESTNET: ("testnet_api_key", "testnet_api_secret"),
    Mode.LIVE: ("api_key", "api_secret"),
}
"""Where the keys of an environment stand: those of a rehearsal have slots of their own, so that
they cannot be taken for live ones."""


def check_venues(settings: Settings) -> None:
    """Raise :class:`ConfigError` with a sentence per account that cannot be opened as meant."""
    found = [*_mistakes(settings)]
    if found:
        raise ConfigError("\n".join(found))


def facts_of(account: AccountSettings) -> VenueFacts | None:
    """What is known of an account's venue; None for one that is not in the table."""
    return VENUES.get(account.venue)


def environment_of(settings: Settings, name: str) -> Environment:
    """The world that the keys of an account belong to. Raises :class:`ConfigError` where the venue
    has no rehearsal."""
    account = settings.accounts[name]
    if settings.mode is not Mode.TESTNET:
        return Environment.LIVE
    if account.is_on_loopback:
        return Environment.LOOPBACK
    facts = facts_of(account)
    hosts = None if facts is None or facts.hedging is None else facts.hedging.hosts
    if hosts is None or hosts.switch is Switch.NONE:
        title = account.venue if facts is None else facts.title
        raise ConfigError(
            f"accounts.{name}: {title} has no testnet for coin-margined contracts that can be "
            f"reached; {_REHEARSE}"
        )
    if hosts.switch is Switch.DEMO or hosts.header is not None:
        return Environment.DEMO
    return Environment.TESTNET


def wallets_of(settings: Settings, name: str) -> frozenset[Wallet]:
    """The wallets of an account that are in use: those that bags name, or those that the settings
    list, and the margin wallet where it carries a hedge."""
    account = settings.accounts[name]
    named = {
        wallet
        for bag in settings.bags
        for held in bag.holdings
        if isinstance(held, AccountHolding) and held.account == name
        for wallet in held.wallets
    }
    found = named | set(account.wallets or ())
    facts = facts_of(account)
    if facts is not None and _is_one_wallet(facts) and Wallet.SPOT in found:
        found = (found - {Wallet.SPOT}) | {Wallet.MARGIN}
    if any(bag.hedge.account == name for bag in settings.bags):
        found.add(Wallet.MARGIN)
    return frozenset(found)


def _mistakes(settings: Settings) -> Iterator[str]:
    for name, account in settings.accounts.items():
        if account.is_simulated:
            continue
        at = f"accounts.{name}"
        facts = facts_of(account)
        hedges = any(bag.hedge.account == name for bag in settings.bags)
        if facts is None:
            if not client_has(account.venue):
                near = get_close_matches(account.venue, VENUES, n=1)
                advice = f"did you mean {near[0]!r}?" if near else "`hedgehold venues` lists them"
                yield f"{at}.venue: no venue is called {account.venue!r}; {advice}"
                continue
        elif facts.support is Support.REFUSED:
            yield f"{at}.venue: {facts.title} cannot be used: {facts.reason}"
            continue
        if hedges and (facts is None or facts.hedging is None):
            reason = "nothing is known of contracts there" if facts is None else facts.reason
            yield (
                f"{at}.venue: {account.venue} can hold coins of a bag but no hedge: {reason}; name "
                f"another account in the bag's hedge"
            )
            continue
        if facts is not None and facts.hedging is not None:
            yield from _one_wallet(settings, name, facts)
            if hedges and facts.hedging.orders_kept_off and settings.mode is not Mode.SHADOW:
                reason = facts.hedging.orders_kept_off
                yield f"{at}.venue: {facts.title} gets no orders yet: {reason}"
        for slot in _KEY_SLOTS[settings.mode]:
            if getattr(account, slot) is None:
                variable = f"HEDGEHOLD_ACCOUNTS__{name}__{slot}".upper()
                yield f"{at}: the mode {settings.mode.value} needs a key here; set {variable}"
        try:
            environment_of(settings, name)
        except ConfigError as no:
            yield str(no)


def _is_one_wallet(facts: VenueFacts) -> bool:
    return facts.hedging is not None and Wallet.SPOT in facts.hedging.wallets.shared


def _one_wallet(settings: Settings, name: str, facts: VenueFacts) -> Iterator[str]:
    """Where spot and margin wallet are one, its coins are those of the margin wallet: for the bag
    that is hedged there they count by themselves, and for any other they must be named so."""
    if not _is_one_wallet(facts):
        return
    for bag in settings.bags:
        for held in bag.holdings:
            if (
                isinstance(held, AccountHolding)
                and held.account == name
                and Wallet.SPOT in held.wallets
                and bag.hedge.account != name
            ):
                yield (
                    f"bags[{bag.name}].holdings: at {facts.title} the spot wallet and the margin "
                    f"wallet are one; write 'margin' instead of 'spot' for {name}"
                )
