"""Builders of domain values with sensible defaults: name what the test is about, nothing else.

Unless told otherwise: BTC at 50,000 USD without basis or spread, contracts of 100 USD in whole
lots, five coins in the spot wallet and five in the margin wallet, a full hedge, no limits. Numbers
may be given as ``Decimal``, ``int`` or decimal text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.domain.account import (
    AccountSnapshot,
    Balance,
    MarginMode,
    Position,
    PositionSide,
    Quote,
    Wallet,
)
from bot.domain.decision import Band, HedgePolicy
from bot.domain.exposure import Bag, Exposure, External, Holding, assess
from bot.domain.instrument import InversePerpetual
from bot.domain.judgement import Circumstances, HedgePlan
from bot.domain.limits import Ages, GuardFacts, RiskLimits, TradingState
from bot.domain.margin import NEVER, LiquidationPrice, MaintenanceTier
from bot.domain.margin_control import MarginPolicy
from bot.domain.orders import (
    Fill,
    FillCause,
    OrderIntent,
    OrderReport,
    OrderStatus,
    Side,
    TimeInForce,
)
from bot.domain.payoff import FLAT, InverseBook, apply_fill, book_at_entry, fee_coin
from bot.domain.quantities import ClientOrderId
from bot.domain.sizing import ExecutionPolicy
from bot.domain.targets import Full, Target

Number = Decimal | int | str

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BTC_USD = "BTC/USD:BTC"
ETH_USD = "ETH/USD:ETH"
NO_LIMITS = RiskLimits(None, None, None, None, None, None)


def maybe(number: Number | None) -> Decimal | None:
    """The number as a decimal, None as None."""
    return None if number is None else Decimal(number)


def an_instrument(
    base: str = "BTC",
    *,
    symbol: str | None = None,
    contract_usd: Number = 100,
    tick_usd: Number = "0.1",
    lot: Number = 1,
    least: Number | None = None,
    most: Number = 1_000_000,
    maker_fee_rate: Number = "0.0002",
    taker_fee_rate: Number = "0.0005",
    maintenance_rate: Number = "0.005",
) -> InversePerpetual:
    """A contract on ``base``; the smallest order is one lot."""
    return InversePerpetual(
        symbol=f"{base}/USD:{base}" if symbol is None else symbol,
        base=base,
        contract_usd=Decimal(contract_usd),
        tick_usd=Decimal(tick_usd),
        lot_contracts=Decimal(lot),
        min_contracts=Decimal(lot if least is None else least),
        max_contracts=Decimal(most),
        maker_fee_rate=Decimal(maker_fee_rate),
        taker_fee_rate=Decimal(taker_fee_rate),
        maintenance=(MaintenanceTier(None, Decimal(maintenance_rate)),),
    )


def a_bag(
    *,
    name: str = "savings",
    asset: str = "BTC",
    account: str = "main",
    holdings: tuple[Holding, ...] | None = None,
    external: tuple[External, ...] = (),
    symbol: str | None = None,
) -> Bag:
    """A bag in the spot and margin wallets of the account that hedges it."""
    return Bag(
        name=name,
        asset=asset,
        holdings=(Holding(account, (Wallet.SPOT,)),) if holdings is None else holdings,
        external=external,
        hedge_account=account,
        symbol=f"{asset}/USD:{asset}" if symbol is None else symbol,
    )


def a_quote(
    mark: Number = 50_000,
    *,
    index: Number | None = None,
    spread: Number = 0,
    symbol: str = BTC_USD,
    at: datetime = NOON,
    funding_rate: Number | None = "0.0001",
) -> Quote:
    """A quote whose bid and ask stand half a ``spread`` away from the mark."""
    mark_usd, half = Decimal(mark), Decimal(spread) / 2
    return Quote(
        symbol=symbol,
        at=at,
        mark_usd=mark_usd,
        index_usd=mark_usd if index is None else Decimal(index),
        bid_usd=mark_usd - half,
        ask_usd=mark_usd + half,
        last_usd=mark_usd,
        funding_rate=maybe(funding_rate),
        next_funding_at=at + timedelta(hours=4),
        funding_interval_s=8 * 3600,
    )


def an_exposure(
    *,
    outside: Number = 5,
    wallet: Number = 5,
    short_usd: Number = 0,
    entry: Number | None = None,
    mark: Number = 50_000,
    index: Number | None = None,
    other_coin: Number = 0,
) -> Exposure:
    """A bag with a short of ``short_usd`` (negative: a long) entered at ``entry``, or at the mark.

    ``other_coin`` is the coin exposure of positions in other contracts, opened just now.
    """
    mark_usd, face_usd = Decimal(mark), -Decimal(short_usd)
    return assess(
        outside_coin=Decimal(outside),
        wallet_coin=Decimal(wallet),
        face_usd=face_usd,
        coin_cost=face_usd / (mark_usd if entry is None else Decimal(entry)),
        mark_usd=mark_usd,
        index_usd=mark_usd if index is None else Decimal(index),
        other_coin=Decimal(other_coin),
    )


def a_band(outer: Number = "0.005", inner: Number = "0.0025", least_usd: Number = 100) -> Band:
    """A band with its edges as shares of the bag and one lot in dollars."""
    return Band(Decimal(outer), Decimal(inner), Decimal(least_usd))


def a_policy(target: Target | None = None, band: Band | None = None) -> HedgePolicy:
    """A policy, a full hedge in the usual band."""
    return HedgePolicy(
        target=Full() if target is None else target,
        band=a_band() if band is None else band,
        fingerprint="policy-1",
    )


def an_execution(
    *, max_slippage: Number = "0.01", max_slice_usd: Number | None = None, hedge_mode: bool = False
) -> ExecutionPolicy:
    """How orders are placed: whole, and at most a per cent from the mark."""
    return ExecutionPolicy(Decimal(max_slippage), maybe(max_slice_usd), hedge_mode)


def a_plan(
    *,
    target: Target | None = None,
    band: Band | None = None,
    bag: Bag | None = None,
    instrument: InversePerpetual | None = None,
    execution: ExecutionPolicy | None = None,
    limits: RiskLimits = NO_LIMITS,
    margin_mode: MarginMode = MarginMode.CROSS,
    leverage: Number = 1,
    margin: MarginPolicy | None = None,
) -> HedgePlan:
    """A plan for a bag, cross margin, without limits. The bag's contract is the instrument's."""
    chosen = an_instrument() if instrument is None else instrument
    return HedgePlan(
        bag=a_bag(asset=chosen.base, symbol=chosen.symbol) if bag is None else bag,
        instrument=chosen,
        policy=a_policy(target, band),
        execution=an_execution() if execution is None else execution,
        limits=limits,
        margin_mode=margin_mode,
        leverage=Decimal(leverage),
        margin=margin,
    )


def a_margin_policy(
    *,
    warn: Number | None = "0.4",
    top_up: Number | None = "0.3",
    reduce: Number | None = "0.15",
    sweep: Number | None = None,
    keep_share: Number = 0,
    day_share: Number = 1,
) -> MarginPolicy:
    """The margin as it is minded by default: up to 0.6 with coins, up to 0.25 without."""
    return MarginPolicy(
        warn_distance=maybe(warn),
        top_up_distance=maybe(top_up),
        top_up_to=Decimal("0.6"),
        reduce_distance=maybe(reduce),
        reduce_to=Decimal("0.25"),
        sweep_distance=maybe(sweep),
        sweep_to=Decimal(1),
        keep_share=Decimal(keep_share),
        day_share=Decimal(day_share),
        least_share=Decimal("0.001"),
        patience_s=180.0,
    )


def some_limits(
    *,
    max_order_usd: Number | None = None,
    max_short_usd: Number | None = None,
    max_orders_per_hour: int | None = None,
    max_turnover_usd_per_day: Number | None = None,
    min_liquidation_distance: Number | None = None,
    max_price_deviation: Number | None = None,
    max_short_share: Number | None = None,
    max_fees_usd_per_day: Number | None = None,
    max_price_jump: Number | None = None,
    max_funding_cost_per_year: Number | None = None,
    max_snapshot_age_s: float | None = None,
    max_clock_skew_s: float | None = None,
) -> RiskLimits:
    """Limits of which only the named ones are on."""
    return RiskLimits(
        maybe(max_order_usd),
        maybe(max_short_usd),
        max_orders_per_hour,
        maybe(max_turnover_usd_per_day),
        maybe(min_liquidation_distance),
        maybe(max_price_deviation),
        max_short_share=maybe(max_short_share),
        max_fees_usd_per_day=maybe(max_fees_usd_per_day),
        max_price_jump=maybe(max_price_jump),
        max_funding_cost_per_year=maybe(max_funding_cost_per_year),
        max_snapshot_age_s=max_snapshot_age_s,
        max_clock_skew_s=max_clock_skew_s,
    )


def some_facts(
    *,
    state: TradingState = TradingState.ACTIVE,
    exposure: Exposure | None = None,
    contract_usd: Number = 100,
    bid: Number | None = 50_000,
    ask: Number | None = 50_000,
    liquidation_after: LiquidationPrice | None = NEVER,
    orders_last_hour: int = 0,
    turnover_last_day_usd: Number = 0,
    in_doubt: tuple[str, ...] = (),
    contract_changes: tuple[str, ...] = (),
    last_usd: Number | None = None,
    believed_mark_usd: Number | None = None,
    fees_after_usd: Number | None = None,
    funding_per_year: Number | None = None,
    ages: Ages | None = None,
    other_short_usd: Number | None = None,
) -> GuardFacts:
    """What the guard knows: nothing that speaks against an order."""
    return GuardFacts(
        state=state,
        exposure=an_exposure() if exposure is None else exposure,
        contract_usd=Decimal(contract_usd),
        bid_usd=maybe(bid),
        ask_usd=maybe(ask),
        liquidation_after=liquidation_after,
        orders_last_hour=orders_last_hour,
        turnover_last_day_usd=Decimal(turnover_last_day_usd),
        in_doubt=in_doubt,
        contract_changes=contract_changes,
        last_usd=maybe(last_usd),
        believed_mark_usd=maybe(believed_mark_usd),
        fees_after_usd=maybe(fees_after_usd),
        funding_per_year=maybe(funding_per_year),
        ages=ages,
        other_short_usd=maybe(other_short_usd),
    )


def some_circumstances(
    *, cycle: int = 1, state: TradingState = TradingState.ACTIVE, base_coin: Number = 10
) -> Circumstances:
    """An ordinary cycle; ``dataclasses.replace`` the rest."""
    return Circumstances(cycle=cycle, state=state, base_coin=Decimal(base_coin))


def an_intent(
    side: Side = Side.SELL,
    contracts: Number = 10,
    *,
    contract_usd: Number = 100,
    limit_usd: Number | None = 49_500,
    reduce_only: bool | None = None,
    order_id: str = "hh0000000000000000000000aa",
    bag: str = "savings",
    account: str = "main",
    symbol: str = BTC_USD,
) -> OrderIntent:
    """An order as it was decided; a buy is reduce-only unless told otherwise."""
    return OrderIntent(
        client_order_id=ClientOrderId(order_id),
        bag=bag,
        account=account,
        symbol=symbol,
        side=side,
        contracts=Decimal(contracts),
        notional_usd=Decimal(contracts) * Decimal(contract_usd),
        limit_usd=maybe(limit_usd),
        time_in_force=TimeInForce.IOC,
        reduce_only=side is Side.BUY if reduce_only is None else reduce_only,
    )


def an_order(
    status: OrderStatus = OrderStatus.FILLED,
    *,
    side: Side = Side.SELL,
    contracts: Number = 10,
    filled: Number | None = None,
    average_usd: Number = 50_000,
    order_id: str | None = "hh0000000000000000000000aa",
    venue_id: str = "1",
    symbol: str = BTC_USD,
    at: datetime = NOON,
) -> OrderReport:
    """The venue's word on an order; ``filled`` is all of it when it is filled, else nothing."""
    whole = Decimal(contracts) if status is OrderStatus.FILLED else Decimal(0)
    done = whole if filled is None else Decimal(filled)
    return OrderReport(
        client_order_id=None if order_id is None else ClientOrderId(order_id),
        venue_order_id=venue_id,
        symbol=symbol,
        side=side,
        status=status,
        contracts=Decimal(contracts),
        filled_contracts=done,
        average_usd=Decimal(average_usd) if done else None,
        limit_usd=None,
        reduce_only=side is Side.BUY,
        updated_at=at,
    )


