"""Whole processes, run to their end and watched from outside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

TIMEOUT_S = 120.0
WATCHER = Path(__file__).with_name("watch.py")

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took from its start to its end, and its share of a core in each window."""

    exit_code: int
    took_s: float
    peak_mib: float
    cpu_shares: list[float]


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with no setting of ours in it but the extra ones."""
    kept = {n: v for n, v in os.environ.items() if not n.upper().startswith("HEDGEHOLD_")}
    return {**kept, **(extra or {})}


def start(
    folder: Path,
    command: list[str],
    *,
    environ: Mapping[str, str] | None = None,
    **windows: str | float,
) -> subprocess.Popen[bytes]:
    """Have a command watched in a folder; ``environ`` are the only settings of ours it gets."""
    asked = {
        "command": command,
        "folder": str(folder),
        "output": str(folder / f"output-{next(_numbers)}"),
        "timeout_s": TIMEOUT_S,
        **windows,
    }
    watcher = [sys.executable, "-I", "-S", str(WATCHER), json.dumps(asked)]
    return subprocess.Popen(watcher, stdout=subprocess.PIPE, env=clean_environment(environ))


def finish(watcher: subprocess.Popen[bytes]) -> Taken:
    """What the watcher tells. Raises ``RuntimeError`` where the command did not end well."""
    told, _ = watcher.communicate(timeout=TIMEOUT_S + 10)
    taken = Taken(**json.loads(told))
    if taken.exit_code != 0:
        raise RuntimeError(f"{watcher.args!r} ended with exit code {taken.exit_code}")
    return taken
