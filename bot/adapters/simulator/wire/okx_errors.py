"""OKX's own codes for everything that is refused.

What is wrong with an order or a cancellation stands in the element of the answer that is about it,
with the code 1 above; what is wrong with the request itself is the code above alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.adapters.simulator.orders import Flaw, FlawedOrder
from bot.adapters.simulator.terms import Obstacle, TermsRefused
from bot.adapters.simulator.wire.errors import Rejection
from bot.errors import DuplicateClientId, InsufficientMargin, OrderNotFound, Refused

OK: Final = 200
DENIED: Final = 401
TOO_MANY: Final = 429


class OkxNo(Refused):
    """A no in OKX's words. ``whole``: it is about the request, not about an order in it."""

    def __init__(self, code: str, text: str, *, status: int = OK, whole: bool = False) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        self.status = status
        self.whole = whole


_FLAWS: Final[Mapping[Flaw, tuple[str, str]]] = {
    Flaw.LEG: ("51000", "Parameter posSide error"),
    Flaw.LOT: ("51121", "Order quantity must be a multiple of the lot size."),
    Flaw.TOO_SMALL: ("51020", "Your order should meet or exceed the minimum order amount."),
    Flaw.TOO_LARGE: ("51101", "Entered amount exceeds the max pending order amount (Cont)."),
    Flaw.NO_LIMIT: ("51204", "The price for the limit order cannot be empty."),
    Flaw.TICK: ("51000", "Parameter px error"),
    Flaw.WOULD_TRADE: ("51000", "Parameter ordType error"),
    Flaw.NOTHING_TO_REDUCE: (
        "51169",
        "Order failed because you don't have any positions in this direction to reduce or close.",
    ),
    Flaw.NO_CONTRACT: ("51001", "Instrument ID does not exist"),
}

_OBSTACLES: Final[Mapping[tuple[str, Obstacle], tuple[str, str]]] = {
    ("set_leverage", Obstacle.COINS): (
        "59108",
        "Low leverage and insufficient margin, please adjust the leverage",
    ),
    ("transfer", Obstacle.COINS): ("58350", "Insufficient balance"),
}


def translated(refused: Refused) -> OkxNo:
    """What OKX says where the simulation, or the reading of parameters, says no."""
    match refused:
        case OkxNo():
            return refused
        case Rejection():
            code, text = "51000", refused.text
        case FlawedOrder():
            code, text = _FLAWS[refused.flaw]
        case TermsRefused():
            settings = (
                "59000",
                "Setting failed. Cancel any open orders and close positions first.",
            )
            code, text = _OBSTACLES.get((refused.operation, refused.obstacle), settings)
        case InsufficientMargin():
            code, text = "51008", "Order failed. Insufficient margin in account"
        case DuplicateClientId():
            code, text = "51016", "Client order ID already exists."
        case OrderNotFound():
            code, text = "51603", "Order does not exist"
        case _:
            code, text = "51000", "Parameter error"
    return OkxNo(code, text)


def wrong(name: str) -> OkxNo:
    """A parameter whose value is not taken."""
    return OkxNo("51000", f"Parameter {name} error")


def no_contract() -> OkxNo:
    """A contract that there is not."""
    return OkxNo(*_FLAWS[Flaw.NO_CONTRACT])


def denied(code: str, text: str) -> OkxNo:
    """The key, its signature, its time or its permissions."""
    return OkxNo(code, text, status=DENIED, whole=True)


def no_such_path() -> OkxNo:
    """An address that this venue does not have."""
    return OkxNo("404", "Not Found", status=404, whole=True)


def too_many() -> OkxNo:
    """Not now. When to come again is not said: a window is two seconds."""
    return OkxNo("50011", "Too Many Requests", status=TOO_MANY, whole=True)
