"""What the service manager is told: ready, alive, stopping. Without one, every word goes nowhere.

The protocol is that of ``sd_notify``: lines of text in one datagram to the socket that the manager
names in the environment. A word that cannot be delivered is dropped: trading does not wait for it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.errors import ConfigError

SOCKET: Final = "NOTIFY_SOCKET"
WATCHDOG: Final = "WATCHDOG_USEC"
WATCHDOG_PID: Final = "WATCHDOG_PID"

_BEATS: Final = 3
"""How often a beat is due within the time after which the manager takes silence for death."""


class ServiceManager:
    """Sends datagrams to a service manager. ``address`` None: there is none.

    ``watchdog_s`` are the seconds after which silence means death; None where nobody listens.
    """

    def __init__(self, address: str | None = None, watchdog_s: float | None = None) -> None:
        self.watchdog_s: Final = None if address is None else watchdog_s
        self._address = None if address is None else _socket_name(address)
        self._is_ready = False
        self._status = ""

    @property
    def is_there(self) -> bool:
        """Whether anybody is told at all."""
        return self._address is not None

    def ready(self) -> None:
        """The service is up. Said once, however often it is called."""
        if not self._is_ready:
            self._is_ready = True
            self._tell("READY=1")

    def status(self, text: str) -> None:
        """A line for people who ask how the service is; said where it is another one."""
        line = " ".join(text.split())
        if line != self._status:
            self._status = line
            self._tell(f"STATUS={line}")

    def beat(self) -> None:
        """The loops make progress."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The end has begun."""
        self._tell("STOPPING=1")

    def extend(self, seconds: float) -> None:
        """A write is in flight: give it so much longer, counted from now."""
        self._tell(f"EXTEND_TIMEOUT_USEC={int(seconds * 1_000_000)}")

    def _tell(self, text: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
                door.setblocking(False)
                door.sendto(text.encode(), self._address)
        except OSError:
            return  # a manager that does not listen must not stop anything


def service_manager(environ: MutableMapping[str, str] = os.environ) -> ServiceManager:
    """The manager that started this process, as the environment has it; no process started from
    here will find it there. Raises :class:`ConfigError` for an address that is none."""
    address = environ.pop(SOCKET, None)
    usec, pid = environ.pop(WATCHDOG, None), environ.pop(WATCHDOG_PID, None)
    if not address:
        return ServiceManager()
    is_meant = pid is None or pid == str(os.getpid())
    watchdog_s = int(usec) / 1_000_000 if usec and usec.isdecimal() and is_meant else None
    return ServiceManager(address, watchdog_s or None)


def _socket_name(address: str) -> str:
    """The name of a socket as the kernel has it: ``@`` begins that of an abstract one."""
    if address[:1] not in ("/", "@"):
        raise ConfigError(
            f"{SOCKET} is {address!r}, which is no socket's address; it begins with / or @, and is "
            f"set by the service manager alone"
        )
    return f"\0{address[1:]}" if address.startswith("@") else address


@dataclass(slots=True)
class Pulse:
    """Whether one loop makes progress: in real seconds of a clock that nobody sets.

    A loop is alive while its cycle has not gone on for more than ``most_s``, and while it waits for
    a beat that is not overdue by more than that.
    """

    most_s: float
    now: Callable[[], float] = time.monotonic
    cycles: int = 0
    status: str = ""
    _alive_until_s: float | None = None

    def works(self) -> None:
        """A cycle begins."""
        self._alive_until_s = self.now() + self.most_s

    def rests(self, delay_s: float) -> None:
        """A cycle has ended; the next one is due after at most so many real seconds."""
        self._alive_until_s = self.now() + delay_s + self.most_s

    def ends(self) -> None:
        """There will be no other cycle."""
        self._alive_until_s = None

    @property
    def is_alive(self) -> bool:
        """Whether the loop may be taken for alive; one that has ended needs no life."""
        return self._alive_until_s is None or self.now() <= self._alive_until_s


async def keep_beating(manager: ServiceManager, pulses: Sequence[Pulse]) -> None:
    """Tell the manager of life until cancelled: for as long as every loop is alive, and never while
    the event loop itself stands still."""
    while True:
        if all(pulse.is_alive for pulse in pulses):
            manager.beat()
        manager.status("; ".join(pulse.status for pulse in pulses if pulse.status))
        await asyncio.sleep((manager.watchdog_s or 30.0) / _BEATS)
