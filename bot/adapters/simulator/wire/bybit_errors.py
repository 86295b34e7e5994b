"""Bybit's own codes for everything that is refused. All but a ban come with HTTP 200."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.adapters.simulator.orders import Flaw, FlawedOrder
from bot.adapters.simulator.terms import Obstacle, TermsRefused
from bot.adapters.simulator.wire.errors import Rejection
from bot.errors import DuplicateClientId, InsufficientMargin, OrderNotFound, Refused

OK: Final = 200
FORBIDDEN: Final = 403


class BybitNo(Refused):
    """A no in Bybit's words. ``retry_after_s`` is in seconds of the wire, where there is such."""

    def __init__(
        self, code: int, text: str, *, status: int = OK, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status
        self.retry_after_s = retry_after_s


_FLAWS: Final[Mapping[Flaw, tuple[int, str]]] = {
    Flaw.LEG: (10001, "position idx not match position mode"),
    Flaw.LOT: (10001, "Qty invalid"),
    Flaw.TOO_SMALL: (10001, "The number of contracts exceeds minimum limit allowed"),
    Flaw.TOO_LARGE: (10001, "The number of contracts exceeds maximum limit allowed: too large"),
    Flaw.NO_LIMIT: (10001, "params error: Price invalid"),
    Flaw.TICK: (10001, "params error: Price invalid"),
    Flaw.WOULD_TRADE: (170210, "New order rejected."),
    Flaw.NOTHING_TO_REDUCE: (
        110017,
        "current position is zero, cannot fix reduce-only order qty",
    ),
    Flaw.NO_CONTRACT: (10001, "params error: symbol invalid"),
}

_OBSTACLES: Final[Mapping[tuple[str, Obstacle], tuple[int, str]]] = {
    ("set_leverage", Obstacle.POSITION): (110013, "cannot set leverage gt maxLeverage"),
    ("set_leverage", Obstacle.COINS): (110044, "Available margin is insufficient"),
    ("set_margin_mode", Obstacle.UNCHANGED): (110026, "Margin mode is not modified"),
    ("set_margin_mode", Obstacle.POSITION): (3400045, "Set margin mode failed"),
    ("set_margin_mode", Obstacle.ORDERS): (3400045, "Set margin mode failed"),
    ("set_hedge_mode", Obstacle.UNCHANGED): (110025, "Position mode is not modified"),
    ("set_hedge_mode", Obstacle.POSITION): (
        110024,
        "You have an existing position, so position mode cannot be switched",
    ),
    ("set_hedge_mode", Obstacle.ORDERS): (
        110028,
        "You have existing orders, so position mode cannot be switched",
    ),
    ("transfer", Obstacle.COINS): (131212, "Insufficient balance"),
}


def translated(refused: Refused) -> BybitNo:
    """What Bybit says where the simulation, or the reading of parameters, says no."""
    match refused:
        case BybitNo():
            return refused
        case Rejection():
            return params_error(refused.text)
        case FlawedOrder():
            code, text = _FLAWS[refused.flaw]
        case TermsRefused():
            wrong = (10001, f"Request parameter error: {refused.obstacle.value}")
            code, text = _OBSTACLES.get((refused.operation, refused.obstacle), wrong)
        case InsufficientMargin():
            code, text = 110007, "ab not enough for new order"
        case DuplicateClientId():
            code, text = 110072, "OrderLinkedID is duplicate"
        case OrderNotFound():
            code, text = 110001, "order not exists or too late to cancel"
        case _:
            code, text = 10001, "Request parameter error"
    return BybitNo(code, text)


def params_error(why: str) -> BybitNo:
    """A parameter that is missing, or not written as it has to be."""
    return BybitNo(10001, f"params error: {why}")


def no_such_path() -> BybitNo:
    """An address that this venue does not have."""
    return BybitNo(10404, "path not found", status=404)


def too_many(retry_after_s: float) -> BybitNo:
    """Too often at one address of the venue in a second."""
    return BybitNo(
        10006, "Too many visits. Exceeded the API Rate Limit.", retry_after_s=retry_after_s
    )


def banned(retry_after_s: float) -> BybitNo:
    """Nothing for a while, from in front of the venue."""
    return BybitNo(10018, "403, access too frequent", status=FORBIDDEN, retry_after_s=retry_after_s)
