"""A valid configuration to start from, and what is said about one that is not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import Loaded, load

ACCOUNT = """
[accounts.main]
venue = "simulator"
"""
BAG = """
[[bags]]
name = "savings"
asset = "BTC"
holdings = [{ account = "main", wallets = ["spot"] }]
hedge = { account = "main" }
target = { kind = "full" }
"""
VALID = ACCOUNT + BAG


def with_(old: str, new: str) -> str:
    """The valid file with one thing changed."""
    assert old in VALID
    return VALID.replace(old, new)


def write(name: str, toml: str) -> Path:
    """A settings file in the working folder."""
    path = Path(name)
    path.write_text(toml, encoding="utf-8")
    return path


def loaded(
    toml: str = VALID,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Loaded:
    """Settings from one file ``my.toml``, and from `.env` where there is one."""
    return load([write("my.toml", toml)], overrides, environ or {})


def complaints(
    toml: str = VALID,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> list[str]:
    """The sentences about a mistaken configuration, one per line."""
    with pytest.raises(ConfigError) as caught:
        loaded(toml, environ=environ, overrides=overrides)
    return str(caught.value).splitlines()
