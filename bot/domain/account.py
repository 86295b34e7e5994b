"""What a venue tells about an account: balances, positions, quotes, ledger lines, and their age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from bot.domain.margin import LiquidationPrice
from bot.domain.orders import Fill, OrderReport
from bot.domain.values import quick, quick_enum


@quick_enum
class Wallet(Enum):
    """The kinds of wallet that a venue keeps apart."""

    SPOT = "spot"
    FUNDING = "funding"
    EARN = "earn"
    MARGIN = "margin"  # the coin-margined futures wallet


@quick_enum
class MarginMode(Enum):
    """Whether a position is backed by the whole coin wallet or by coins of its own."""

    CROSS = "cross"
    ISOLATED = "isolated"


@quick_enum
class PositionSide(Enum):
    """One net position per market, or a long and a short leg side by side (hedge mode)."""

    NET = "net"
    LONG = "long"
    SHORT = "short"


@quick
@dataclass(frozen=True, slots=True)
class Balance:
    """Coins of one asset in one wallet.

    In the margin wallet ``total_coin`` is the wallet balance *without* unrealised profit.
    ``used_coin`` is what orders or positions hold bound; None where the venue does not say.
    """

    wallet: Wallet
    asset: str
    total_coin: Decimal
    used_coin: Decimal | None


@quick
@dataclass(frozen=True, slots=True)
class Position:
    """An open position in one inverse contract.

    ``face_usd`` and ``contracts`` are signed, negative when short. ``unrealised_coin`` is marked at
    ``mark_usd``. ``liquidation_price`` is NEVER where no price can liquidate it, and None where the
    venue gives none.
    """

    symbol: str
    side: PositionSide
    contracts: Decimal
    face_usd: Decimal
    entry_usd: Decimal
    mark_usd: Decimal
    unrealised_coin: Decimal
    liquidation_price: LiquidationPrice | None
    margin_mode: MarginMode
    leverage: Decimal
    isolated_coin: Decimal | None = None  # coins bound to it, None in cross mode


@quick
@dataclass(frozen=True, slots=True)
class Quote:
    """Prices of one market at one moment, in dollars.

    ``funding_rate`` is the running rate for the interval that ends at ``next_funding_at``;
    positive means longs pay shorts. Sizes at the touch are in contracts. Anything a venue does not
    give is None; only mark and index are always there.
    """

    symbol: str
    at: datetime
    mark_usd: Decimal
    index_usd: Decimal
    bid_usd: Decimal | None
    ask_usd: Decimal | None
    last_usd: Decimal | None
    funding_rate: Decimal | None
    next_funding_at: datetime | None
    funding_interval_s: int | None
    bid_contracts: Decimal | None = None
    ask_contracts: Decimal | None = None


@quick_enum
class EntryKind(Enum):
    """Why the coins of a wallet changed, as the venue's own ledger says it."""

    FUNDING = "funding"
    FEE = "fee"
    REALISED = "realised"
    LIQUIDATION = "liquidation"  # coins forfeited, clearance fees
    TRANSFER = "transfer"  # between wallets of the same account
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of the venue's ledger: ``amount_coin`` is signed, positive when coins came in.

    ``entry_id`` is unique within the account.
    """

    entry_id: str
    at: datetime
    wallet: Wallet
    asset: str
    kind: EntryKind
    amount_coin: Decimal
    symbol: str | None
    funding_rate: Decimal | None = None


@quick
@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """One look at one account. ``taken_at`` is when its first question was asked."""

    account: str
    taken_at: datetime
    balances: tuple[Balance, ...]
    positions: tuple[Position, ...]
    open_orders: tuple[OrderReport, ...]

    def position_of(self, symbol: str) -> tuple[Position, ...]:
        """The legs held in one market: none, one, or two in hedge mode."""
        return tuple(p for p in self.positions if p.symbol == symbol)


__all__ = [
    "AccountSnapshot",
    "Balance",
    "EntryKind",
    "Fill",
    "LedgerEntry",
    "MarginMode",
    "Position",
    "PositionSide",
    "Quote",
    "Wallet",
]
