"""Binance's own codes and statuses for everything that is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.adapters.simulator.orders import Flaw, FlawedOrder
from bot.adapters.simulator.terms import Obstacle, TermsRefused
from bot.errors import DuplicateClientId, InsufficientMargin, OrderNotFound, Refused


class Rejection(Refused):
    """A no in the words of the wire: HTTP status, code and text, and when to come again."""

    def __init__(
        self, status: int, code: int, text: str, *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{code} {text}")
        self.status = status
        self.code = code
        self.text = text
        self.retry_after_s = retry_after_s


_FLAWS: Final[Mapping[Flaw, tuple[int, str]]] = {
    Flaw.LEG: (-4061, "Order's position side does not match user's setting."),
    Flaw.LOT: (-4023, "Qty not increased by step size."),
    Flaw.TOO_SMALL: (-4004, "Quantity less than min quantity."),
    Flaw.TOO_LARGE: (-4005, "Quantity greater than max quantity."),
    Flaw.NO_LIMIT: (
        -1102,
        "Mandatory parameter 'price' was not sent, was empty/null, or malformed.",
    ),
    Flaw.TICK: (-4014, "Price not increased by tick size."),
    Flaw.WOULD_TRADE: (
        -5022,
        "Due to the order could not be executed as maker, the Post Only order will be rejected.",
    ),
    Flaw.NOTHING_TO_REDUCE: (-2022, "ReduceOnly Order is rejected."),
    Flaw.NO_CONTRACT: (-1121, "Invalid symbol."),
}

_OBSTACLES: Final[Mapping[tuple[str, Obstacle], tuple[int, str]]] = {
    ("set_leverage", Obstacle.POSITION): (
        -4150,
        "Leverage reduction is not supported in Isolated Margin Mode with open positions.",
    ),
    ("set_leverage", Obstacle.COINS): (
        -2028,
        "Leverage is smaller than permitted: insufficient margin balance",
    ),
    ("set_margin_mode", Obstacle.UNCHANGED): (-4046, "No need to change margin type."),
    ("set_margin_mode", Obstacle.ORDERS): (
        -4047,
        "Margin type cannot be changed if there exists open orders.",
    ),
    ("set_margin_mode", Obstacle.POSITION): (
        -4048,
        "Margin type cannot be changed if there exists position.",
    ),
    ("set_hedge_mode", Obstacle.UNCHANGED): (-4059, "No need to change position side."),
    ("set_hedge_mode", Obstacle.ORDERS): (
        -4067,
        "Position side cannot be changed if there exists open orders.",
    ),
    ("set_hedge_mode", Obstacle.POSITION): (
        -4068,
        "Position side cannot be changed if there exists position.",
    ),
    ("move_isolated", Obstacle.MODE): (-4046, "No need to change margin type."),
    ("move_isolated", Obstacle.COINS): (-4051, "Isolated balance insufficient."),
    ("transfer", Obstacle.COINS): (-5013, "Asset transfer failed: insufficient balance"),
}


def translated(refused: Refused) -> Rejection:
    """What the venue says where the simulation says no."""
    match refused:
        case Rejection():
            return refused
        case FlawedOrder():
            code, text = _FLAWS[refused.flaw]
        case TermsRefused():
            code, text = _OBSTACLES.get(
                (refused.operation, refused.obstacle), (-1130, "Data sent is not valid.")
            )
        case InsufficientMargin():
            code, text = -2019, "Margin is insufficient."
        case DuplicateClientId():
            code, text = -4116, "ClientOrderId is duplicated."
        case OrderNotFound():
            code, text = -2013, "Order does not exist."
        case _:
            code, text = -2010, "NEW_ORDER_REJECTED"
    return Rejection(400, code, text)


def missing(name: str) -> Rejection:
    """A parameter that has to be there and is not."""
    text = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    return Rejection(400, -1102, text)


def illegal(name: str, pattern: str) -> Rejection:
    """A parameter that is not written as it has to be."""
    text = f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'."
    return Rejection(400, -1100, text)


def not_taken(name: str) -> Rejection:
    """A parameter whose value makes no sense here."""
    return Rejection(400, -1130, f"Data sent for parameter '{name}' is not valid.")


def no_such_path(method: str, path: str) -> Rejection:
    """An address that this venue does not have."""
    return Rejection(404, -5000, f"Path {path}, Method {method} is invalid")


def too_many(retry_after_s: float) -> Rejection:
    """Not now."""
    text = "Too many requests; please use the websocket for live updates."
    return Rejection(429, -1003, text, retry_after_s=retry_after_s)


def banned(retry_after_s: float, until_ms: int) -> Rejection:
    """Nothing for a while."""
    text = f"Way too many requests; IP banned until {until_ms}."
    return Rejection(418, -1003, text, retry_after_s=retry_after_s)


def duplicate() -> Rejection:
    """The client order id was used before."""
    return translated(DuplicateClientId(""))
