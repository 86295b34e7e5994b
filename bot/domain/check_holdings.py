"""Findings about what an account holds: wallets, positions, open orders. Pure."""

from __future__ import annotations

from bot.domain.account import Balance, Position
from bot.domain.check import Finding, ok, warning
from bot.domain.inspection import AccountFacts
from bot.domain.orders import OrderReport, is_ours
from bot.domain.quantities import ZERO, in_coin, in_usd


def balance_findings(
    name: str, balances: tuple[Balance, ...], call: str = ""
) -> tuple[Finding, ...]:
    """Which wallets were found and what each holds. ``call`` is how the venue was asked."""
    subject = f"{name}: balances"
    held = [
        f"{balance.wallet.value} {in_coin(balance.total_coin)} {balance.asset}"
        for balance in balances
        if balance.total_coin
    ]
    if held:
        return (ok(subject, f"{', '.join(held)}{_by(call)}"),)
    return (
        warning(
            subject,
            f"every wallet that was read is empty{_by(call)}",
            "name the wallets that hold the coins in the settings (wallets), or move coins there",
        ),
    )


def position_findings(
    name: str, positions: tuple[Position, ...], markets: frozenset[str], call: str = ""
) -> tuple[Finding, ...]:
    """What is open. ``markets`` are those that the bot is to trade in this account."""
    subject = f"{name}: positions"
    if not positions:
        return (ok(subject, f"none is open{_by(call)}"),)
    told = ", ".join(f"{p.symbol} {in_usd(p.face_usd, signed=True)} USD" for p in positions)
    found = [ok(subject, f"{told}{_by(call)}")]
    for position in positions:
        about = f"{name}: position in {position.symbol}"
        if position.symbol not in markets:
            found.append(
                warning(
                    about,
                    "it belongs to no bag, but shares the margin of its coin",
                    "close it, or keep it in another account",
                )
            )
        elif position.face_usd > ZERO:
            found.append(
                warning(
                    about,
                    "it is a long: the bot will sell it to come to its short",
                    "close it yourself before the bot does",
                )
            )
        else:
            found.append(ok(about, "there is a short already: it counts as the bag's own"))
    return tuple(found)


def order_findings(
    name: str, orders: tuple[OrderReport, ...], facts: AccountFacts | None, call: str = ""
) -> tuple[Finding, ...]:
    """What rests, and whether it is ours."""
    subject = f"{name}: open orders"
    there = len(orders)
    if facts is not None and facts.resting_orders is not None:
        there = max(there, facts.resting_orders)
    strange = there - sum(is_ours(order.client_order_id) for order in orders)
    if not strange:
        return (ok(subject, f"{f'{there} of ours' if there else 'none rests'}{_by(call)}"),)
    return (
        warning(
            subject,
            f"{strange} of {there} were placed by somebody else{_by(call)}",
            "cancel them: what fills by itself looks like a trade by hand, and is traded back",
        ),
    )


def _by(call: str) -> str:
    return f" (by {call})" if call else ""
