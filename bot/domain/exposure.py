"""From coins and contracts to exposure: the four numbers that everything else follows from.

With Q coins outside the futures account, the margin wallet w, unrealised profit u, a short of N
dollars and the mark price M::

    equity_coin  H = Q + w + u
    short_coin     = N / M
    delta_coin   Δ = H − N/M        does not move when the price moves
    hedge_ratio    = (N/M) / H

Because ``u = N/M − N/E`` (E the average entry), ``Δ = Q + w − N/E``: the price drops out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from bot.domain.account import AccountSnapshot, Quote, Wallet
from bot.domain.payoff import book_at_entry, coins_at
from bot.domain.quantities import ONE, ZERO
from bot.domain.values import quick, quick_enum
from bot.errors import IncompleteSnapshot


@quick_enum
class BucketKind(Enum):
    """Where coins of a bag can be."""

    SPOT = "spot"
    FUNDING = "funding"
    EARN = "earn"
    MARGIN = "margin"
    EXTERNAL = "external"  # declared by hand: a cold wallet
    TRANSIT = "in transit"  # sent and not yet arrived


@quick
@dataclass(frozen=True, slots=True)
class Bucket:
    """Some coins of a bag and the place where they were seen; the sum of all is Q + w."""

    kind: BucketKind
    place: str
    amount_coin: Decimal


@dataclass(frozen=True, slots=True)
class Holding:
    """Wallets of one account that count towards a bag."""

    account: str
    wallets: tuple[Wallet, ...]


@dataclass(frozen=True, slots=True)
class External:
    """Coins that no account shows, declared by hand."""

    label: str
    amount_coin: Decimal


@dataclass(frozen=True, slots=True)
class Bag:
    """The coins to protect, and the account and market that hold their short.

    The margin wallet of ``hedge_account`` always counts and is not repeated in ``holdings``.
    """

    name: str
    asset: str
    holdings: tuple[Holding, ...]
    external: tuple[External, ...]
    hedge_account: str
    symbol: str


@quick
@dataclass(frozen=True, slots=True)
class Exposure:
    """What a bag is exposed to. ``short_usd`` is positive for a short, negative for a net long.

    ``coin_cost`` is face/entry of the hedge, signed like a position (negative for a short), so that
    ``unrealised_coin = coin_cost + short_usd/mark``. ``other_coin`` is the coin exposure of further
    positions in the same coin.
    """

    outside_coin: Decimal
    wallet_coin: Decimal
    unrealised_coin: Decimal
    equity_coin: Decimal
    short_usd: Decimal
    short_coin: Decimal
    coin_cost: Decimal
    other_coin: Decimal
    delta_coin: Decimal
    mark_usd: Decimal
    index_usd: Decimal

    @property
    def hedge_ratio(self) -> Decimal | None:
        """Coins short over coins held; None where there is no bag to compare with."""
        return self.short_coin / self.equity_coin if self.equity_coin > ZERO else None

    @property
    def basis(self) -> Decimal:
        """How far the mark price is above the index price, as a share."""
        return self.mark_usd / self.index_usd - ONE

    @property
    def exposed_usd(self) -> Decimal:
        """What a full hedge would short, in dollars at the mark: M·(H + other positions)."""
        return self.delta_coin * self.mark_usd + self.short_usd

    @property
    def value_usd(self) -> Decimal:
        """What the bag is worth in dollars at the index price: S·H."""
        return self.index_usd * self.equity_coin


def assess(
    *,
    outside_coin: Decimal,
    wallet_coin: Decimal,
    face_usd: Decimal,
    coin_cost: Decimal,
    mark_usd: Decimal,
    index_usd: Decimal,
    other_unrealised_coin: Decimal = ZERO,
    other_coin: Decimal = ZERO,
) -> Exposure:
    """The exposure of a bag from its coins and its hedge position (both signed like a position).

    The unrealised profit is computed from entry and mark, never taken from a number that was
    marked at another moment. Prices must be positive.
    """
    short_usd = -face_usd
    short_coin = short_usd / mark_usd
    delta_coin = outside_coin + wallet_coin + coin_cost  # no price in it, nor rounding
    unrealised_coin = coin_cost + short_coin
    if other_unrealised_coin:
        delta_coin += other_unrealised_coin
        unrealised_coin += other_unrealised_coin
    equity_coin = delta_coin + short_coin
    return Exposure(
        outside_coin,
        wallet_coin,
        unrealised_coin,
        equity_coin,
        short_usd,
        short_coin,
        coin_cost,
        other_coin,
        delta_coin + other_coin if other_coin else delta_coin,
        mark_usd,
        index_usd,
    )


_WALLET_BUCKETS = {
    Wallet.SPOT: BucketKind.SPOT,
    Wallet.FUNDING: BucketKind.FUNDING,
    Wallet.EARN: BucketKind.EARN,
    Wallet.MARGIN: BucketKind.MARGIN,
}


def buckets_of(
    bag: Bag, snapshots: Mapping[str, AccountSnapshot], in_transit_coin: Decimal = ZERO
) -> tuple[Bucket, ...]:
    """Every place that holds coins of the bag, each counted once, the margin wallet among them.

    A wallet of the holdings that the venue did not list is empty: whether the *list* is whole was
    settled when the snapshot was taken. Raises :class:`IncompleteSnapshot` for a missing account.
    """
    found: list[Bucket] = []
    counted: list[tuple[str, Wallet]] = []  # a handful, told apart without a hash
    wanted = [(holding.account, wallet) for holding in bag.holdings for wallet in holding.wallets]
    for account, wallet in [*wanted, (bag.hedge_account, Wallet.MARGIN)]:
        if (account, wallet) in counted:
            continue
        counted.append((account, wallet))
        snapshot = snapshots.get(account)
        if snapshot is None:
            raise IncompleteSnapshot(f"account {account!r} was not seen", surface=account)
        for balance in snapshot.balances:
            if balance.wallet is wallet and balance.asset == bag.asset:
                kind = _WALLET_BUCKETS[wallet]
                found.append(Bucket(kind, f"{account}/{wallet.value}", balance.total_coin))
    found.extend(Bucket(BucketKind.EXTERNAL, e.label, e.amount_coin) for e in bag.external)
    if in_transit_coin:
        found.append(Bucket(BucketKind.TRANSIT, "in transit", in_transit_coin))
    return tuple(found)


def assess_bag(
    bag: Bag,
    snapshots: Mapping[str, AccountSnapshot],
    quote: Quote,
    buckets: tuple[Bucket, ...],
) -> Exposure:
    """The exposure of a bag from one look at its accounts.

    Further inverse positions in the same coin count with the coin exposure they have: those of the
    hedge account, and of every account whose margin wallet is among the holdings.
    """
    outside_coin = wallet_coin = ZERO
    for bucket in buckets:
        if bucket.kind is BucketKind.MARGIN and bucket.place == f"{bag.hedge_account}/margin":
            wallet_coin += bucket.amount_coin
        else:
            outside_coin += bucket.amount_coin
    face_usd = coin_cost = other_unrealised = other_coin = ZERO
    for account in _margin_accounts(bag):
        for position in snapshots[account].positions:
            if position.symbol == bag.symbol and account == bag.hedge_account:
                held = book_at_entry(position.face_usd, position.entry_usd)
                face_usd += held.face_usd
                coin_cost += held.coin_cost
            elif settles_in(position.symbol, bag.asset):
                other_unrealised += position.unrealised_coin
                other_coin += coins_at(position.face_usd, position.mark_usd)
    return assess(
        outside_coin=outside_coin,
        wallet_coin=wallet_coin,
        face_usd=face_usd,
        coin_cost=coin_cost,
        mark_usd=quote.mark_usd,
        index_usd=quote.index_usd,
        other_unrealised_coin=other_unrealised,
        other_coin=other_coin,
    )


def _margin_accounts(bag: Bag) -> list[str]:
    also = [h.account for h in bag.holdings if Wallet.MARGIN in h.wallets]
    return list(dict.fromkeys([bag.hedge_account, *also]))


def settles_in(symbol: str, asset: str) -> bool:
    """Whether a contract is settled in a coin, and so shares its margin wallet."""
    settle = symbol.partition(":")[2]
    return settle == asset or settle.startswith(f"{asset}-")
