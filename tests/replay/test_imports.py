"""A replay starts quickly: it loads nothing that only trading needs."""

from __future__ import annotations

import subprocess
import sys


def test_a_replay_loads_no_exchange_library_and_no_database() -> None:
    code = "import sys, bot.replay; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert not loaded & {"ccxt", "sqlalchemy", "aiohttp", "plotly", "pydantic"}
