"""What a service manager hears: over a real datagram socket, by a path and by an abstract name."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.adapters.systemd import Pulse, ServiceManager, keep_beating, service_manager
from bot.errors import ConfigError


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """A service manager's ear."""
    name = f"\0{address[1:]}" if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(name)
        ear.setblocking(False)
        yield ear


def heard(ear: socket.socket) -> list[str]:
    """Everything that was said so far."""
    words = []
    while True:
        try:
            words.append(ear.recv(4096).decode())
        except BlockingIOError:
            return words


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"@hedgehold-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")


def test_every_word_is_a_datagram_of_its_own(address: str) -> None:
    with listening(address) as ear:
        manager = ServiceManager(address, 30)
        manager.ready()
        manager.status("savings: held,\nactive")
        manager.beat()
        manager.stopping()
        manager.extend(2.5)
        assert heard(ear) == [
            "READY=1",
            "STATUS=savings: held, active",
            "WATCHDOG=1",
            "STOPPING=1",
            "EXTEND_TIMEOUT_USEC=2500000",
        ]


def test_ready_and_an_unchanged_status_are_said_once(address: str) -> None:
    with listening(address) as ear:
        manager = ServiceManager(address)
        for text in ("a", "a", "b"):
            manager.ready()
            manager.status(text)
        assert heard(ear) == ["READY=1", "STATUS=a", "STATUS=b"]


def test_without_a_manager_nothing_is_said() -> None:
    manager = service_manager({})
    assert not manager.is_there
    manager.ready()
    manager.beat()


def test_a_manager_that_does_not_listen_stops_nothing(tmp_path: Path) -> None:
    ServiceManager(str(tmp_path / "nobody")).ready()


def test_a_manager_whose_ear_is_full_stops_nothing(tmp_path: Path) -> None:
    with listening(str(tmp_path / "notify")) as ear:
        manager = ServiceManager(str(tmp_path / "notify"))
        for _ in range(2_000):
            manager.beat()
        assert 0 < len(heard(ear)) < 2_000


def test_the_environment_names_the_manager_and_no_child_finds_it_there(address: str) -> None:
    environ = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "", "A": "b"}
    environ["WATCHDOG_PID"] = str(os.getpid())
    with listening(address) as ear:
        manager = service_manager(environ)
        manager.beat()
        assert heard(ear) == ["WATCHDOG=1"]
    assert manager.watchdog_s == 3
    assert environ == {"A": "b"}


@pytest.mark.parametrize(("pid", "usec"), [("1", "3000000"), (None, "soon"), (None, "0")])
def test_a_watchdog_for_somebody_else_is_none(pid: str | None, usec: str) -> None:
    environ = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": usec}
    manager = service_manager(environ if pid is None else environ | {"WATCHDOG_PID": pid})
    assert manager.is_there
    assert manager.watchdog_s is None


def test_an_address_that_is_no_socket_is_a_mistake_of_the_settings() -> None:
    with pytest.raises(ConfigError, match="begins with / or @"):
        service_manager({"NOTIFY_SOCKET": "vsock:2:1234"})


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


def test_a_loop_is_alive_while_its_cycle_is_not_too_long_and_its_beat_not_overdue() -> None:
    now = Hands()
    pulse = Pulse(10, now)
    lives = [pulse.is_alive]  # it has not begun
    pulse.works()
    for now.at_s in (10, 11):  # as long as a cycle may take, and stuck in it
        lives.append(pulse.is_alive)
    pulse.rests(60)
    for now.at_s in (81, 82):  # as late as a beat may come, and later
        lives.append(pulse.is_alive)
    pulse.ends()
    lives.append(pulse.is_alive)  # nothing is expected of a loop that has ended
    assert lives == [True, True, False, True, False, True]


@pytest.mark.looptime
async def test_beats_come_three_in_the_time_given_while_every_loop_is_alive(tmp_path: Path) -> None:
    now = Hands()
    well, stuck = Pulse(10, now), Pulse(10, now)
    well.status, stuck.status = "savings: held", "other: held"
    with listening(str(tmp_path / "notify")) as ear:
        manager = ServiceManager(str(tmp_path / "notify"), 30)
        beats = asyncio.create_task(keep_beating(manager, (well, stuck)))
        stuck.works()
        await asyncio.sleep(29)
        assert (
            heard(ear) == ["WATCHDOG=1", "STATUS=savings: held; other: held"] + ["WATCHDOG=1"] * 2
        )
        now.at_s = 20
        await asyncio.sleep(60)
        assert heard(ear) == [], "one loop is stuck, so nothing is well"
        stuck.rests(60)
        await asyncio.sleep(10)
        assert heard(ear) == ["WATCHDOG=1"]
        beats.cancel()
