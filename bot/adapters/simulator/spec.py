"""What a simulated venue is made of: plain values that settings and tests fill in.

Times are seconds of the venue's clock since its start, unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TypeAlias

from bot.adapters.simulator.calibration import Calibration
from bot.adapters.simulator.coin_margin import CLEARANCE_RATE
from bot.domain.account import MarginMode, PositionSide, Wallet
from bot.domain.instrument import InversePerpetual
from bot.domain.orders import Side
from bot.domain.quantities import BPS, HALF, ZERO


@dataclass(frozen=True, slots=True)
class BookSpec:
    """A synthetic order book, the same on both sides.

    Level n (from 0) stands ``n·level_bps`` from the touch and offers ``first_usd + n·growth_usd``.
    What is taken comes back with the market's next step.
    """

    first_usd: Decimal
    growth_usd: Decimal
    spread_ticks: int = 1
    levels: int = 40
    level_bps: Decimal = HALF


@dataclass(frozen=True, slots=True)
class ModelPath:
    """A random path from a seed: jump diffusion with a basis and a funding process of its own.

    ``drift`` is the expected growth of the price in a year, as a logarithm; 0 expects no change.
    """

    start_usd: Decimal
    calibration: Calibration
    drift: float = 0.0


@dataclass(frozen=True, slots=True)
class CsvPath:
    """Prices from a file with the columns ``ts``, ``spot``, ``perp`` and perhaps ``funding_rate``.

    The first row stands for the venue's start; a price holds until the next row. While a row has
    an empty price, and after the last row, the last price stands and its quote grows old.
    ``funding_rate`` is what is settled where the file has no such column.
    """

    file: Path
    funding_rate: Decimal = BPS


@dataclass(frozen=True, slots=True)
class ScriptPath:
    """Prices as (seconds, price) points, straight lines between them, flat before and after.

    Two points at the same second are a jump. Without ``perp`` points the contract trades at
    ``spot·(1 + basis)``.
    """

    spot: tuple[tuple[float, Decimal], ...]
    perp: tuple[tuple[float, Decimal], ...] | None = None
    basis: Decimal = ZERO
    funding_rate: Decimal = BPS


PathSpec: TypeAlias = ModelPath | CsvPath | ScriptPath


@dataclass(frozen=True, slots=True)
class MarketSpec:
    """One contract with its prices and its book. There is one market per coin.

    ``clearance_rate`` is the share of a position's value that a liquidation costs at most;
    ``funding_cap`` the largest rate of one interval, either way.
    """

    instrument: InversePerpetual
    path: PathSpec
    book: BookSpec
    clearance_rate: Decimal = CLEARANCE_RATE
    funding_cap: Decimal = Decimal("0.003")


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """One account with what it holds when the venue opens: (wallet, asset, coins)."""

    name: str
    holdings: tuple[tuple[Wallet, str, Decimal], ...]
    leverage: Decimal = Decimal(5)
    margin_mode: MarginMode = MarginMode.CROSS
    hedge_mode: bool = False


@dataclass(frozen=True, slots=True)
class Deposit:
    """Coins that arrive from outside."""

    at_s: float
    account: str
    asset: str
    amount_coin: Decimal
    wallet: Wallet = Wallet.SPOT


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Coins that leave, as many of them as there are and nothing binds."""

    at_s: float
    account: str
    asset: str
    amount_coin: Decimal
    wallet: Wallet = Wallet.SPOT


@dataclass(frozen=True, slots=True)
class WalletTransfer:
    """Coins that move between two wallets of an account, as many as there are and nothing binds."""

    at_s: float
    account: str
    asset: str
    amount_coin: Decimal
    source: Wallet
    destination: Wallet


@dataclass(frozen=True, slots=True)
class ManualTrade:
    """Somebody trades at the market by hand, without any client order id. The venue does not ask
    whether the margin carries it."""

    at_s: float
    account: str
    symbol: str
    side: Side
    contracts: Decimal
    position_side: PositionSide = PositionSide.NET


@dataclass(frozen=True, slots=True)
class PriceMove:
    """All prices of an asset change by ``share`` (−0.2: a fall of 20 %) within ``over_s`` seconds,
    on top of the path and for good."""

    at_s: float
    asset: str
    share: Decimal
    over_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """The venue answers nothing for a while; its market goes on."""

    at_s: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Deleveraging:
    """The venue closes some contracts of a position by force, at the mark unless a price is
    given."""

    at_s: float
    account: str
    symbol: str
    contracts: Decimal
    price_usd: Decimal | None = None
    position_side: PositionSide = PositionSide.NET


EventSpec: TypeAlias = (
    Deposit | Withdrawal | WalletTransfer | ManualTrade | PriceMove | Outage | Deleveraging
)


class FaultKind(Enum):
    """What can go wrong between a venue and its customer; "sent" is said of orders, cancels and
    transfers."""

    LOST_ANSWER = "lost-answer"  # done as asked, but the answer never comes
    LOST_REQUEST = "lost-request"  # the request never arrives
    RESET = "reset"  # the connection breaks; ``arrives`` says whether the request got through
    EMPTY_SUCCESS = "empty-success"  # sent: done, but no order id; read: nothing where something is
    TRUNCATED = "truncated"  # done, but the answer is cut off
    REJECTED = "rejected"  # a final no
    RATE_LIMITED = "rate-limited"  # not now: again after ``delay_s``
    BANNED = "banned"  # nothing at all for ``duration_s``
    SLOW = "slow"  # the answer takes ``delay_s``
    STALE_PRICE = "stale-price"  # quotes are ``delay_s`` old
    SPIKE = "spike"  # quotes but for the index are off by ``size``
    NO_POSITIONS = "no-positions"  # the list of positions is empty, the bound margin is not
    DUPLICATE_ACK = "duplicate-ack"  # accepted, but called a duplicate
    CLOCK_SKEW = "clock-skew"  # the venue's time stamps are ``delay_s`` ahead


@dataclass(frozen=True, slots=True)
class FaultSpec:
    """A fault and when it strikes, by exactly one of: the ``nth`` call (from 1), the first call at
    ``at_s`` or later, or by ``chance`` at every call.

    ``operation`` is a method of the ports, None the one that the kind is about or else any;
    ``account`` None any. With ``duration_s`` it goes on striking that long.
    """

    kind: FaultKind
    operation: str | None = None
    account: str | None = None
    nth: int | None = None
    at_s: float | None = None
    chance: float | None = None
    duration_s: float = 0.0
    delay_s: float = 30.0
    size: Decimal = Decimal("0.3")
    arrives: bool = True


@dataclass(frozen=True, slots=True)
class VenueSpec:
    """A whole venue. The same spec and the same calls give the same answers, for ever.

    Prices move every ``step_s`` seconds. ``start`` is when the venue opens; None: when it is
    first asked.
    """

    markets: tuple[MarketSpec, ...]
    accounts: tuple[AccountSpec, ...]
    seed: int = 1
    step_s: float = 10.0
    start: datetime | None = None
    events: tuple[EventSpec, ...] = ()
    faults: tuple[FaultSpec, ...] = ()
