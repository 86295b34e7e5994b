"""Orders: what we intend, what the venue reports, and the one-way street of their states."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

from bot.domain.quantities import ZERO, ClientOrderId
from bot.domain.values import quick, quick_enum

CLIENT_ID_PREFIX: Final = "hh"
"""Every client order id of ours begins with this; a foreign one on our account is not ours."""


@quick_enum
class Side(Enum):
    """Sell opens or grows the short; buy shrinks it."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for buy, −1 for sell: what a contract of it adds to a signed position."""
        return 1 if self is Side.BUY else -1


@quick_enum
class TimeInForce(Enum):
    """How long an order may live."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"
    POST_ONLY = "post-only"


@quick_enum
class OrderStatus(Enum):
    """intended → submitted → open → partly filled → filled · cancelled · rejected · expired.

    ``IN_DOUBT`` is ours alone: the send may or may not have happened.
    """

    INTENDED = "intended"
    SUBMITTED = "submitted"
    OPEN = "open"
    PARTLY_FILLED = "partly-filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    IN_DOUBT = "in-doubt"

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the order."""
        return self in _FINAL


_FINAL: Final = frozenset(
    {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED}
)


@quick_enum
class FillCause(Enum):
    """Who made the trade happen."""

    ORDER = "order"
    LIQUIDATION = "liquidation"
    DELEVERAGING = "auto-deleveraging"
    SETTLEMENT = "settlement"


@quick
@dataclass(frozen=True, slots=True)
class OrderIntent:
    """An order as it was decided. ``contracts`` is positive; the side carries the sign.

    ``limit_usd`` None means a market order. ``position_side`` is ``"net"``, or the leg in hedge
    mode. ``notional_usd`` is the face of the contracts.
    """

    client_order_id: ClientOrderId
    bag: str
    account: str
    symbol: str
    side: Side
    contracts: Decimal
    notional_usd: Decimal
    limit_usd: Decimal | None
    time_in_force: TimeInForce
    reduce_only: bool
    position_side: str = "net"


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the venue says about an order. ``average_usd`` is None while nothing is filled."""

    client_order_id: ClientOrderId | None  # None: placed by somebody else
    venue_order_id: str
    symbol: str
    side: Side
    status: OrderStatus
    contracts: Decimal
    filled_contracts: Decimal
    average_usd: Decimal | None
    limit_usd: Decimal | None
    reduce_only: bool
    updated_at: datetime

    @property
    def remaining_contracts(self) -> Decimal:
        """What is not filled; of a final order it never will be."""
        return self.contracts - self.filled_contracts


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of ours. ``fee_coin`` is positive when paid; ``realised_coin`` signed.

    ``trade_id`` is unique within the account and market. Whatever a venue does not tell is None.
    """

    trade_id: str
    venue_order_id: str
    client_order_id: ClientOrderId | None
    symbol: str
    side: Side
    contracts: Decimal
    face_usd: Decimal
    price_usd: Decimal
    fee_coin: Decimal | None
    realised_coin: Decimal | None
    maker: bool | None
    cause: FillCause
    at: datetime

    @property
    def signed_contracts(self) -> Decimal:
        """What the trade added to the signed position."""
        return self.contracts * self.side.sign


def client_order_id(
    *,
    bag: str,
    account: str,
    symbol: str,
    cycle: int,
    side: Side,
    contracts: Decimal,
    origin: str = "",
) -> ClientOrderId:
    """The id of the order that this decision asks for: the same decision, the same id.

    ``origin`` tells two bots apart that decide the same in the same cycle: without it neither could
    see that an order is the other's. 26 letters and digits, which is short enough for every venue
    with inverse perpetuals.
    """
    decision = (bag, account, symbol, cycle, side.value, str(contracts.normalize()))
    whose = (*decision, origin) if origin else decision
    digest = hashlib.sha256(repr(whose).encode()).hexdigest()
    return ClientOrderId(CLIENT_ID_PREFIX + digest[:24])


def is_ours(order_id: str | None) -> bool:
    """Whether a client order id carries our prefix."""
    return order_id is not None and order_id.startswith(CLIENT_ID_PREFIX)


def signed_filled(report: OrderReport) -> Decimal:
    """What the order has added to the signed position so far, in contracts."""
    return report.filled_contracts * report.side.sign if report.filled_contracts else ZERO
