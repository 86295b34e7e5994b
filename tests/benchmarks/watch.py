"""Runs one command, watches it from outside and prints what it took as JSON: a script of its own.

It is started with as little as possible, because a process begins with the peak of its parent's
memory in the figure that the system keeps for it. With ``windows`` the command is left alone until
its output has shown ``awaited`` so many ``times``; then its CPU time is taken window by window, and
it is asked to stop. A command that outlives ``timeout_s`` is killed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

MIB_IN_RUSAGE = 2**20 if sys.platform == "darwin" else 2**10
LOOK_EVERY_S = 0.05


class Asked(NamedTuple):
    """What is to be watched."""

    command: list[str]
    folder: str
    output: str
    timeout_s: float
    windows: int = 0
    window_s: float = 0.0
    awaited: str = ""
    times: int = 0


def main() -> None:
    """Watch what the argument describes."""
    asked = Asked(**json.loads(sys.argv[1]))
    with Path(asked.output).open("wb") as output:
        began = time.perf_counter()
        child = subprocess.Popen(asked.command, cwd=asked.folder, stdout=output)
    signal.signal(signal.SIGALRM, lambda *_: child.kill())
    signal.setitimer(signal.ITIMER_REAL, asked.timeout_s)
    shares = cpu_shares(child, asked) if asked.windows else []
    if asked.windows:
        child.send_signal(signal.SIGINT)
    _, status, usage = os.wait4(child.pid, 0)
    took_s = time.perf_counter() - began
    signal.setitimer(signal.ITIMER_REAL, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    taken = {
        "exit_code": child.returncode,
        "took_s": took_s,
        "peak_mib": usage.ru_maxrss / MIB_IN_RUSAGE,
        "cpu_shares": shares,
    }
    print(json.dumps(taken))


def cpu_shares(child: subprocess.Popen[bytes], asked: Asked) -> list[float]:
    """The share of a core that the child takes in each window, in per cent."""
    output, awaited = Path(asked.output), asked.awaited.encode()
    while _runs(child) and output.read_bytes().count(awaited) < asked.times:
        time.sleep(LOOK_EVERY_S)
    shares: list[float] = []
    for _ in range(asked.windows):
        if not _runs(child):
            break
        cpu_s, at = cpu_time_s(child.pid), time.perf_counter()
        time.sleep(asked.window_s)
        used_s = cpu_time_s(child.pid) - cpu_s
        shares.append(100 * used_s / (time.perf_counter() - at))
    return shares


def cpu_time_s(pid: int) -> float:
    """The CPU time of another process so far; NaN where the system has no clock for it.

    Linux makes the number of that clock from the process id, as clock_getcpuclockid(3) does.
    """
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except (AttributeError, OSError):
        return float("nan")


def _runs(child: subprocess.Popen[bytes]) -> bool:
    """Whether the child has not ended; it is not reaped."""
    ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return ended is None


if __name__ == "__main__":
    main()
