"""Every guard by name: what it keeps from happening, its setting, whether it binds buying back.

``docs/guards.md`` shows the same table to people. Buying back is always reduce-only and can only
make the position smaller, so it is held to fewer guards: a crash, a budget that is used up or a
price that nobody believes yet must not keep a short from shrinking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard. ``name`` is what a denial is reported under, ``setting`` the key that it follows,
    None where it always holds; ``binds_buying_back`` whether buying back is held to it."""

    name: str
    what: str
    setting: str | None
    binds_buying_back: bool


def _always(name: str, what: str, *, binds_buying_back: bool) -> Guard:
    return Guard(name, what, None, binds_buying_back)


def _limit(name: str, what: str, *, binds_buying_back: bool = False) -> Guard:
    return Guard(name, what, f"limits.{name}", binds_buying_back)


GUARDS: Final = (
    _always(
        "position_unreadable",
        "While two sources disagree about the position, the smaller short of both counts.",
        binds_buying_back=True,
    ),
    _always("halted", "While trading is halted nothing is sent.", binds_buying_back=True),
    _always(
        "reducing",
        "In the state reducing no order is sent that does not shrink the short.",
        binds_buying_back=False,
    ),
    _always(
        "in_doubt",
        "While the outcome of an order is unknown, no other is sent in its market.",
        binds_buying_back=True,
    ),
    _always(
        "contract_changed",
        "No larger short in a contract whose terms are not those that were agreed to.",
        binds_buying_back=False,
    ),
    Guard(
        "max_snapshot_age_s",
        "No order on balances, positions, open orders or quotes that are older.",
        "cycle.max_snapshot_age_s",
        binds_buying_back=True,
    ),
    _limit(
        "max_clock_skew_s",
        "No order while a time stamp of the venue is further ahead of our clock.",
        binds_buying_back=True,
    ),
    _always(
        "size",
        "An order has contracts, and is worth what its contracts are worth.",
        binds_buying_back=True,
    ),
    _always(
        "never_long",
        "No more is bought back than is short, and only reduce-only.",
        binds_buying_back=True,
    ),
    _always(
        "empty_book",
        "No order while one side of the book is empty.",
        binds_buying_back=True,
    ),
    _always(
        "crossed_book",
        "No order while the bid is above the ask.",
        binds_buying_back=True,
    ),
    _limit("max_order_usd", "No single order is larger.", binds_buying_back=True),
    _limit("max_orders_per_hour", "No more orders in any hour.", binds_buying_back=True),
    _limit(
        "max_turnover_usd_per_day",
        "No larger short once so much was traded in 24 hours.",
    ),
    _always(
        "past_the_bag",
        "No more is sold than the coins that are without a hedge, to half a contract.",
        binds_buying_back=False,
    ),
    _limit("max_short_usd", "The short does not grow beyond it."),
    _limit("max_short_share", "The short does not grow beyond this share of the bag."),
    _limit(
        "max_fees_usd_per_day",
        "No larger short if the fees of 24 hours, the order's own among them, would be more.",
    ),
    _limit(
        "max_price_deviation",
        "No larger short while index, bid or last price are further from the mark price.",
    ),
    _limit(
        "max_price_jump",
        "No larger short on a mark price further from the last good one, until two looks agree.",
    ),
    _limit(
        "min_liquidation_distance",
        "No larger short whose liquidation price would be nearer.",
    ),
    _limit(
        "max_funding_cost_per_year",
        "No larger short while holding it costs more at the running funding rate.",
    ),
)
"""Every guard, in the order in which they are asked. The first one that objects is named."""
