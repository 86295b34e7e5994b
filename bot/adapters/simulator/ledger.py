"""The wallets of one account: every booking is a line, and a wallet is the sum of its lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from bot.adapters.simulator.coin_margin import CoinMargin
from bot.adapters.simulator.history import History
from bot.adapters.simulator.orders import VenueOrder
from bot.adapters.simulator.spec import AccountSpec, MarketSpec
from bot.domain.account import EntryKind, LedgerEntry, PositionSide, Wallet
from bot.domain.orders import Fill, FillCause, Side
from bot.domain.quantities import ZERO, book_coin
from bot.errors import InvariantBroken

KEEP_FILLS: Final = 2_000
KEEP_ENTRIES: Final = 5_000
"""Lines that an account remembers: enough for years of funding, or for thousands of trades."""


class AccountLedger:
    """Wallets, margin and history of one account. Synchronous; the caller brings the time.

    The margin wallet of a coin exists once something was booked to it.
    """

    def __init__(self, spec: AccountSpec, markets: Mapping[str, MarketSpec]) -> None:
        self._spec = spec
        self._markets = markets
        self.hedge_mode = spec.hedge_mode
        self.coins: dict[tuple[Wallet, str], Decimal] = {}
        self.margins: dict[str, CoinMargin] = {}
        self.entries: History[LedgerEntry] = History(KEEP_ENTRIES)
        self.fills: History[Fill] = History(KEEP_FILLS)
        self.lines_booked = 0
        self.trades_made = 0

    def open(self, at: datetime) -> None:
        """Book what the account holds when the venue opens."""
        for wallet, asset, coins in self._spec.holdings:
            self.move(wallet, asset, EntryKind.DEPOSIT, book_coin(coins), at)

    def held_coin(self, wallet: Wallet, asset: str) -> Decimal:
        """Coins in one wallet, bound ones included, profit on paper excluded."""
        if wallet is Wallet.MARGIN:
            margin = self.margins.get(asset)
            return ZERO if margin is None else margin.wallet_coin
        return self.coins.get((wallet, asset), ZERO)

    def margin_of(self, asset: str) -> CoinMargin:
        """The margin wallet of a coin that has a market."""
        margin = self.margins.get(asset)
        if margin is None:
            market, spec = self._markets[asset], self._spec
            margin = self.margins[asset] = CoinMargin(
                market.instrument,
                leverage=spec.leverage,
                mode=spec.margin_mode,
                hedge_mode=self.hedge_mode,
                clearance_rate=market.clearance_rate,
            )
        return margin

    def move(
        self, wallet: Wallet, asset: str, kind: EntryKind, amount_coin: Decimal, at: datetime
    ) -> None:
        """Book coins into a wallet, or out of it (negative). Whether there are as many is the
        caller's question: to take more raises :class:`InvariantBroken`."""
        left = self.held_coin(wallet, asset) + amount_coin
        if amount_coin < ZERO and left < ZERO:
            raise InvariantBroken(f"the {wallet.value} wallet would hold {left} {asset}")
        if wallet is Wallet.MARGIN:
            self.margin_of(asset).wallet_coin = left
        else:
            self.coins[wallet, asset] = left
        self._note(wallet, asset, kind, amount_coin, at)

    def trade(
        self,
        order: VenueOrder,
        contracts: Decimal,
        price_usd: Decimal,
        at: datetime,
        *,
        maker: bool | None,
        cause: FillCause = FillCause.ORDER,
    ) -> Fill:
        """Book a trade of an order: its realised profit and its fee, which is nothing where the
        trade is forced (``maker`` None). The order itself counts it too."""
        margin = self.margin_of(base_of(order.symbol))
        instrument = margin.instrument
        face_usd = instrument.face_usd(contracts)
        fee_rate = ZERO
        if maker is not None:
            fee_rate = instrument.maker_fee_rate if maker else instrument.taker_fee_rate
        realised, fee = margin.fill(
            face_usd * order.side.sign, price_usd, fee_rate, order.position_side
        )
        order.filled_contracts += contracts
        order.filled_usd += face_usd
        order.filled_coin += face_usd / price_usd
        order.updated_at = at
        self._note(Wallet.MARGIN, instrument.base, EntryKind.REALISED, realised, at, order.symbol)
        self._note(Wallet.MARGIN, instrument.base, EntryKind.FEE, -fee, at, order.symbol)
        return self._filled(
            Fill(
                trade_id=self._next_trade(),
                venue_order_id=order.venue_order_id,
                client_order_id=order.client_order_id,
                symbol=order.symbol,
                side=order.side,
                contracts=contracts,
                face_usd=face_usd,
                price_usd=price_usd,
                fee_coin=fee,
                realised_coin=realised,
                maker=maker,
                cause=cause,
                at=at,
            )
        )

    def settle_funding(
        self, asset: str, mark_usd: Decimal, funding_rate: Decimal, at: datetime
    ) -> None:
        """Book a funding payment where there is a position."""
        margin = self.margins.get(asset)
        if margin is not None and not margin.is_flat:
            received = margin.settle_funding(mark_usd, funding_rate)
            symbol = margin.instrument.symbol
            self._note(Wallet.MARGIN, asset, EntryKind.FUNDING, received, at, symbol, funding_rate)

    def liquidate(
        self, asset: str, mark_usd: Decimal, order_id: str, at: datetime
    ) -> tuple[PositionSide, ...]:
        """Take away the legs whose margin is used up; the answer names them.

        The fill is at the mark without a fee; what the venue keeps is a line of its own, positive
        where it had to make good a loss beyond the margin.
        """
        margin = self.margins[asset]
        instrument = margin.instrument
        due = margin.due(mark_usd)
        if not due:
            return ()
        for side, face_usd, realised, forfeited in margin.liquidate(mark_usd, due):
            symbol = instrument.symbol
            self._note(Wallet.MARGIN, asset, EntryKind.REALISED, realised, at, symbol)
            self._note(Wallet.MARGIN, asset, EntryKind.LIQUIDATION, -forfeited, at, symbol)
            self._filled(
                Fill(
                    trade_id=self._next_trade(),
                    venue_order_id=f"{order_id}-{side.value}",
                    client_order_id=None,
                    symbol=symbol,
                    side=Side.BUY if face_usd < ZERO else Side.SELL,
                    contracts=instrument.contracts(abs(face_usd)),
                    face_usd=abs(face_usd),
                    price_usd=mark_usd,
                    fee_coin=ZERO,
                    realised_coin=realised,
                    maker=None,
                    cause=FillCause.LIQUIDATION,
                    at=at,
                )
            )
        return due

    def _next_trade(self) -> str:
        self.trades_made += 1
        return f"{self._spec.name}-t{self.trades_made}"

    def _filled(self, fill: Fill) -> Fill:
        self.fills.append(fill)
        return fill

    def _note(
        self,
        wallet: Wallet,
        asset: str,
        kind: EntryKind,
        amount_coin: Decimal,
        at: datetime,
        symbol: str | None = None,
        funding_rate: Decimal | None = None,
    ) -> None:
        """Write a line; nothing is no line."""
        if not amount_coin:
            return
        self.lines_booked += 1
        self.entries.append(
            LedgerEntry(
                entry_id=f"{self._spec.name}-e{self.lines_booked}",
                at=at,
                wallet=wallet,
                asset=asset,
                kind=kind,
                amount_coin=amount_coin,
                symbol=symbol,
                funding_rate=funding_rate,
            )
        )


def base_of(symbol: str) -> str:
    """The coin of an inverse contract: BTC of BTC/USD:BTC."""
    return symbol.partition("/")[0]
