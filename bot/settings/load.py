"""Loading: all layers, checked. Either settings that can be used, or a sentence per mistake."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.errors import ConfigError
from bot.settings.address import passwords_in
from bot.settings.assemble import assemble
from bot.settings.checks import mistakes
from bot.settings.layers import Layers
from bot.settings.model import Settings
from bot.settings.sentences import sentence, sentences
from bot.settings.shape import shape_of
from bot.settings.telling import secrets_in_apprise_url


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings together with the layers they were made of."""

    settings: Settings
    layers: Layers


def load(
    files: Sequence[Path] = (),
    overrides: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    dotenv: Path | None = Path(".env"),
) -> Loaded:
    """Lay flags over the environment over credentials over ``dotenv`` over ``files`` (later ones
    win) over the defaults, and check the outcome.

    ``overrides`` are flags by dotted key; None means that a flag was not given. ``environ`` is the
    process's environment unless given. Raises :class:`ConfigError` with one line per mistake.
    """
    shape = shape_of(Settings)
    layers, found = assemble(
        shape,
        files,
        {key: value for key, value in (overrides or {}).items() if value is not None},
        os.environ if environ is None else environ,
        dotenv,
    )
    settings: Settings | None = None
    try:
        given: dict[str, Any] = layers.tree  # checked key by key in the next line
        settings = Settings(**given)
    except ValidationError as error:
        found += sentences(error, layers, shape)
    if settings is not None:
        found += [sentence(layers, path, problem) for path, problem in mistakes(settings)]
    if settings is None or found:
        raise ConfigError("\n".join(found))
    return Loaded(settings, layers)


def load_settings(
    files: Sequence[Path] = (),
    overrides: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    dotenv: Path | None = Path(".env"),
) -> Settings:
    """The settings alone; see :func:`load`."""
    return load(files, overrides, environ, dotenv).settings


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every secret value in the settings, for the log to mask."""
    held = [
        secret.get_secret_value()
        for account in settings.accounts.values()
        for secret in (
            account.api_key,
            account.api_secret,
            account.api_password,
            account.testnet_api_key,
            account.testnet_api_secret,
            account.testnet_api_password,
        )
        if secret is not None
    ]
    for url in settings.notify.urls:
        held += secrets_in_apprise_url(url.get_secret_value())
    return (*held, *passwords_in(settings.journal.url.get_secret_value()))
