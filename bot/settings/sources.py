"""Reading settings files: TOML, the defaults among them, and `.env`; each mistake a sentence."""

from __future__ import annotations

import sysconfig
import tomllib
from decimal import Decimal
from pathlib import Path

from dotenv.parser import parse_stream

from bot.errors import ConfigError
from bot.settings.access import require_secret


def default_file() -> Path:
    """The file of defaults: in ``config`` beside the package in a checkout, where the package was
    installed otherwise. Raises :class:`ConfigError` where it is missing."""
    project = Path(__file__).resolve().parents[2]
    shared = ("share", "hedgehold", "config", "default.toml")
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    places = [project.joinpath(*shared)]
    places += [Path(sysconfig.get_path("data", scheme), *shared) for scheme in schemes]
    if (project / "pyproject.toml").is_file():
        places.insert(0, project / "config" / "default.toml")
    for place in places:
        if place.is_file():
            return place
    raise ConfigError(
        "config/default.toml is missing, so there are no defaults; install Hedgehold again"
    )


def read_toml(path: Path) -> dict[str, object]:
    """The values of a TOML file, its numbers as exact decimals. Raises :class:`ConfigError`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: there is no such settings file; check the path given with --config"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: this is not valid TOML: {error}; mend that line") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: this is not text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(
            f"{path}: the settings file cannot be read: {error.strerror}; name a readable file"
        ) from None


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables of a `.env` file, none where there is no file. Raises :class:`ConfigError`,
    also where others can read it."""
    if not path.is_file():
        return {}
    require_secret(path)
    return read_variables(path)


def read_variables(path: Path) -> dict[str, str]:
    """The variables of a file of ``NAME=value`` lines. Raises :class:`ConfigError`.

    Values are taken as they are written: nothing in them is expanded.
    """
    found: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8") as stream:
            for binding in parse_stream(stream):
                blank = len(binding.original.string) - len(binding.original.string.lstrip("\n"))
                line = binding.original.line + blank
                if binding.error or (binding.key is not None and binding.value is None):
                    raise ConfigError(f"{path}, line {line}: write it as NAME=value")
                if binding.key is not None and binding.value is not None:
                    if binding.key in found:
                        raise ConfigError(
                            f"{path}, line {line}: {binding.key} is set twice; keep one"
                        )
                    found[binding.key] = binding.value
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: this is not text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(
            f"{path}: the file cannot be read: {error.strerror}; make it readable or remove it"
        ) from None
    return found
