"""Numbers as settings write them: exact, finite, within bounds, or a sentence about what is wrong.

Nothing passes through a binary float: TOML files are read with decimals, the environment and flags
give text. Each type says in its own words what it wants, so that a mistake explains itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from bot.domain.quantities import ONE, ZERO

_NUMBER: Final = re.compile(r"[+-]?(\d[\d_]*)(\.\d[\d_]*)?([eE][+-]?\d{1,3})?", re.ASCII)
_QUOTED: Final = 60
_LARGEST: Final = Decimal("1e15")
_FINEST: Final = Decimal("1e-15")


@dataclass(frozen=True, slots=True)
class Word:
    """A word that may stand instead of a value that is no number; it is read as None."""

    word: str

    def __call__(self, given: object) -> object:
        """None for the word, anything else as it is."""
        return None if given == self.word else given


def complaint(sentence: str) -> PydanticCustomError:
    """The error that a validator raises; its sentence reaches the user as it is."""
    return PydanticCustomError("sentence", "{sentence}", {"sentence": sentence})


def shown(given: object) -> str:
    """A value as a sentence quotes it, shortened where it is long."""
    text = repr(given) if isinstance(given, str) else str(given)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a number must be: in words, with an example, and the bounds behind the words.

    ``word`` is a word that may stand instead of a number, such as "off"; it is read as None.
    """

    what: str
    example: str
    above: Decimal | None = None
    at_least: Decimal | None = None
    at_most: Decimal = _LARGEST
    whole: bool = False
    word: str | None = None

    def __call__(self, given: object) -> object:
        """The exact number, or None for the word. Raises a sentence for anything else."""
        if self.word is not None and given == self.word:
            return None
        number = _exact(given)
        if number is None or not self._allows(number):
            otherwise = "" if self.word is None else f', or "{self.word}"'
            raise complaint(
                f"{shown(given)} is not {self.what}; write one such as {self.example}{otherwise}"
            )
        return int(number) if self.whole else number

    def _allows(self, number: Decimal) -> bool:
        return not (
            (self.above is not None and number <= self.above)
            or (self.at_least is not None and number < self.at_least)
            or number > self.at_most
            or (number != ZERO and abs(number) < _FINEST)
            or (self.whole and number != number.to_integral_value())
        )


def _exact(given: object) -> Decimal | None:
    """The number that was written, or None where it is none (NaN and infinity are none)."""
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        return Decimal(given.strip())
    if isinstance(given, Decimal) and given.is_finite():
        return given
    if isinstance(given, int) and not isinstance(given, bool):
        return Decimal(given)
    return None


_POSITIVE_USD: Final = Wanted("an amount of dollars above 0", "250000", above=ZERO)
_SHARE: Final = Wanted(
    "a share between 0 and 1", "0.5, which is one half", at_least=ZERO, at_most=ONE
)
_POSITIVE: Final = Wanted("a number above 0", "1.5", above=ZERO)

Usd = Annotated[Decimal, BeforeValidator(_POSITIVE_USD)]
"""Dollars, above 0."""

UsdOrOff = Annotated[
    Decimal | None,
    BeforeValidator(Wanted(_POSITIVE_USD.what, "250000", above=ZERO, word="off")),
]
"""Dollars, above 0; None for "off"."""

UsdOrAuto = Annotated[
    Decimal | None,
    BeforeValidator(Wanted(_POSITIVE_USD.what, "100", above=ZERO, word="auto")),
]
"""Dollars, above 0; None for "auto"."""

Coins = Annotated[
    Decimal, BeforeValidator(Wanted("an amount of coins, 0 or more", "1.5", at_least=ZERO))
]
"""Coins, 0 or more."""

PositiveCoins = Annotated[
    Decimal, BeforeValidator(Wanted("an amount of coins above 0", "1.5", above=ZERO))
]
"""Coins, above 0."""

Share = Annotated[Decimal, BeforeValidator(_SHARE)]
"""A share from 0 to 1."""

