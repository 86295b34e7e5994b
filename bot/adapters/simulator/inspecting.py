"""What the simulated venue tells about an account before anything is trusted to it."""

from __future__ import annotations

from bot.adapters.simulator.holder import Holder
from bot.adapters.simulator.simulation import Simulation
from bot.domain.inspection import AccountFacts, MarketTerms


def facts_of(simulation: Simulation, account: str) -> AccountFacts:
    """The account as it stands. There is no key: the caller may do everything but withdraw, from
    this process alone, and lives by the venue's own clock."""
    holder = simulation.holders[account]
    return AccountFacts(
        account_id=account,
        kind="simulated",
        kind_fault=None,
        may_trade=True,
        may_withdraw=False,
        may_transfer=False,
        is_ip_bound=True,
        hedge_mode=holder.ledger.hedge_mode,
        clock_skew_s=0.0,
        terms=tuple(
            _terms(holder, asset, market.spec.instrument.symbol)
            for asset, market in simulation.market.assets.items()
        ),
        contract_faults=(),
        resting_orders=len(holder.orders.open),
    )


def _terms(holder: Holder, asset: str, symbol: str) -> MarketTerms:
    """The terms of one market; a coin that was never used there has those of the account."""
    margin = holder.ledger.margins.get(asset)
    if margin is None:
        return MarketTerms(symbol, holder.spec.margin_mode, holder.spec.leverage, is_open=False)
    return MarketTerms(symbol, margin.mode, margin.leverage, is_open=not margin.is_flat)
