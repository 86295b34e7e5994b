"""A Dask cluster of two worker processes on this machine, for one test at a time."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None,
    reason="Dask is not installed; it comes with the extra cluster (requirements-cluster.lock)",
)


@contextmanager
def local_cluster(folder: Path, *, workers: int = 2) -> Iterator[str]:
    """The address of its scheduler. Its processes end with this block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", str(port)]
    scheduler += ["--dashboard-address", "127.0.0.1:0"]
    worker = ["worker", address, "--host", "127.0.0.1", "--nworkers", "1", "--nthreads", "1"]
    worker += ["--no-dashboard", "--no-nanny", "--local-directory", str(folder / "dask")]
    with (folder / "dask.log").open("w") as log:
        started = [
            subprocess.Popen([*dask, *words], stdout=log, stderr=log)
            for words in (scheduler, *[worker] * workers)
        ]
        try:
            _wait(folder / "dask.log", workers)
            yield address
        finally:
            for process in reversed(started):  # the scheduler last, or workers wait for it
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
                process.wait()


def _wait(log: Path, workers: int) -> None:
    """Until the scheduler listens and so many workers have found it."""
    for _ in range(400):
        told = log.read_text()
        if "Scheduler at:" in told and told.count("Starting established connection") >= 2 * workers:
            return
        time.sleep(0.1)
    pytest.fail(f"the cluster did not start: {log.read_text()[-2000:]}")
