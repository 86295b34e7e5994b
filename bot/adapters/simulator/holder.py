"""One customer of the venue: ledger and orders together, and what they tell an onlooker."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bot.adapters.simulator.coin_margin import CoinMargin, Leg, Reach, legs_of
from bot.adapters.simulator.ledger import AccountLedger
from bot.adapters.simulator.market import AssetMarket
from bot.adapters.simulator.orders import OrderShelf, VenueOrder
from bot.adapters.simulator.spec import AccountSpec, MarketSpec
from bot.domain.account import Balance, MarginMode, Position, PositionSide, Wallet
from bot.domain.margin import LiquidationPrice
from bot.domain.orders import Side
from bot.domain.payoff import unrealised_coin
from bot.domain.quantities import ZERO


class Holder:
    """An account: its wallets and positions in the ledger, its orders on the shelf."""

    def __init__(self, spec: AccountSpec, markets: Mapping[str, MarketSpec]) -> None:
        self.spec = spec
        self.ledger = AccountLedger(spec, markets)
        self.orders = OrderShelf()
        self._reach: dict[str, tuple[object, Reach]] = {}

    @property
    def legs(self) -> tuple[PositionSide, ...]:
        """The legs that a position can have here: the net one, or long and short in hedge mode."""
        return legs_of(hedge_mode=self.ledger.hedge_mode)

    def forget_reach(self) -> None:
        """Have liquidation prices worked out again, where something changed without a booking."""
        self._reach.clear()

    def balances(self, markets: Mapping[str, AssetMarket]) -> tuple[Balance, ...]:
        """Every wallet that was ever used, empty or not. Spot, funding and earn bind nothing."""
        ledger = self.ledger
        found = [
            Balance(wallet, asset, coins, ZERO) for (wallet, asset), coins in ledger.coins.items()
        ]
        for asset, margin in ledger.margins.items():
            mark_usd = markets[asset].mark_usd
            used = margin.position_margin_coin(mark_usd)
            if self.orders.open:
                used += self.order_margin_coin(asset, mark_usd)
            found.append(Balance(Wallet.MARGIN, asset, margin.wallet_coin, used))
        return tuple(found)

    def positions(self, markets: Mapping[str, AssetMarket]) -> tuple[Position, ...]:
        """Every leg that holds something."""
        return tuple(
            self._position(margin, leg, markets[asset].mark_usd)
            for asset, margin in self.ledger.margins.items()
            for leg in margin.legs.values()
            if leg.book.face_usd
        )

    def reach(self, asset: str, margin: CoinMargin, mark_usd: Decimal) -> Reach:
        """Where something of this coin is liquidated; worked out again only after a booking."""
        seen = (self.ledger.lines_booked, self.ledger.trades_made)
        known = self._reach.get(asset)
        if known is None or known[0] != seen:
            known = self._reach[asset] = (seen, margin.reach(mark_usd))
        return known[1]

    def reducible(self, margin: CoinMargin, side: Side, leg: PositionSide) -> Decimal:
        """Contracts of the leg that an order of this side could close."""
        face_usd = margin.legs[leg].book.face_usd
        if not face_usd or (face_usd > ZERO) is (side is Side.BUY):
            return ZERO
        return margin.instrument.contracts(abs(face_usd))

    def order_margin_coin(
        self, asset: str, mark_usd: Decimal, extra: VenueOrder | None = None
    ) -> Decimal:
        """Coins that resting orders bind, and one more if given: the initial margin of the
        position that they could grow to, beyond the present one."""
        margin = self.ledger.margin_of(asset)
        pending = [o for o in self.orders.open.values() if o.symbol == margin.instrument.symbol]
        if extra is not None:
            pending.append(extra)
        bound_usd = ZERO
        for leg in margin.legs.values():
            face = leg.book.face_usd
            up = down = face
            for order in pending:
                if order.position_side is leg.side and not order.reduce_only:
                    change = margin.instrument.face_usd(order.remaining_contracts)
                    if order.side is Side.BUY:
                        up += change
                    else:
                        down -= change
            bound_usd += max(abs(up), abs(down)) - abs(face)
        return max(ZERO, bound_usd) / mark_usd / margin.leverage

    def _position(self, margin: CoinMargin, leg: Leg, mark_usd: Decimal) -> Position:
        book = leg.book
        reach = self.reach(margin.instrument.base, margin, mark_usd)
        price: LiquidationPrice = reach.fall_usd if book.face_usd > ZERO else reach.rise_usd
        isolated = margin.mode is MarginMode.ISOLATED
        return Position(
            symbol=margin.instrument.symbol,
            side=leg.side,
            contracts=margin.instrument.contracts(book.face_usd),
            face_usd=book.face_usd,
            entry_usd=book.face_usd / book.coin_cost,
            mark_usd=mark_usd,
            unrealised_coin=unrealised_coin(book, mark_usd),
            liquidation_price=price,
            margin_mode=margin.mode,
            leverage=margin.leverage,
            isolated_coin=leg.isolated_coin if isolated else None,
        )
