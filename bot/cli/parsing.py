"""From the text of an option to a value, or one sentence that names the option and its wishes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from bot.domain.quantities import ONE, ZERO
from bot.domain.targets import ConstantRatio, FixedUsd, Full, KeepCoins, Static, Target
from bot.errors import ConfigError

_NUMBER: Final = re.compile(r"[+-]?\d[\d_]*(\.\d[\d_]*)?", re.ASCII)
_LENGTH: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd])", re.ASCII)
_SECONDS: Final[Mapping[str, int]] = MappingProxyType({"s": 1, "m": 60, "h": 3600, "d": 86_400})
_LARGEST: Final = Decimal("1e15")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a number must be, in words with an example, and the bounds behind the words.

    ``per_cent``: it is a share, which may be written as 0.5% too.
    """

    what: str
    example: str
    above: Decimal | None = None
    at_least: Decimal | None = None
    at_most: Decimal = _LARGEST
    per_cent: bool = False

    def allows(self, number: Decimal) -> bool:
        """Whether the number lies within the bounds."""
        return not (
            (self.above is not None and number <= self.above)
            or (self.at_least is not None and number < self.at_least)
            or number > self.at_most
        )


COINS: Final = Wanted("an amount of coins, 0 or more", "2.5", at_least=ZERO)
SOME_COINS: Final = Wanted("an amount of coins above 0", "2.5", above=ZERO)
USD: Final = Wanted("an amount of dollars, 0 or more", "250000", at_least=ZERO)
PRICE: Final = Wanted("a price in dollars above 0", "4000", above=ZERO)
SHARE: Final = Wanted(
    "a share between 0 and 1", "0.5, which is one half", at_least=ZERO, at_most=ONE, per_cent=True
)
SMALL_SHARE: Final = Wanted(
    "a share of 0 or more and below 0.1",
    "0.0005, which is 0.05 %",
    at_least=ZERO,
    at_most=Decimal("0.0999999999"),
    per_cent=True,
)
HALF_SPREAD: Final = Wanted(
    "a share between 0 and 0.005, the largest slippage",
    "0.0001, which is one basis point",
    at_least=ZERO,
    at_most=Decimal("0.005"),
    per_cent=True,
)
FEE: Final = Wanted(
    "a fee rate between -0.01 and 0.01",
    "0.0005, which is 0.05 %",
    at_least=Decimal("-0.01"),
    at_most=Decimal("0.01"),
    per_cent=True,
)
LEVERAGE: Final = Wanted("a leverage from 1 to 125", "5", at_least=ONE, at_most=Decimal(125))
MOVE_PERCENT: Final = Wanted(
    "a move in per cent above -100", "-50", above=Decimal(-100), at_most=Decimal(10_000)
)
RISE: Final = Wanted("a multiple of the price above 1", "1.5", above=ONE, at_most=Decimal(1_000))
BASIS_BPS: Final = Wanted(
    "a basis between -5000 and 5000 basis points",
    "2.5",
    at_least=Decimal(-5000),
    at_most=Decimal(5000),
)
COUNT: Final = Wanted("a whole number of 1 or more", "100", at_least=ONE)


def number(text: str, option: str, wanted: Wanted) -> Decimal:
    """The exact number of an option. Raises :class:`ConfigError` for anything else."""
    given = text.strip()
    unit = ONE
    if wanted.per_cent and given.endswith("%"):
        given, unit = given[:-1].rstrip(), Decimal("0.01")
    if _NUMBER.fullmatch(given):
        found = Decimal(given) * unit
        if wanted.allows(found):
            return found
    raise ConfigError(
        f"{option}: {text!r} is not {wanted.what}; write one such as {wanted.example}"
    )


def whole(text: str, option: str) -> int:
    """A whole number of at least one. Raises :class:`ConfigError`."""
    found = number(text, option, COUNT)
    if found != found.to_integral_value():
        raise ConfigError(
            f"{option}: {text!r} is not {COUNT.what}; write one such as {COUNT.example}"
        )
    return int(found)


def numbers(text: str, option: str, wanted: Wanted) -> tuple[Decimal, ...]:
    """Numbers separated by commas, at least one. Raises :class:`ConfigError`."""
    return tuple(number(part, option, wanted) for part in text.split(","))


def length(text: str, option: str) -> timedelta:
    """A length of time above 0: 90s, 10m, 1h30m, 2d. Raises :class:`ConfigError`."""
    given = text.strip().lower()
    parts = _LENGTH.findall(given)
    seconds = sum((Decimal(count) * _SECONDS[unit] for count, unit in parts), ZERO)
    whole_text = "".join(count + unit for count, unit in parts)
    if whole_text != given or not ZERO < seconds <= 100 * 365 * _SECONDS["d"]:
        raise ConfigError(
            f"{option}: {text!r} is not a length of time; write one such as 90s, 10m, 2h or 1d"
        )
    return timedelta(seconds=float(seconds))


def moment(text: str, option: str) -> datetime:
    """A moment in ISO 8601, a date being its midnight; without an offset it is UTC. Raises
    :class:`ConfigError`."""
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{option}: {text!r} is not a time; write one such as 2024-01-31 or "
            "2024-01-31T08:00:00Z"
        ) from None


def pairs(given: Iterable[str], option: str, example: str) -> dict[str, str]:
    """NAME=VALUE of a repeatable option, each name once. Raises :class:`ConfigError`."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise ConfigError(f"{option}: {text!r} is not NAME=VALUE; write it like {example}")
        if name in found:
            raise ConfigError(f"{option}: {name!r} is given twice; give it once")
        found[name] = value
    return found


_TARGETS: Final = "full, static:0.5, constant-ratio:0.5, usd:100000 or keep-coins:1"


def target(text: str, option: str) -> Target:
    """A target as it is written on the command line. Raises :class:`ConfigError`."""
    kind, colon, value = text.strip().partition(":")
    if kind == "full" and not colon:
        return Full()
    here = f"{option} {kind}"
    match kind if colon else "":
        case "static":
            return Static(number(value, here, SHARE))
        case "constant-ratio":
            return ConstantRatio(number(value, here, SHARE))
        case "usd":
            return FixedUsd(number(value, here, USD))
        case "keep-coins":
            return KeepCoins(number(value, here, COINS))
    raise ConfigError(f"{option}: {text!r} is no target; write {_TARGETS}")


def asset(text: str, option: str) -> str:
    """The code of a coin in capitals. Raises :class:`ConfigError`."""
    code = text.strip().upper()
    if not re.fullmatch(r"[A-Z0-9]{1,15}", code):
        raise ConfigError(f"{option}: {text!r} is no coin; write its code, such as BTC or ETH")
    return code