PositiveShare = Annotated[
    Decimal,
    BeforeValidator(
        Wanted("a share above 0 and up to 1", "0.01, which is 1 %", above=ZERO, at_most=ONE)
    ),
]
"""A share above 0 and up to 1."""

ShareOrAuto = Annotated[
    Decimal | None,
    BeforeValidator(
        Wanted(_SHARE.what, "0.01, which is 1 %", at_least=ZERO, at_most=ONE, word="auto")
    ),
]
"""A share from 0 to 1; None for "auto"."""

ShareOrOff = Annotated[
    Decimal | None,
    BeforeValidator(
        Wanted(
            "a share above 0 and up to 1", "0.01, which is 1 %", above=ZERO, at_most=ONE, word="off"
        )
    ),
]
"""A share above 0 and up to 1; None for "off"."""

DistanceOrOff = Annotated[
    Decimal | None,
    BeforeValidator(
        Wanted("a share of the price above 0", "0.25, which is 25 %", above=ZERO, word="off")
    ),
]
"""A share of the price, above 0 and perhaps above 1; None for "off"."""

YearlyShareOrOff = Annotated[
    Decimal | None,
    BeforeValidator(
        Wanted("a share per year above 0", "0.3, which is 30 % a year", above=ZERO, word="off")
    ),
]
"""A share per year, above 0 and perhaps above 1; None for "off"."""

AnyNumber = Annotated[Decimal, BeforeValidator(Wanted("a number", "0.0001", at_least=-_LARGEST))]
"""A number of either sign."""

PriceChange = Annotated[
    Decimal,
    BeforeValidator(
        Wanted("a change of price above -1", "-0.2, which is a fall of 20 %", above=-ONE)
    ),
]
"""A relative change of a price: above −1."""

Positive = Annotated[Decimal, BeforeValidator(_POSITIVE)]
"""A number above 0."""

PositiveOrAuto = Annotated[
    Decimal | None, BeforeValidator(Wanted("a number above 0", "1.5", above=ZERO, word="auto"))
]
"""A number above 0; None for "auto"."""

_HOUR_S = Decimal(3600)

Seconds = Annotated[
    Decimal, BeforeValidator(Wanted("a number of seconds above 0", "60", above=ZERO))
]
"""Seconds, above 0."""

SecondsOrNone = Annotated[
    Decimal, BeforeValidator(Wanted("a number of seconds, 0 or more", "60", at_least=ZERO))
]
"""Seconds, 0 or more."""

SecondsOrOff = Annotated[
    Decimal | None,
    BeforeValidator(Wanted("a number of seconds above 0", "60", above=ZERO, word="off")),
]
"""Seconds, above 0; None for "off"."""
LeaseSeconds = Annotated[
    Decimal,
    BeforeValidator(
        Wanted("a number of seconds from 10 to 3600", "90", at_least=Decimal(10), at_most=_HOUR_S)
    ),
]
"""Seconds of a lease: shorter ones could be over within a slow write."""

Leverage = Annotated[
    Decimal,
    BeforeValidator(Wanted("a leverage from 1 to 125", "2", at_least=ONE, at_most=Decimal(125))),
]
"""Leverage: position value over the margin posted for it, from 1 to 125."""

Count = Annotated[
    int, BeforeValidator(Wanted("a whole number of 1 or more", "3", at_least=ONE, whole=True))
]
"""A whole number, at least 1."""

CountOrOff = Annotated[
    int | None,
    BeforeValidator(
        Wanted("a whole number of 1 or more", "60", at_least=ONE, whole=True, word="off")
    ),
]
"""A whole number, at least 1; None for "off"."""

CountOrAuto = Annotated[
    int | None,
    BeforeValidator(
        Wanted("a whole number of 1 or more", "40", at_least=ONE, whole=True, word="auto")
    ),
]
"""A whole number, at least 1; None for "auto"."""

Seed = Annotated[
    int, BeforeValidator(Wanted("a whole number of 0 or more", "7", at_least=ZERO, whole=True))
]
"""A whole number, at least 0."""
