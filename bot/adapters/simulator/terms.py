"""The terms that a customer may change: leverage, margin mode, position mode, the margin of an
isolated leg, and which wallet holds the coins.

Whatever is refused leaves everything as it was.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum

from bot.adapters.simulator.coin_margin import CoinMargin, Leg, legs_of
from bot.adapters.simulator.holder import Holder
from bot.adapters.simulator.simulation import Simulation
from bot.adapters.simulator.spec import WalletTransfer
from bot.domain.account import MarginMode, PositionSide, Wallet
from bot.domain.margin import initial_margin_coin
from bot.domain.payoff import unrealised_coin
from bot.domain.quantities import ZERO, book_coin
from bot.errors import Refused


class Obstacle(Enum):
    """Why terms stay as they are."""

    UNCHANGED = "it already is so"
    POSITION = "a position is open"
    ORDERS = "orders are open"
    COINS = "there are not enough free coins"
    MODE = "the margin mode does not allow it"
    NOTHING = "it would move nothing"
    NO_WALLET = "the coin has no margin wallet here"


class TermsRefused(Refused):
    """The venue's no to a change of terms, with the reason as a value."""

    def __init__(self, obstacle: Obstacle, *, operation: str) -> None:
        super().__init__(obstacle.value, operation=operation)
        self.obstacle = obstacle


def set_leverage(simulation: Simulation, account: str, asset: str, leverage: Decimal) -> None:
    """Another leverage for a coin's contract. The margin of an isolated position stays as it is,
    so there it may only rise; in cross mode the free coins must carry what it then binds."""
    holder, margin = _margin(simulation, account, asset)
    before = margin.leverage
    if leverage < before and margin.mode is MarginMode.ISOLATED and not margin.is_flat:
        raise TermsRefused(Obstacle.POSITION, operation="set_leverage")
    margin.leverage = leverage
    if leverage < before and _available_coin(simulation, holder, asset) < ZERO:
        margin.leverage = before
        raise TermsRefused(Obstacle.COINS, operation="set_leverage")
    simulation.changes += 1


def set_margin_mode(simulation: Simulation, account: str, asset: str, mode: MarginMode) -> None:
    """Cross or isolated, while there is neither position nor order in the coin's contract."""
    holder, margin = _margin(simulation, account, asset)
    symbol = margin.instrument.symbol
    if margin.mode is mode:
        raise TermsRefused(Obstacle.UNCHANGED, operation="set_margin_mode")
    if not margin.is_flat:
        raise TermsRefused(Obstacle.POSITION, operation="set_margin_mode")
    if any(order.symbol == symbol for order in holder.orders.open.values()):
        raise TermsRefused(Obstacle.ORDERS, operation="set_margin_mode")
    margin.mode = mode
    simulation.changes += 1


def set_hedge_mode(simulation: Simulation, account: str, *, hedge_mode: bool) -> None:
    """One net position per market or two legs, while the account has neither position nor order."""
    holder = simulation.holders[account]
    ledger = holder.ledger
    if ledger.hedge_mode is hedge_mode:
        raise TermsRefused(Obstacle.UNCHANGED, operation="set_hedge_mode")
    if not all(margin.is_flat for margin in ledger.margins.values()):
        raise TermsRefused(Obstacle.POSITION, operation="set_hedge_mode")
    if holder.orders.open:
        raise TermsRefused(Obstacle.ORDERS, operation="set_hedge_mode")
    ledger.hedge_mode = hedge_mode
    for margin in ledger.margins.values():
        margin.legs = {side: Leg(side) for side in legs_of(hedge_mode=hedge_mode)}
    simulation.changes += 1


def move_isolated(
    simulation: Simulation, account: str, asset: str, side: PositionSide, amount_coin: Decimal
) -> None:
    """Bind coins to an isolated position, or free some (negative) down to its initial margin at
    the mark, a loss on paper counted."""
    holder, margin = _margin(simulation, account, asset)
    leg = margin.legs[side]
    if margin.mode is not MarginMode.ISOLATED or not leg.book.face_usd:
        raise TermsRefused(Obstacle.MODE, operation="move_isolated")
    mark_usd = simulation.market.assets[asset].mark_usd
    coins = book_coin(amount_coin)
    if coins > ZERO:
        spare = _available_coin(simulation, holder, asset)
    else:
        loss = min(ZERO, unrealised_coin(leg.book, mark_usd))
        needed = initial_margin_coin(leg.book.face_usd, mark_usd, margin.leverage)
        spare = leg.isolated_coin + loss - needed
    if abs(coins) > spare:
        raise TermsRefused(Obstacle.COINS, operation="move_isolated")
    leg.isolated_coin += coins
    holder.forget_reach()
    simulation.changes += 1


def transfer(
    simulation: Simulation,
    account: str,
    asset: str,
    amount_coin: Decimal,
    source: Wallet,
    destination: Wallet,
) -> None:
    """Move coins between two wallets of an account: all of the amount or nothing."""
    if source is destination or not book_coin(amount_coin) > ZERO:
        raise TermsRefused(Obstacle.NOTHING, operation="transfer")
    if Wallet.MARGIN in (source, destination) and asset not in simulation.market.assets:
        raise TermsRefused(Obstacle.NO_WALLET, operation="transfer")
    if amount_coin > simulation.free_coin(account, source, asset):
        raise TermsRefused(Obstacle.COINS, operation="transfer")
    simulation.happen(WalletTransfer(0.0, account, asset, amount_coin, source, destination))


def _margin(simulation: Simulation, account: str, asset: str) -> tuple[Holder, CoinMargin]:
    holder = simulation.holders[account]
    return holder, holder.ledger.margin_of(asset)


def _available_coin(simulation: Simulation, holder: Holder, asset: str) -> Decimal:
    mark_usd = simulation.market.assets[asset].mark_usd
    bound = holder.order_margin_coin(asset, mark_usd)
    return holder.ledger.margin_of(asset).available_coin(mark_usd, bound)
