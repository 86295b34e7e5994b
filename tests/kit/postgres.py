"""A PostgreSQL server for the tests alone, from the programs on the machine."""

from __future__ import annotations

import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

START_TIMEOUT_S = 30
UNPRIVILEGED = ("postgres", "nobody")
INITDB = ("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
OPTIONS = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off")


class NoPostgres(Exception):
    """No server can be started here; the message says why."""


@dataclass(frozen=True)
class PostgresServer:
    """A running server that is reached through a socket in a folder of its own."""

    programs: Path
    folder: Path
    user: str

    def url(self, database: str, *, password: str = "") -> str:
        """The address of a database; the server asks nobody for a password."""
        login = f"{self.user}:{password}" if password else self.user
        return f"postgresql://{login}@/{database}?host={quote(str(self.folder), safe='')}"

    def run(self, statement: str, database: str = "postgres") -> str:
        """What the server answers to a statement, as bare text."""
        done = subprocess.run(
            [
                *(self.programs / "psql", "-h", self.folder, "-U", self.user, "-d", database),
                *("-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement),
            ],
            capture_output=True,
            check=True,
            text=True,
        )
        return done.stdout.strip()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server, and stop it by its own process id in the end. Raises ``NoPostgres``."""
    programs = _programs()
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        name = getpass.getuser() if user is None else user.pw_name
        kept = folder / "kept"
        setting_up = _start(user, folder, programs / "initdb", "-D", kept, "-U", name, *INITDB)
        if setting_up.wait(START_TIMEOUT_S):
            raise NoPostgres(f"PostgreSQL cannot be set up: {_last_words(folder)}")
        server = _start(user, folder, programs / "postgres", "-D", kept, "-k", folder, *OPTIONS)
        try:
            _wait(server, programs, folder)
            yield PostgresServer(programs, folder, name)
        finally:
            server.send_signal(signal.SIGINT)  # disconnects everybody and stops
            server.wait(START_TIMEOUT_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(
    user: pwd.struct_passwd | None, folder: Path, *command: str | Path
) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            cwd=folder,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
        )


def _wait(server: subprocess.Popen[bytes], programs: Path, folder: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    asking: list[str | Path] = [programs / "pg_isready", "-q", "-h", folder]
    while server.poll() is None and time.monotonic() < deadline:
        if not subprocess.run(asking, check=False).returncode:
            return
        time.sleep(0.05)
    raise NoPostgres(f"PostgreSQL does not start: {_last_words(folder)}")


def _last_words(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-500:]


def _programs() -> Path:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if not installed:
        raise NoPostgres("there is no PostgreSQL on this machine: install its server to test it")
    return installed[-1].parent


def _user() -> pwd.struct_passwd | None:
    """Whom to run the server as: itself unless that is root, which PostgreSQL declines."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres("PostgreSQL does not run as root, and there is no other user to run it as")
