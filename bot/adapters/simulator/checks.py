"""Whether a spec makes sense: one sentence about the first thing that does not."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from bot.adapters.simulator.faults import ABOUT, READS, SENDS
from bot.adapters.simulator.spec import (
    AccountSpec,
    Deleveraging,
    Deposit,
    EventSpec,
    FaultKind,
    FaultSpec,
    ManualTrade,
    MarketSpec,
    ModelPath,
    Outage,
    PriceMove,
    ScriptPath,
    VenueSpec,
    WalletTransfer,
    Withdrawal,
)
from bot.domain.account import PositionSide, Wallet
from bot.domain.margin import fault_in_tiers
from bot.domain.quantities import ONE, ZERO
from bot.errors import ConfigError


def require_sound(spec: VenueSpec) -> None:
    """Raise :class:`ConfigError` for the first mistake in a spec."""
    for mistake in mistakes(spec):
        raise ConfigError(f"simulated venue: {mistake}")


def mistakes(spec: VenueSpec) -> Iterator[str]:
    """Everything that is wrong with a spec, in words."""
    if not spec.markets:
        yield "it has no market"
    if not spec.step_s > 0:
        yield f"a step of {spec.step_s} seconds never ends"
    if spec.start is not None and spec.start.tzinfo is None:
        yield f"its start {spec.start.isoformat()} has no zone; write it like …T00:00:00Z"
    assets = [market.instrument.base for market in spec.markets]
    if len(set(assets)) < len(assets):
        yield "two markets are about the same coin"
    names = [account.name for account in spec.accounts]
    if len(set(names)) < len(names):
        yield "two accounts have the same name"
    for market in spec.markets:
        yield from _in_market(market)
    for account in spec.accounts:
        yield from _in_account(account, assets)
    for event in spec.events:
        yield from _in_event(event, spec)
    for fault in spec.faults:
        yield from _in_fault(fault, names)


def _in_market(market: MarketSpec) -> Iterator[str]:
    symbol = market.instrument.symbol
    if symbol.partition("/")[0] != market.instrument.base:
        yield f"{symbol} is no contract on {market.instrument.base}"
    tiers = fault_in_tiers(market.instrument.maintenance)
    if tiers is not None:
        yield f"{symbol}: {tiers}"
    if market.book.levels < 1 or market.book.spread_ticks < 1:
        yield f"{symbol}: a book needs a level and a spread of at least one tick"
    path = market.path
    if isinstance(path, ModelPath) and not _is_positive(path.start_usd):
        yield f"{symbol}: a path cannot start at {path.start_usd} USD"
    if isinstance(path, ScriptPath):
        for points in (path.spot, *([] if path.perp is None else [path.perp])):
            if not points:
                yield f"{symbol}: a script needs at least one price"
            if not all(_is_positive(price) for _, price in points):
                yield f"{symbol}: a script has a price that is not positive"
            if any(later < earlier for (earlier, _), (later, _) in pairwise(points)):
                yield f"{symbol}: the times of a script must not run backwards"
        if not path.basis > -ONE:
            yield f"{symbol}: a basis of {path.basis} leaves no price"


def _in_account(account: AccountSpec, assets: list[str]) -> Iterator[str]:
    where = f"account {account.name!r}"
    if not account.leverage >= ONE:
        yield f"{where}: a leverage of {account.leverage} is less than 1"
    for wallet, asset, coins in account.holdings:
        if not (coins.is_finite() and coins >= ZERO):
            yield f"{where}: {coins} {asset} is no balance; use 0 or more"
        if wallet is Wallet.MARGIN and asset not in assets:
            yield f"{where}: {asset} has no market here, so it has no margin wallet"


def _in_event(event: EventSpec, spec: VenueSpec) -> Iterator[str]:
    kind = type(event).__name__
    assets = [market.instrument.base for market in spec.markets]
    if not event.at_s >= 0:
        yield f"{kind} at {event.at_s} seconds is before the start"
    if isinstance(event, Outage):
        if not event.duration_s > 0:
            yield f"{kind}: {event.duration_s} seconds are no time"
    elif isinstance(event, PriceMove):
        if event.asset not in assets:
            yield f"{kind}: there is no market for {event.asset}"
        if not (event.share.is_finite() and event.share > -ONE):
            yield f"{kind}: a price cannot change by {event.share:%}"
    else:
        accounts = {account.name: account for account in spec.accounts}
        account = accounts.get(event.account)
        if account is None:
            yield f"{kind}: there is no account {event.account!r}"
        elif isinstance(event, ManualTrade | Deleveraging):
            symbols = [market.instrument.symbol for market in spec.markets]
            yield from _in_trade(event, kind, account, symbols)
        else:
            yield from _in_flow(event, kind, assets)


def _in_trade(
    event: ManualTrade | Deleveraging, kind: str, account: AccountSpec, symbols: list[str]
) -> Iterator[str]:
    if event.symbol not in symbols:
        yield f"{kind}: there is no contract {event.symbol!r}"
    if not _is_positive(event.contracts):
        yield f"{kind}: {event.contracts} contracts cannot be traded"
    if (event.position_side is PositionSide.NET) is account.hedge_mode:
        yield f"{kind}: account {account.name!r} has no {event.position_side.value} leg"


def _in_flow(
    event: Deposit | Withdrawal | WalletTransfer, kind: str, assets: list[str]
) -> Iterator[str]:
    if not _is_positive(event.amount_coin):
        yield f"{kind}: {event.amount_coin} is no amount; use more than 0"
    if isinstance(event, WalletTransfer):
        wallets = {event.source, event.destination}
    else:
        wallets = {event.wallet}
    if Wallet.MARGIN in wallets and event.asset not in assets:
        yield f"{kind}: {event.asset} has no market here, so it has no margin wallet"


def _in_fault(fault: FaultSpec, names: list[str]) -> Iterator[str]:
    kind = fault.kind.value
    triggers = [t for t in (fault.nth, fault.at_s, fault.chance) if t is not None]
    if len(triggers) != 1:
        yield f"fault {kind}: give exactly one of nth, at_s and chance"
    if fault.chance is not None and not 0 <= fault.chance <= 1:
        yield f"fault {kind}: a chance of {fault.chance} is not between 0 and 1"
    if fault.nth is not None and fault.nth < 1:
        yield f"fault {kind}: calls are counted from 1, not {fault.nth}"
    known = ABOUT.get(fault.kind, SENDS | READS)
    if fault.operation is not None and fault.operation not in known:
        yield f"fault {kind}: it cannot befall {fault.operation!r}, only {', '.join(sorted(known))}"
    if fault.account is not None and fault.account not in names:
        yield f"fault {kind}: there is no account {fault.account!r}"
    if fault.kind is FaultKind.BANNED and not fault.duration_s > 0:
        yield f"fault {kind}: a ban needs a duration_s"
    if fault.kind is FaultKind.SPIKE and not fault.size > -ONE:
        yield f"fault {kind}: a price cannot be off by {fault.size:%}"


def _is_positive(number: Decimal) -> bool:
    return number.is_finite() and number > ZERO
