"""Addresses: of a journal, which may hold a password, seen without it; of a venue, on this machine
or not."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

MASK: Final = "***"
_OPTIONS_THAT_HIDE: Final = ("password", "sslpassword")


def shown_address(url: str) -> str:
    """The address as it may be seen: no password, no options."""
    scheme, user, password, place, options = _parts(url)
    if password is not None:
        user = f"{user}:{MASK}"
    if user:
        user += "@"
    return f"{scheme}{user}{place}{f'?{MASK}' if options else ''}"


def passwords_in(url: str) -> tuple[str, ...]:
    """Every password in the address, as it is written and as it is meant; none: no password."""
    _, _, password, _, options = _parts(url)
    found = [] if not password else [password, unquote(password)]
    found += [value for name, value in parse_qsl(options) if name.lower() in _OPTIONS_THAT_HIDE]
    return tuple(dict.fromkeys(found))


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine by name or number; no name is looked up."""
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def leads_to_loopback(url: str) -> bool:
    """Whether an address leads to this machine."""
    try:
        return is_loopback(urlsplit(url).hostname)
    except ValueError:
        return False


def _parts(url: str) -> tuple[str, str, str | None, str, str]:
    """Scheme with its slashes, user, password, the rest, options.

    Up to the last ``@`` everything is user and password, so a password with unescaped signs in it
    is still taken for one.
    """
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        return "", "", None, url, ""
    if rest.startswith("/") or "@" not in rest:
        place, _, options = rest.partition("?")
        return scheme + slashes, "", None, place, options
    user_part, _, place = rest.rpartition("@")
    place, _, options = place.partition("?")
    user, colon, password = user_part.partition(":")
    return scheme + slashes, user, password if colon else None, place, options
