"""Telling people keeps nobody waiting, fails quietly, and tries again where it matters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from bot.adapters.notify.messenger import (
    LAST_S,
    LONGEST_LINE,
    MOST_TRIES,
    Messenger,
    open_messenger,
)
from bot.adapters.notify.told_file import ToldFile
from bot.domain.alerts import NOW_HALTED, ORDER_REFUSED, Alert, AlertKind, Severity
from bot.domain.notices import HOUR_S, Message, NoticePolicy

USUAL = NoticePolicy(Severity.NOTICE, repeat_s=HOUR_S, max_per_hour=1_000)
pytestmark = pytest.mark.looptime


class Somebody:
    """An address that can be deaf, slow or broken."""

    def __init__(self, scheme: str = "json", *, deaf: int = 0, takes_s: float = 0.0) -> None:
        self.scheme = scheme
        self.deaf = deaf  # so many messages are not taken
        self.takes_s = takes_s
        self.told: list[tuple[float, str]] = []
        self.tries: list[float] = []

    async def send(self, message: Message) -> bool:
        loop = asyncio.get_running_loop()
        self.tries.append(round(loop.time(), 6))
        await asyncio.sleep(self.takes_s)
        if self.deaf:
            self.deaf -= 1
            return False
        self.told.append((round(loop.time(), 6), message.title))
        return True

    @property
    def titles(self) -> list[str]:
        return [title for _, title in self.told]


class Broken(Somebody):
    async def send(self, message: Message) -> bool:
        raise OSError("token-4711 is in here")


def a_messenger(*channels: Somebody, policy: NoticePolicy = USUAL) -> Messenger:
    return Messenger(channels, policy, now=asyncio.get_running_loop().time)


def an_alert(kind: AlertKind = ORDER_REFUSED, subject: str = "savings") -> Alert:
    return Alert(kind, subject, "no margin", "the next cycle decides anew")


@pytest.fixture
def log() -> Iterator[LogCapture]:
    capture = LogCapture()
    structlog.configure(processors=[capture])
    yield capture
    structlog.reset_defaults()


async def test_everybody_is_told() -> None:
    one, other = Somebody(), Somebody("tgram")
    async with open_messenger(a_messenger(one, other)) as messenger:
        await messenger.notify(an_alert())
        await asyncio.sleep(1)
        assert one.titles == other.titles == ["WARNING: savings: order-refused"]
        assert messenger.counts() == {"json": (1, 0), "tgram": (1, 0)}


async def test_whoever_tells_an_alert_waits_for_nobody() -> None:
    slow = Somebody(takes_s=1_000)
    async with open_messenger(a_messenger(slow)) as messenger:
        began = asyncio.get_running_loop().time()
        for number in range(200):
            await messenger.notify(an_alert(subject=str(number)))
        assert asyncio.get_running_loop().time() == began


async def test_one_who_does_not_answer_holds_up_no_other() -> None:
    slow, quick = Somebody(takes_s=1_000), Somebody()
    async with open_messenger(a_messenger(slow, quick)) as messenger:
        for subject in ("savings", "ether"):
            await messenger.notify(an_alert(subject=subject))
        await asyncio.sleep(1)
        assert len(quick.told) == 2
        assert slow.told == []


async def test_what_is_critical_goes_first() -> None:
    somebody = Somebody(takes_s=5)
    async with open_messenger(a_messenger(somebody)) as messenger:
        await messenger.notify(an_alert(subject="a"))
        await asyncio.sleep(1)
        await messenger.notify(an_alert(subject="b"))
        await asyncio.sleep(1)
        await messenger.notify(an_alert(NOW_HALTED, "c"))
        await asyncio.sleep(60)
    assert [title.split(": ")[1] for title in somebody.titles] == ["a", "c", "b"]


async def test_what_is_critical_is_tried_again_later_each_time() -> None:
    somebody = Somebody(deaf=4)
    async with open_messenger(a_messenger(somebody)) as messenger:
        await messenger.notify(an_alert(NOW_HALTED))
        await asyncio.sleep(5_000)
        assert somebody.tries == [0, 10, 40, 130, 400]
        assert somebody.told == [(400, "CRITICAL: savings: now-halted")]
        assert messenger.counts() == {"json": (1, 4)}


async def test_it_is_given_up_at_last_and_the_log_says_so(log: LogCapture) -> None:
    somebody = Somebody(deaf=1_000)
    async with open_messenger(a_messenger(somebody)) as messenger:
        await messenger.notify(an_alert(NOW_HALTED))
        await asyncio.sleep(100_000)
    assert len(somebody.tries) == MOST_TRIES
    assert log.entries[-1]["why"] == "it was not taken"


async def test_what_is_not_critical_is_not_tried_again(log: LogCapture) -> None:
    somebody = Somebody(deaf=1)
    async with open_messenger(a_messenger(somebody)) as messenger:
        await messenger.notify(an_alert())
        await asyncio.sleep(5_000)
        assert messenger.counts() == {"json": (0, 1)}
    assert somebody.told == []
    assert [entry["event"] for entry in log.entries] == ["message not sent"]


async def test_a_channel_that_breaks_is_logged_without_its_words(log: LogCapture) -> None:
    quick = Somebody()
    async with open_messenger(a_messenger(Broken(), quick)) as messenger:
        await messenger.notify(an_alert())
        await asyncio.sleep(1)
        await messenger.notify(an_alert(subject="ether"))
        await asyncio.sleep(1)
        assert len(quick.told) == 2
    assert "OSError" in str(log.entries)
    assert "4711" not in str(log.entries)


async def test_repetitions_come_as_one_message_when_the_interval_is_over() -> None:
    somebody = Somebody()
    async with open_messenger(a_messenger(somebody)) as messenger:
        for _ in range(8):
            await messenger.notify(an_alert())
            await asyncio.sleep(60)
        await asyncio.sleep(HOUR_S)
    assert [at_s for at_s, _ in somebody.told] == [0, HOUR_S]


async def test_only_so_many_wait_for_an_address_and_what_is_critical_stays(
    log: LogCapture,
) -> None:
    slow = Somebody(takes_s=HOUR_S)
    async with open_messenger(a_messenger(slow)) as messenger:
        await messenger.notify(an_alert(NOW_HALTED, "first"))
        await messenger.notify(an_alert(NOW_HALTED, "second"))
        for number in range(LONGEST_LINE + 50):
            await messenger.notify(an_alert(subject=str(number)))
            await asyncio.sleep(1)
        (line,) = messenger.lines
        assert len(line.parcels) == LONGEST_LINE
        assert sum(parcel.is_critical for parcel in line.parcels) == 2
    assert log.entries[0]["why"] == "too many wait"


async def test_a_stop_tells_what_waits_and_then_goes() -> None:
    somebody = Somebody()
    async with open_messenger(a_messenger(somebody)) as messenger:
        await messenger.notify(an_alert())
    assert somebody.titles == ["WARNING: savings: order-refused"]


async def test_a_stop_tries_what_failed_once_more() -> None:
    somebody = Somebody(deaf=1)
    async with open_messenger(a_messenger(somebody)) as messenger:
        await messenger.notify(an_alert(NOW_HALTED))
        await asyncio.sleep(1)
    assert somebody.titles == ["CRITICAL: savings: now-halted"]


async def test_a_stop_waits_only_briefly_and_logs_what_was_not_told(log: LogCapture) -> None:
    slow = Somebody(takes_s=1_000)
    policy = replace(USUAL, max_per_hour=2)
    async with open_messenger(a_messenger(slow, policy=policy)) as messenger:
        for subject in ("savings", "ether", "main"):
            await messenger.notify(an_alert(subject=subject))
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began <= LAST_S + 0.001
    said = {entry["message"]: entry["why"] for entry in log.entries}
    assert said == {
        "WARNING: savings: order-refused": "the bot stops",
        "WARNING: ether: order-refused": "the bot stops",
        "main: order-refused": "the bot stops",
    }
    assert {task.get_name() for task in asyncio.all_tasks()} & {"alerts", "alerts by json"} == set()


async def test_a_process_that_is_started_over_and_over_tells_the_same_once(tmp_path: Path) -> None:
    somebody = Somebody()
    for _ in range(5):
        now = asyncio.get_running_loop().time
        again = Messenger([somebody], USUAL, now=now, told_file=ToldFile(tmp_path / "told"))
        async with open_messenger(again) as messenger:
            await messenger.notify(an_alert(NOW_HALTED))
            await asyncio.sleep(1)
    assert somebody.titles == ["CRITICAL: savings: now-halted"]
