"""What does not fit together in accounts: venue and mode, addresses, leverage, wallets."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.account import Wallet
from bot.domain.quantities import plain
from bot.settings.accounts import HIGHEST_LEVERAGE, SIMULATOR, AccountSettings, Confirmation
from bot.settings.model import Mode, Settings
from bot.settings.shape import Path
from bot.settings.venue_checks import Mistake


def account_mistakes(settings: Settings) -> Iterator[Mistake]:
    """Everything that does not fit together."""
    for name, account in settings.accounts.items():
        at = ("accounts", name)
        yield from _wallets(account, at)
        yield from _leverage(account, at)
        if settings.mode is Mode.DRY_RUN:
            yield from _rehearsed(account, at)
        else:
            yield from _real(account, settings.mode, at)


def _wallets(account: AccountSettings, at: Path) -> Iterator[Mistake]:
    wallets = account.wallets or ()
    if Wallet.MARGIN in wallets:
        yield (*at, "wallets"), "the margin wallet is always read and not listed; remove 'margin'"
    if len(set(wallets)) < len(wallets):
        yield (*at, "wallets"), "a wallet is listed twice; list it once"


def _leverage(account: AccountSettings, at: Path) -> Iterator[Mistake]:
    real = not account.is_simulated
    if account.leverage > HIGHEST_LEVERAGE and Confirmation.HIGH_LEVERAGE not in account.confirm:
        if real:
            problem = (
                f"{plain(account.leverage)} is more than {plain(HIGHEST_LEVERAGE)}, and a small "
                f"rise of the price can liquidate the hedge; make it smaller, or add "
                f"confirm = [{Confirmation.HIGH_LEVERAGE.value!r}] to the account"
            )
            yield (*at, "leverage"), problem
    elif real and account.leverage != account.leverage.to_integral_value():
        yield (*at, "leverage"), "venues take whole numbers only; write one such as 2"


def _rehearsed(account: AccountSettings, at: Path) -> Iterator[Mistake]:
    if not account.is_simulated:
        problem = (
            f"{account.venue!r} is a real venue, and a dry-run trades on the simulated one; write "
            f'venue = "{SIMULATOR}", or choose the mode shadow, testnet or live'
        )
        yield (*at, "venue"), problem


def _real(account: AccountSettings, mode: Mode, at: Path) -> Iterator[Mistake]:
    if account.is_simulated:
        problem = (
            f"the simulated venue belongs to a dry-run, and the mode is {mode.value}; name a real "
            f'venue, or write mode = "dry-run"'
        )
        yield (*at, "venue"), problem
        return
    url = account.api_url
    if url is not None and url.startswith("http://") and not account.is_on_loopback:
        yield (*at, "api_url"), "plain http is for this machine alone; write https://"
    if mode is Mode.TESTNET:
        return
    if account.is_on_loopback:
        problem = (
            f"it leads to this machine, where only a rehearsal can be, and the mode is "
            f'{mode.value}; remove it, or write mode = "testnet"'
        )
        yield (*at, "api_url"), problem
    if mode is Mode.LIVE and account.live_account is None:
        problem = (
            "real coins are traded here, so the account has to be named; write live_account = "
            '"..." with its number as the venue shows it (`hedgehold check` tells it)'
        )
        yield (*at, "live_account"), problem