def a_fill(
    *,
    side: Side = Side.SELL,
    contracts: Number = 10,
    contract_usd: Number = 100,
    price: Number = 50_000,
    trade_id: str = "t1",
    order_id: str | None = "hh0000000000000000000000aa",
    venue_id: str = "1",
    symbol: str = BTC_USD,
    cause: FillCause = FillCause.ORDER,
    at: datetime = NOON,
) -> Fill:
    """One trade, taker, its fee at five basis points."""
    face_usd = Decimal(contracts) * Decimal(contract_usd)
    return Fill(
        trade_id=trade_id,
        venue_order_id=venue_id,
        client_order_id=None if order_id is None else ClientOrderId(order_id),
        symbol=symbol,
        side=side,
        contracts=Decimal(contracts),
        face_usd=face_usd,
        price_usd=Decimal(price),
        fee_coin=fee_coin(face_usd, Decimal(price), Decimal("0.0005")),
        realised_coin=Decimal(0),
        maker=False,
        cause=cause,
        at=at,
    )


def a_balance(
    total: Number = 5, wallet: Wallet = Wallet.SPOT, *, asset: str = "BTC", used: Number | None = 0
) -> Balance:
    """Coins in one wallet."""
    return Balance(wallet, asset, Decimal(total), maybe(used))


