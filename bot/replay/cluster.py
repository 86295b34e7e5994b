"""The same work on a Dask cluster: for sweeps that one machine would take too long for.

Dask comes with the extra ``cluster`` alone. Its workers need Hedgehold in the same version; whoever
reaches the scheduler can run anything on them, so it is for a network of one's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from bot.errors import ConfigError, WorkersLost
from bot.replay.cores import Item, Progress, Result, Shared

if TYPE_CHECKING:
    from types import ModuleType

_PATIENCE_S: Final = 10
_ADDRESS: Final = re.compile(r"(tcp|tls|ws|wss)://[^/\s]+:\d{1,5}")


class Cluster:
    """The workers of the scheduler at an address such as ``tcp://10.0.0.5:8786``."""

    def __init__(self, address: str) -> None:
        """Raises :class:`ConfigError` for an address that is none, and where the extra
        ``cluster`` is not installed."""
        if not _ADDRESS.fullmatch(address):
            raise ConfigError(
                f"--dask: {address!r} is not the address of a scheduler; write it like "
                "tcp://127.0.0.1:8786"
            )
        self._dask = _distributed()
        self._address = address

    def spread(
        self,
        work: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        progress: Progress | None = None,
    ) -> list[Result]:
        """See :class:`bot.replay.cores.Workers`.

        Raises :class:`ConfigError` where nobody answers, or nobody is there to work, and
        :class:`WorkersLost` where the workers could not do it.
        """
        with self._client() as client:
            if not client.scheduler_info()["workers"]:
                raise ConfigError(
                    f"--dask: the scheduler at {self._address} has no workers; start some with "
                    f"`dask worker {self._address}`"
                )
            try:
                [held] = client.scatter([shared], broadcast=True)
                futures = [client.submit(work, held, item, pure=False) for item in items]
                finished = self._dask.as_completed(futures, loop=client.loop, with_results=True)
                found: dict[str, Result] = {}
                for future, result in finished:
                    found[future.key] = result
                    if progress is not None:
                        progress(len(found), len(futures))
            except (ImportError, AttributeError) as cause:
                raise WorkersLost(
                    f"--dask: the workers at {self._address} cannot do this work ({cause}); "
                    "install the same version of Hedgehold where they run"
                ) from cause
            except (OSError, self._dask.KilledWorker) as cause:
                raise WorkersLost(
                    f"--dask: the cluster at {self._address} gave up ({type(cause).__name__}); "
                    "look at its logs, or leave --dask out"
                ) from cause
            return [found[future.key] for future in futures]

    def _client(self) -> Any:  # noqa: ANN401 - Dask has no types of its own
        try:
            return self._dask.Client(self._address, timeout=_PATIENCE_S, set_as_default=False)
        except (OSError, ValueError) as cause:
            raise ConfigError(
                f"--dask: no scheduler answers at {self._address!r}; start one with "
                "`dask scheduler`, and give its address, such as tcp://127.0.0.1:8786"
            ) from cause


def _distributed() -> ModuleType:
    try:
        import distributed  # noqa: PLC0415 - an extra, and a second to load
    except ImportError:
        raise ConfigError(
            "--dask: Dask is not installed; install the extra with "
            "`pip install -r requirements-cluster.lock` (or 'hedgehold[cluster]'), or leave --dask "
            "out to use all cores of this machine"
        ) from None
    return distributed
