"""Keys in a file that the service manager hands over: ``LoadCredential`` of systemd.

It puts a copy into a folder that only this service can read, outside of its environment, and names
the folder in a variable. The file is written like `.env`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bot.errors import ConfigError
from bot.settings.access import require_secret
from bot.settings.sources import read_variables

FOLDER: Final = "CREDENTIALS_DIRECTORY"
FILE: Final = "hedgehold.env"


def read_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of the handed-over file, none where there is none. Raises
    :class:`ConfigError`, also where everybody can read it."""
    folder = environ.get(FOLDER)
    if not folder:
        return {}
    path = Path(folder, FILE)
    try:
        if not path.is_file():
            return {}
        require_secret(path, may_group=True)  # an access list of systemd looks like a group
    except OSError as error:
        raise ConfigError(
            f"{path}: the file cannot be read: {error.strerror}; {FOLDER} is set by the service "
            f"manager alone"
        ) from None
    return read_variables(path)