def a_position(
    short_usd: Number = 500_000,
    *,
    entry: Number = 50_000,
    mark: Number = 50_000,
    contract_usd: Number = 100,
    symbol: str = BTC_USD,
    side: PositionSide = PositionSide.NET,
    liquidation: LiquidationPrice | None = NEVER,
    isolated: Number | None = None,
) -> Position:
    """A short (negative: a long), cross margin unless coins are bound to it."""
    face_usd, entry_usd, mark_usd = -Decimal(short_usd), Decimal(entry), Decimal(mark)
    return Position(
        symbol=symbol,
        side=side,
        contracts=face_usd / Decimal(contract_usd),
        face_usd=face_usd,
        entry_usd=entry_usd,
        mark_usd=mark_usd,
        unrealised_coin=face_usd / entry_usd - face_usd / mark_usd,
        liquidation_price=liquidation,
        margin_mode=MarginMode.CROSS if isolated is None else MarginMode.ISOLATED,
        leverage=Decimal(1),
        isolated_coin=maybe(isolated),
    )


def a_snapshot(
    *balances: Balance,
    account: str = "main",
    positions: tuple[Position, ...] = (),
    open_orders: tuple[OrderReport, ...] = (),
    at: datetime = NOON,
) -> AccountSnapshot:
    """One look at an account: five coins in the spot and five in the margin wallet by default."""
    held = balances or (a_balance(5), a_balance(5, Wallet.MARGIN))
    return AccountSnapshot(account, at, held, positions, open_orders)


