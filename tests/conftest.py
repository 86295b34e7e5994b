"""What every test gets: a clean environment, the same examples, recorded prices if there are."""

import asyncio
import decimal
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

MARKET_DATA = os.environ.get("MARKET_DATA_FOLDER")
COLOUR_SWITCHES = {"FORCE_COLOR", "NO_COLOR", "PY_COLORS", "GITHUB_ACTIONS"}

# The same examples on every machine and every run; `--hypothesis-profile=explore` looks further.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=2_000, print_blob=True)
# A mutant need not be explained, only noticed.
settings.register_profile(
    "mutants", derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("repeatable")

# looptime asks for the current event loop around synchronous tests too. Unless told that there is
# none, asyncio makes one that nobody closes.
asyncio.set_event_loop(None)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting leaks in from the caller, by a variable or by a `.env` in the working folder."""
    for name in list(os.environ):
        if name.upper().startswith("HEDGEHOLD_") or name in COLOUR_SWITCHES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _private_files() -> Iterator[None]:
    """What tests write is private, as a careful user has it: a `.env` that is not is refused."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture(autouse=True)
def _fresh_arithmetic() -> None:
    """ccxt's clients change the decimal context of whoever calls them: each test gets a new one."""
    decimal.setcontext(decimal.Context())


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recorded market data: the folder that MARKET_DATA_FOLDER names, or one by the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(MARKET_DATA) if MARKET_DATA else beside
    if not folder.is_dir():
        pytest.skip("market data folder is absent")
    return folder
