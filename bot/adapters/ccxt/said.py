"""What a venue said in an error, read out of the text of ccxt's exception, without any secret.

ccxt puts into its messages whatever it has: the venue's id, the answer's body, and where there was
no answer the whole signed address. Here that becomes codes to look up and words fit to be shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 20_000  # a page of HTML is cut before anything reads it
_SHOWN: Final = 160

_ADDRESS: Final = re.compile(r"([a-z]+://[^\s?#\"'<>]*)[^\s\"'<>]*", re.IGNORECASE)
_NAMED_SECRET: Final = re.compile(
    r"""(["']?[\w-]*(?:key|secret|sign(?:ature)?|passphrase|password|token|nonce|authorization)"""
    r"""[\w-]*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s&,;}"']+)""",
    re.IGNORECASE,
)
_LONG_TOKEN: Final = re.compile(r"[A-Za-z0-9+/=_-]{20,}")
_TAG: Final = re.compile(r"<[^>]*>")
_ADDRESSED_STATUS: Final = re.compile(r"[a-z]+://\S+ (\d{3})\b")
_LEADING_STATUS: Final = re.compile(r"\A\w+ (\d{3})\b")
_ACTION: Final = re.compile(r"failed due to (\w+)")

_CODE_FIELDS: Final = (
    "sCode",
    "retCode",
    "ret_code",
    "err_code",
    "err-code",
    "code",
    "label",
    "error",
    "status",
    "message",
)
_INNER_FIELDS: Final = ("error", "errors", "data", "result", "sendStatus", "cancelStatus")
_WORD_FIELDS: Final = ("sMsg", "msg", "retMsg", "ret_msg", "err_msg", "err-msg", "message", "error")
_FINE: Final = frozenset({"0", "200", "200000", "00000", "ok", "success"})


@dataclass(frozen=True, slots=True)
class Said:
    """``venue`` is ccxt's id, empty where the text has none; ``codes`` the most specific first;
    ``words`` are safe to show; ``status`` is that of HTTP, None where it is not told."""

    venue: str
    codes: tuple[str, ...]
    words: str
    status: int | None


def hear(error: Exception) -> Said:
    """Read an exception's own text. Never raises."""
    text = " ".join(arg for arg in error.args if isinstance(arg, str))[:_LONGEST]
    first = re.match(r"\w+", text)
    body = _body(text)
    codes = tuple(dict.fromkeys(c for c in _codes(body, 0) if c not in _FINE))
    action = _ACTION.search(text)
    if action:
        codes = (action.group(1), *codes)
    status = _ADDRESSED_STATUS.search(text) or _LEADING_STATUS.match(text)
    return Said(
        venue=first.group() if first else "",
        codes=codes,
        words=clean(_words(body) or text),
        status=int(status.group(1)) if status else None,
    )


def clean(text: str) -> str:
    """Text fit for a log: addresses without their query, no named secret, nothing long and random,
    no markup, and short."""
    text = _ADDRESS.sub(r"\1", text)
    text = _NAMED_SECRET.sub(r"\1…", text)
    text = " ".join(_TAG.sub(" ", text).split())
    text = _LONG_TOKEN.sub("…", text)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _body(text: str) -> object:
    start = text.find("{")
    if start < 0:
        return None
    try:
        body, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return body


def _codes(body: object, depth: int) -> Iterator[str]:
    if depth > 4:
        return
    if isinstance(body, list):
        for element in body[:20]:
            yield from _codes(element, depth + 1)
    elif isinstance(body, dict):
        for field in _INNER_FIELDS:
            if isinstance(body.get(field), dict | list):
                yield from _codes(body[field], depth + 1)
        for field in _CODE_FIELDS:
            value = body.get(field)
            if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
                yield str(value)


def _words(body: object, depth: int = 0) -> str:
    if depth > 4:
        return ""
    if isinstance(body, list):
        return next(filter(None, (_words(e, depth + 1) for e in body[:20])), "")
    if not isinstance(body, dict):
        return ""
    for field in _INNER_FIELDS:
        inner = _words(body.get(field), depth + 1)
        if inner:
            return inner
    return next((body[f] for f in _WORD_FIELDS if isinstance(body.get(f), str) and body[f]), "")
