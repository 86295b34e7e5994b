"""How the bot is heard and seen: pages over HTTP, and messages to people."""

from __future__ import annotations

import ipaddress
import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, SecretStr

from bot.domain.quantities import ZERO
from bot.settings.numbers import Count, Seconds, Wanted, complaint, shown
from bot.settings.section import Section, matching

MASK: Final = "***"
_SHORTEST_SECRET: Final = 8
_HOST: Final = re.compile(r"(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"([a-z][a-z0-9+.-]*)://\S+", re.IGNORECASE | re.ASCII)


class Confirmation(StrEnum):
    """What is refused unless the settings say in these words that it is meant."""

    OTHER_MACHINES = "other machines may read"


def _listening(given: str) -> str:
    if given == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        raise complaint(
            f"{shown(given)} is no address to listen at; write one such as 127.0.0.1"
        ) from None


Listening = Annotated[str, AfterValidator(_listening)]
"""An address of this machine, by number."""

PortOrOff = Annotated[
    int | None,
    BeforeValidator(
        Wanted(
            "a port from 0 to 65535, 0 being any free one",
            "8787",
            at_least=ZERO,
            at_most=Decimal(65_535),
            whole=True,
            word="off",
        )
    ),
]
"""A port; None for "off"."""

SecondsOrAuto = Annotated[
    Decimal | None,
    BeforeValidator(Wanted("a number of seconds above 0", "180", above=ZERO, word="auto")),
]
"""Seconds, above 0; None for "auto"."""

HostName = Annotated[
    str,
    AfterValidator(
        matching(
            r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?",
            'the name of a machine; write it without scheme and port, such as "bot.lan"',
        )
    ),
]


class HttpSettings(Section):
    """Pages about the bot's health, for programs; ``port`` None is "off"."""

    host: Listening
    port: PortOrOff
    called: tuple[HostName, ...]
    confirm: tuple[Confirmation, ...]
    max_cycle_age_s: SecondsOrAuto

    @property
    def address(self) -> str | None:
        """Where the pages are, None for nowhere."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return None if self.port is None else f"http://{host}:{self.port}"


def _apprise_address(secret: SecretStr) -> SecretStr:
    if not _ADDRESS.fullmatch(secret.get_secret_value()):
        raise complaint(
            "this is no address of Apprise; write one such as tgram://TOKEN/CHAT, and see "
            "https://appriseit.com/services for the others"
        )  # what was given is not quoted: most of it is secret
    return secret


AppriseUrl = Annotated[SecretStr, AfterValidator(_apprise_address)]
"""Where and how to reach somebody; most of it is secret."""


class NotifySettings(Section):
    """Who is told of alerts, of which, and how often."""

    urls: tuple[AppriseUrl, ...]
    least_severity: Literal["notice", "warning", "critical"]
    repeat_s: Seconds
    max_per_hour: Count
    unseen_s: Seconds

    @property
    def schemes(self) -> tuple[str, ...]:
        """What kind each address is of; that much of it is no secret."""
        return tuple(scheme_of(url.get_secret_value()) for url in self.urls)


def scheme_of(url: str) -> str:
    """The kind of an address, in small letters; empty where it has none."""
    found = _ADDRESS.fullmatch(url)
    return "" if found is None else found[1].lower()


def shown_apprise_url(url: str) -> str:
    """An address as it may be seen: its kind alone."""
    scheme = scheme_of(url)
    return f"{scheme}://{MASK}" if scheme else MASK


def secrets_in_apprise_url(url: str) -> tuple[str, ...]:
    """The address, and every part of it that can be a token or a password."""
    _, _, rest = url.partition("://")
    user, at, _ = rest.rpartition("@")
    parts = re.split(r"[/?&=@:,]", rest)
    found = [part for part in parts if len(part) >= _SHORTEST_SECRET and not _HOST.fullmatch(part)]
    if at:
        found += [part for part in re.split(r"[/:]", user) if part]
        found.append(user)
    return tuple(dict.fromkeys((url, rest, *found)))
