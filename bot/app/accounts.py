"""Accounts at real venues, opened as the settings describe them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from bot.adapters.ccxt.exchange import budgets_of, contract_changes, open_account
from bot.adapters.ccxt.spec import AccountSpec, Environment, Secret, VenueAccount
from bot.adapters.ccxt.terms import Change, Terms
from bot.adapters.ccxt.venue_names import check_venues, environment_of, wallets_of
from bot.domain.account import Wallet
from bot.engine.observe import AccountPorts
from bot.errors import ConfigError
from bot.ports import Clock, DeadManSwitch
from bot.settings import Settings
from bot.settings.accounts import Confirmation, PositionMode
from bot.settings.bags import AccountHolding
from bot.settings.model import Mode


@asynccontextmanager
async def open_to_look(settings: Settings, name: str, clock: Clock) -> AsyncIterator[VenueAccount]:
    """One account to be looked at as it is: nothing of its terms is asked for or changed."""
    spec = account_spec(settings, name, may_change=False)
    spec = replace(spec, change=Change.OVERLOOK, lean_quotes=False)
    async with open_account(spec, clock) as account:
        yield account


@asynccontextmanager
async def open_accounts(
    settings: Settings, clock: Clock, *, may_change: bool
) -> AsyncIterator[Mapping[str, VenueAccount]]:
    """Every account of the settings that a bag needs, by its name; closed again at the end.

    ``may_change``: whether terms that are not as wanted may be changed; nothing is changed in
    shadow mode. Raises :class:`bot.errors.ConfigError` and what the venues raise.
    """
    check_venues(settings)
    async with AsyncExitStack() as stack:
        opened: dict[str, VenueAccount] = {}
        for name in accounts_in_use(settings):
            spec = account_spec(settings, name, may_change=may_change)
            opened[name] = await stack.enter_async_context(open_account(spec, clock))
        yield opened


def accounts_in_use(settings: Settings) -> tuple[str, ...]:
    """The accounts that bags name, in the order of the settings."""
    named = {bag.hedge.account for bag in settings.bags} | {
        held.account
        for bag in settings.bags
        for held in bag.holdings
        if isinstance(held, AccountHolding)
    }
    return tuple(name for name in settings.accounts if name in named)


def account_spec(settings: Settings, name: str, *, may_change: bool) -> AccountSpec:
    """An account as its adapter wants it. Raises :class:`ConfigError` without a key."""
    account, environment = settings.accounts[name], environment_of(settings, name)
    wallets = wallets_of(settings, name)
    if environment is Environment.LIVE:
        key, secret, password = account.api_key, account.api_secret, account.api_password
    else:
        key, secret = account.testnet_api_key, account.testnet_api_secret
        password = account.testnet_api_password
    changes = may_change and settings.mode is not Mode.SHADOW
    terms = Terms(hedge_mode=account.position_mode is PositionMode.HEDGE)
    if changes and Wallet.MARGIN in wallets:
        terms = Terms(terms.hedge_mode, account.margin_mode, int(account.leverage))
    return AccountSpec(
        name=name,
        venue=account.venue,
        api_key=_revealed(key, name),
        api_secret=_revealed(secret, name),
        password=None if password is None else Secret(password.get_secret_value()),
        environment=environment,
        assets=_assets(settings, name),
        wallets=wallets,
        base_url=account.api_url,
        terms=terms,
        change=_change(account.confirm) if changes else Change.NEVER,
        lean_quotes=True,
        cache_folder=None if account.is_on_loopback else cache_folder(settings),
        accept_changes=Confirmation.CONTRACT_CHANGES in account.confirm,
    )


def cache_folder(settings: Settings) -> Path:
    """Where the contracts in use are kept between starts: beside the simulated venue's state."""
    return Path(settings.simulator.state_file).parent


def ports_of(account: VenueAccount) -> AccountPorts:
    """The doors of an opened account."""
    switch = account if isinstance(account, DeadManSwitch) else None
    return AccountPorts(
        account, account, account, contract_changes(account), mover=account, dead_man=switch
    )


def weights_of(
    accounts: Mapping[str, VenueAccount],
) -> tuple[tuple[str, str, int, int], ...]:
    """Account, budget, weight used in the venue's window and its limit, for every budget."""
    return tuple(
        (name, what, budget.used, budget.limit)
        for name, account in accounts.items()
        for what, budget in budgets_of(account).items()
    )


def _change(confirmed: tuple[Confirmation, ...]) -> Change:
    if Confirmation.TERMS_WITH_POSITION in confirmed:
        return Change.ALSO_WITH_POSITION
    return Change.WHEN_FLAT


def _revealed(secret: SecretStr | None, name: str) -> Secret:
    if secret is None:
        raise ConfigError(f"accounts.{name}: there is no key for this mode; see .env.example")
    return Secret(secret.get_secret_value())


def _assets(settings: Settings, name: str) -> tuple[str, ...]:
    found = [
        bag.asset
        for bag in settings.bags
        if bag.hedge.account == name
        or any(isinstance(held, AccountHolding) and held.account == name for held in bag.holdings)
    ]
    return tuple(dict.fromkeys(found))