@dataclass(slots=True)
class HeldBag:
    """A bag that lives: coins and an inverse position that fills, fees and flows change exactly."""

    outside_coin: Decimal
    wallet_coin: Decimal
    book: InverseBook = FLAT

    @classmethod
    def of(
        cls,
        outside: Number = 5,
        wallet: Number = 5,
        *,
        short_usd: Number = 0,
        entry: Number = 50_000,
    ) -> HeldBag:
        """A bag with or without a short."""
        book = book_at_entry(-Decimal(short_usd), Decimal(entry))
        return cls(Decimal(outside), Decimal(wallet), book)

    @property
    def delta_coin(self) -> Decimal:
        """Coins left exposed, from entry and wallet alone, without any mark price."""
        return self.outside_coin + self.wallet_coin + self.book.coin_cost

    def look(self, mark: Number, index: Number | None = None) -> Exposure:
        """The exposure at a mark price."""
        return assess(
            outside_coin=self.outside_coin,
            wallet_coin=self.wallet_coin,
            face_usd=self.book.face_usd,
            coin_cost=self.book.coin_cost,
            mark_usd=Decimal(mark),
            index_usd=Decimal(mark if index is None else index),
        )

    def fill(self, intent: OrderIntent, price: Number, fee_rate: Number = 0) -> None:
        """Fill an order whole, the fee paid from the margin wallet."""
        change_usd = intent.notional_usd * intent.side.sign
        self.book, realised_coin = apply_fill(self.book, change_usd, Decimal(price))
        self.wallet_coin += realised_coin - fee_coin(change_usd, Decimal(price), Decimal(fee_rate))
