"""What the simulated venue tells about an account before anything is trusted to it."""

from __future__ import annotations

from bot.adapters.simulator.simulation import Simulation
from bot.domain.inspection import AccountFacts, MarketTerms


def facts_of(simulation: Simulation, account: str) -> AccountFacts:
    """The account as it stands. There is no key: the caller may do everything but withdraw, from
    this process alone, and lives by the venue's own clock."""
    holder = simulation.holders[account]
    ledger = holder.ledger
    return AccountFacts(
        account_id=account,
        kind="simulated",
        kind_fault=None,
        may_trade=True,
        may_withdraw=False,
        may_transfer=False,
        is_ip_bound=True,
        hedge_mode=ledger.hedge_mode,
        clock_skew_s=0.0,
        terms=tuple(
            MarketTerms(margin.instrument.symbol, margin.mode, margin.leverage, not margin.is_flat)
            for margin in ledger.margins.values()
        ),
        contract_faults=(),
        resting_orders=len(holder.orders.open),
    )
