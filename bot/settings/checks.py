"""What single keys cannot tell: names that must exist, coins that must count once, and the like.

Every check yields (path, problem) for each mistake; nothing is raised here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.domain.account import Wallet
from bot.domain.instrument import symbol_parts
from bot.errors import ConfigError
from bot.settings.account_checks import account_mistakes
from bot.settings.address import is_loopback
from bot.settings.bags import AccountHolding, BagSettings, ExternalHolding
from bot.settings.margin_checks import margin_mistakes
from bot.settings.model import Mode, Settings
from bot.settings.shape import Path
from bot.settings.telling import Confirmation
from bot.settings.venue_checks import Mistake, no_account, no_market, venue_mistakes

_SCHEMES: Final = ("sqlite:///", "postgresql://")


def mistakes(settings: Settings) -> Iterator[Mistake]:
    """Everything that does not fit together."""
    yield from _values(settings)
    yield from margin_mistakes(settings)
    yield from account_mistakes(settings)
    for number, bag in enumerate(settings.bags):
        yield from _bag(settings, bag, ("bags", number))
    yield from _bags_together(settings)
    yield from venue_mistakes(settings.simulator, settings.accounts)


def _values(settings: Settings) -> Iterator[Mistake]:
    breaker = settings.breaker
    if breaker.failures_to_halt < breaker.failures_to_reduce:
        problem = (
            f"{breaker.failures_to_halt} comes before failures_to_reduce "
            f"({breaker.failures_to_reduce}); write at least as many"
        )
        yield ("breaker", "failures_to_halt"), problem
    if not settings.journal.url.get_secret_value().startswith(_SCHEMES):
        problem = (
            "this is no address of a journal; write sqlite:///path/to/journal.db or "
            "postgresql://user@host/database"
        )
        yield ("journal", "url"), problem
    http = settings.http
    if not is_loopback(http.host) and Confirmation.OTHER_MACHINES not in http.confirm:
        problem = (
            f"{http.host} can be reached from other machines, and the pages there ask for no "
            f"password; write 127.0.0.1, or add {Confirmation.OTHER_MACHINES.value!r} to "
            f"http.confirm"
        )
        yield ("http", "host"), problem


def _bag(settings: Settings, bag: BagSettings, at: Path) -> Iterator[Mistake]:
    if settings.mode is Mode.DRY_RUN and bag.asset not in settings.simulator.markets:
        yield (*at, "asset"), no_market(bag.asset, settings.simulator)
    yield from _contract(bag, (*at, "hedge", "contract"))
    if bag.hedge.account not in settings.accounts:
        yield (*at, "hedge", "account"), no_account(bag.hedge.account, settings.accounts)
    for number, holding in enumerate(bag.holdings):
        if isinstance(holding, AccountHolding):
            yield from _holding(settings, bag, holding, (*at, "holdings", number))
    most, slice_usd = settings.limits.max_order_usd, bag.execution.max_slice_usd
    if most is not None and slice_usd is not None and slice_usd > most:
        problem = (
            f"slices of {slice_usd} USD are more than limits.max_order_usd ({most}) lets pass; "
            "make them smaller, or the limit larger"
        )
        yield (*at, "execution", "max_slice_usd"), problem
    outer, inner = bag.band.outer, bag.band.inner
    if outer is not None and inner is not None and inner > outer:
        problem = (
            f"the inner edge of {inner} lies beyond the outer edge of {outer}; make it smaller, "
            'or "auto"'
        )
        yield (*at, "band", "inner"), problem


def _contract(bag: BagSettings, at: Path) -> Iterator[Mistake]:
    contract, own = bag.hedge.contract, f"{bag.asset}/USD:{bag.asset}"
    if contract in {"auto", own}:
        return
    advice = f'write {own!r}, the inverse perpetual, or "auto"'
    try:
        base, quote, settle = symbol_parts(contract)
    except ConfigError:
        yield at, f"{contract!r} is no contract; {advice}"
        return
    if base != bag.asset:
        problem = f"is a market of {base}, and the bag holds {bag.asset}"
    elif settle is None:
        problem = "is a spot market, not a contract"
    elif "-" in settle:
        problem = "expires, and a hedge that lasts needs a perpetual"
    elif settle != base:
        problem = f"is a linear contract, settled in {settle} and not in {base}"
    else:
        problem = f"is quoted in {quote}, not in USD"
    yield at, f"{contract!r} {problem}; {advice}"


def _holding(
    settings: Settings, bag: BagSettings, holding: AccountHolding, at: Path
) -> Iterator[Mistake]:
    account = settings.accounts.get(holding.account)
    if account is None:
        yield (*at, "account"), no_account(holding.account, settings.accounts)
        return
    for wallet in holding.wallets:
        if wallet is Wallet.MARGIN and holding.account == bag.hedge.account:
            problem = (
                f"the margin wallet of {holding.account!r} carries the hedge and always counts; "
                "remove 'margin' here"
            )
            yield (*at, "wallets"), problem
        elif (
            wallet is not Wallet.MARGIN
            and account.wallets is not None
            and wallet not in account.wallets
        ):
            problem = (
                f"the wallet {wallet.value!r} of {holding.account!r} is not read, so its coins "
                f"would be missed; add it to accounts.{holding.account}.wallets"
            )
            yield (*at, "wallets"), problem


def _bags_together(settings: Settings) -> Iterator[Mistake]:
    names = set[str]()
    markets = dict[tuple[str, str], BagSettings]()
    for number, bag in enumerate(settings.bags):
        if bag.name in names:
            problem = f"another bag is called {bag.name!r} too; give each bag its own name"
            yield ("bags", number, "name"), problem
        names.add(bag.name)
        other = markets.setdefault((bag.hedge.account, bag.asset), bag)
        if other is not bag:
            problem = (
                f"the bag {other.name!r} already hedges {bag.asset} in the account "
                f"{bag.hedge.account!r}, and two would trade against each other; make them one "
                "bag, or use another account"
            )
            yield ("bags", number, "hedge"), problem
    yield from _counted_twice(settings)


def _counted_twice(settings: Settings) -> Iterator[Mistake]:
    owners = {(bag.asset, bag.hedge.account, "margin"): bag for bag in settings.bags}
    seen = set[tuple[str, str, str]]()
    for number, bag in enumerate(settings.bags):
        for position, holding in enumerate(bag.holdings):
            at = ("bags", number, "holdings", position)
            if isinstance(holding, ExternalHolding):
                places = [("external", holding.external)]
            else:
                places = [(holding.account, wallet.value) for wallet in holding.wallets]
            for account, wallet in places:
                place = (bag.asset, account, wallet)
                owner = owners.get(place)
                if place in seen or (owner is not None and owner is not bag):
                    yield at, _twice(bag, account, wallet)
                seen.add(place)


def _twice(bag: BagSettings, account: str, wallet: str) -> str:
    place = f"{wallet!r}" if account == "external" else f"the wallet {wallet!r} of {account!r}"
    return f"the {bag.asset} of {place} would count twice; name it in one place only"
