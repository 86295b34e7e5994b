"""From alerts to delivered messages, in tasks of its own: whoever tells an alert never waits.

Every address has a line of its own, so that one that does not answer holds up no other. What fails
is counted and logged; what is critical is tried again, later each time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from bot.adapters.notify.told_file import ToldFile
from bot.domain.alerts import Alert, Severity
from bot.domain.notices import Message, NoticePolicy, Notices

_log: Final = structlog.get_logger("hedgehold.notify")

LAST_S: Final = 1.0
"""How long a stop waits for what is still to be told."""
LONGEST_LINE: Final = 100
"""Messages that wait for one address at most."""
FIRST_DELAY_S: Final = 10.0
LONGEST_DELAY_S: Final = 1800.0
MOST_TRIES: Final = 12
"""A critical message is tried so often: for some four hours."""


class Channel(Protocol):
    """A way to one address."""

    @property
    def scheme(self) -> str:
        """What kind of address it is; that much of it is no secret."""
        ...

    async def send(self, message: Message) -> bool:
        """Whether the message went, within a time limit."""
        ...


@dataclass(slots=True, eq=False)
class Parcel:
    """A message on its way to one address."""

    message: Message
    tries: int = 0
    not_before_s: float = 0.0

    @property
    def is_critical(self) -> bool:
        """Whether it is tried again, and goes before others."""
        return self.message.alert.kind.severity is Severity.CRITICAL


@dataclass(slots=True)
class Line:
    """What waits for one address."""

    channel: Channel
    parcels: list[Parcel] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int = 0
    failed: int = 0


class Messenger:
    """A notifier that tells people. It has to be opened: :func:`open_messenger`."""

    def __init__(
        self,
        channels: Sequence[Channel],
        policy: NoticePolicy,
        *,
        now: Callable[[], float] = time.monotonic,
        told_file: ToldFile | None = None,
    ) -> None:
        self._notices = Notices(policy)
        self._told_file = told_file
        if told_file is not None:
            self._notices.recall(*told_file.read(), at_s=now())
        self._now = now
        self._news = asyncio.Event()
        self._lines = tuple(Line(channel) for channel in channels)
        self._is_closing = False

    async def notify(self, alert: Alert) -> None:
        """Take an alert; it is told by and by."""
        self._notices.hear(alert, self._now())
        self._news.set()

    def counts(self) -> dict[str, tuple[int, int]]:
        """Messages that went and tries that failed since the start, by kind of address."""
        found: dict[str, tuple[int, int]] = {}
        for line in self._lines:
            sent, failed = found.get(line.channel.scheme, (0, 0))
            found[line.channel.scheme] = (sent + line.sent, failed + line.failed)
        return found

    async def run(self) -> None:
        """Turn alerts into messages, for ever."""
        while True:
            self._news.clear()
            try:
                self._hand_out()
            except Exception as trouble:  # noqa: BLE001 - the next alert may be told all the same
                _log.warning("alerts not handed out", error=type(trouble).__name__)
                await asyncio.sleep(FIRST_DELAY_S)
            due_s = self._notices.next_s(self._now())
            await _wait(self._news, None if due_s is None else due_s - self._now())

    def _hand_out(self) -> None:
        """Put the messages that may go now into every line."""
        messages = self._notices.release(self._now())
        if messages and self._told_file is not None:
            self._told_file.write(self._notices.told(self._now()))
        for message in messages:
            for line in self._lines:
                if len(line.parcels) >= LONGEST_LINE:
                    least = min(line.parcels, key=lambda one: one.is_critical)
                    line.parcels.remove(least)
                    _lost(line, least, "too many wait")
                line.parcels.append(Parcel(message))
                line.news.set()

    async def deliver(self, line: Line) -> None:
        """Send what waits in a line, for ever; what is critical first."""
        while True:
            line.news.clear()
            now_s = self._now()
            due = [one for one in line.parcels if one.not_before_s <= now_s or self._is_closing]
            if due:
                await self._send(line, max(due, key=lambda one: one.is_critical))
                continue
            next_s = min((one.not_before_s for one in line.parcels), default=None)
            await _wait(line.news, None if next_s is None else next_s - now_s)

    async def _send(self, line: Line, parcel: Parcel) -> None:
        parcel.tries += 1
        went = False
        try:
            went = await line.channel.send(parcel.message)
        except Exception as trouble:  # noqa: BLE001 - to tell somebody must never break anything
            _log.warning("channel failed", scheme=line.channel.scheme, error=type(trouble).__name__)
        if went:
            line.sent += 1
            if parcel in line.parcels:
                line.parcels.remove(parcel)
            return
        line.failed += 1
        if parcel not in line.parcels:
            return
        again = parcel.is_critical and parcel.tries < MOST_TRIES and not self._is_closing
        if not again:
            line.parcels.remove(parcel)
            _lost(line, parcel, "it was not taken")
            return
        delay_s = min(FIRST_DELAY_S * 3 ** (parcel.tries - 1), LONGEST_DELAY_S)
        parcel.not_before_s = self._now() + delay_s
        _log.warning(
            "message failed",
            scheme=line.channel.scheme,
            message=parcel.message.title,
            tries=parcel.tries,
            again_in_s=delay_s,
        )

    async def close(self) -> None:
        """Try what waits once more, briefly; what does not go is logged."""
        self._is_closing = True
        self._hand_out()
        for line in self._lines:
            line.news.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                while any(line.parcels for line in self._lines):  # noqa: ASYNC110 - bounded above
                    await asyncio.sleep(0.01)
        for line in self._lines:
            for parcel in line.parcels:
                _lost(line, parcel, "the bot stops")
        for alert in self._notices.untold():
            _log.warning("message not sent", message=alert.title, why="the bot stops")

    @property
    def lines(self) -> tuple[Line, ...]:
        """What waits, by address."""
        return self._lines


@asynccontextmanager
async def open_messenger(messenger: Messenger) -> AsyncIterator[Messenger]:
    """Let it tell people until the end of the block, and briefly beyond it."""
    tasks = [asyncio.create_task(messenger.run(), name="alerts")]
    tasks += [
        asyncio.create_task(messenger.deliver(line), name=f"alerts by {line.channel.scheme}")
        for line in messenger.lines
    ]
    try:
        yield messenger
    finally:
        try:
            await messenger.close()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _lost(line: Line, parcel: Parcel, why: str) -> None:
    _log.warning(
        "message not sent", scheme=line.channel.scheme, message=parcel.message.title, why=why
    )


async def _wait(news: asyncio.Event, most_s: float | None) -> None:
    """Until there is news, or until so many seconds are over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(None if most_s is None else max(0.0, most_s)):
            await news.wait()
