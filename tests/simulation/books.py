"""The truth: what the venue's own books say of the account, whatever anybody was told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.adapters.simulator.coin_margin import CoinMargin
from bot.adapters.simulator.exchange import SimulatedVenue
from bot.adapters.simulator.history import History
from bot.domain.account import Wallet
from bot.domain.exposure import Exposure, assess
from bot.domain.quantities import ZERO

ASSET = "BTC"
ACCOUNT = "main"
CONTRACT_USD = Decimal(100)
MANY = 1 << 30


@dataclass(frozen=True, slots=True)
class Moment:
    """The bag and its short as they really were. Contracts are signed; ``best_usd`` is the larger
    of mark and bid; ``base_coin`` what a static target counts from."""

    outside_coin: Decimal
    wallet_coin: Decimal
    face_usd: Decimal
    cost_coin: Decimal
    mark_usd: Decimal
    index_usd: Decimal
    best_usd: Decimal
    base_coin: Decimal

    @property
    def delta_coin(self) -> Decimal:
        """Coins without a hedge; the price drops out."""
        return self.outside_coin + self.wallet_coin + self.cost_coin

    @property
    def short_usd(self) -> Decimal:
        """Positive for a short."""
        return -self.face_usd

    def exposure(self, mark_usd: Decimal | None = None) -> Exposure:
        """The same as the domain says it."""
        return assess(
            outside_coin=self.outside_coin,
            wallet_coin=self.wallet_coin,
            face_usd=self.face_usd,
            coin_cost=self.cost_coin,
            mark_usd=self.mark_usd if mark_usd is None else mark_usd,
            index_usd=self.index_usd,
        )


class Books:
    """Reads the venue's books of the one account."""

    def __init__(self, venue: SimulatedVenue) -> None:
        self.venue = venue
        self.simulation = venue.simulation
        self.holder = venue.simulation.holders[ACCOUNT]
        self.ledger = self.holder.ledger
        self.market = venue.simulation.market.assets[ASSET]
        self._remember_everything()
        self.base_coin = ZERO  # what came in from outside, less what left
        for (wallet, asset), coins in self.ledger.coins.items():
            self.base_coin += coins if (wallet, asset) == (Wallet.SPOT, ASSET) else ZERO
        self.base_coin += self.margin.wallet_coin

    def _remember_everything(self) -> None:
        """Venues forget; what is to be compared in the end must not."""
        ledger, shelf = self.ledger, self.holder.orders
        entries, fills, ended = ledger.entries, ledger.fills, shelf.ended
        ledger.entries, ledger.fills, shelf.ended = History(MANY), History(MANY), History(MANY)
        ledger.entries.restore(entries)
        ledger.fills.restore(fills)
        shelf.ended.restore(ended)

    @property
    def margin(self) -> CoinMargin:
        """The margin wallet with the position in it."""
        return self.ledger.margin_of(ASSET)

    def spot_coin(self) -> Decimal:
        """Coins of the bag outside the margin wallet."""
        return self.ledger.coins.get((Wallet.SPOT, ASSET), ZERO)

    def face_usd(self) -> Decimal:
        """The position, negative when short."""
        return sum((leg.book.face_usd for leg in self.margin.legs.values()), ZERO)

    def contracts(self) -> Decimal:
        """The position in contracts, negative when short."""
        return self.face_usd() / CONTRACT_USD

    def moment(self) -> Moment:
        """The books as they are now, at the venue's last step."""
        margin = self.margin
        (leg,) = margin.legs.values()
        market = self.market
        mark_usd, bid_usd = market.mark_usd, market.book.bid_usd
        return Moment(
            self.spot_coin(),
            margin.wallet_coin,
            leg.book.face_usd,
            leg.book.coin_cost,
            mark_usd,
            market.prices.index_usd,
            max(mark_usd, bid_usd),
            self.base_coin,
        )

    def margin_share(self) -> Decimal:
        """Equity of the margin wallet as a share of the bag's."""
        exposure = self.moment().exposure()
        if exposure.equity_coin <= ZERO:
            return ZERO
        return (exposure.wallet_coin + exposure.unrealised_coin) / exposure.equity_coin
