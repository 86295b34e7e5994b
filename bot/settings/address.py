"""The address of a journal, which may hold a password: seen without it, and the password alone."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, unquote

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
