"""What a bot speaks with: its log, the people who are told, and what its pages are made of."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.adapters.telemetry import (
    LineTelemetry,
    LogNotifier,
    SeveralNotifiers,
    SeveralTelemetries,
    TerminalTelemetry,
)
from bot.app.running_mark import told_of
from bot.domain.alerts import Severity
from bot.domain.notices import NoticePolicy
from bot.domain.records import CycleRecord
from bot.logs import Redaction
from bot.ports import Notifier, Telemetry
from bot.settings import Settings, secrets_of

if TYPE_CHECKING:
    from bot.adapters.metrics import Metrics
    from bot.adapters.notify.apprise_channel import AppriseChannel
    from bot.adapters.notify.messenger import Messenger


@dataclass(slots=True)
class Latest:
    """Telemetry that keeps the last record of each bag, and when it came by the wall and, if it was
    good, by a steady clock."""

    steady: Callable[[], float] = time.monotonic
    records: dict[str, tuple[CycleRecord, datetime]] = field(default_factory=dict)
    good_s: dict[str, float] = field(default_factory=dict)

    def cycle(self, record: CycleRecord) -> None:
        """Keep it."""
        self.records[record.bag] = (record, datetime.now(UTC))
        if record.outcome.is_good:
            self.good_s[record.bag] = self.steady()


@dataclass(frozen=True, slots=True)
class Voice:
    """Where records and alerts go. ``messenger`` is there where people are told, ``metrics`` and
    ``latest`` where there are pages."""

    telemetry: Telemetry = field(default_factory=LineTelemetry)
    notifier: Notifier = field(default_factory=LogNotifier)
    messenger: Messenger | None = None
    metrics: Metrics | None = None
    latest: Latest = field(default_factory=Latest)

    @property
    def ears(self) -> tuple[Telemetry, Notifier]:
        """What a desk needs of it."""
        return self.telemetry, self.notifier

    def messages(self) -> Mapping[str, tuple[int, int]]:
        """Messages that went and tries that failed, by kind of address."""
        return {} if self.messenger is None else self.messenger.counts()


@asynccontextmanager
async def open_voice(settings: Settings, *, pretty: bool) -> AsyncIterator[Voice]:
    """The log, ``pretty`` for people, and whatever else the settings name. What is still to be told
    at the end is tried briefly.

    Raises :class:`bot.errors.ConfigError` for an address that cannot be used.
    """
    line: Telemetry = TerminalTelemetry() if pretty else LineTelemetry()
    telemetries, notifiers = [line], list[Notifier]([LogNotifier()])
    messenger, metrics, latest = None, None, Latest()
    async with AsyncExitStack() as stack:
        if settings.http.port is not None:
            from bot.adapters.metrics import Metrics  # nobody asks for them otherwise

            metrics = Metrics()
            telemetries += [latest, metrics]
            notifiers.append(metrics)
        if settings.notify.urls:
            from bot.adapters.notify.messenger import Messenger, open_messenger
            from bot.adapters.notify.told_file import ToldFile

            channels = channels_of(settings)
            told_file = ToldFile(told_of(settings))
            made = Messenger(channels, notice_policy(settings), told_file=told_file)
            messenger = await stack.enter_async_context(open_messenger(made))
            notifiers.append(messenger)
        yield Voice(
            telemetries[0] if len(telemetries) == 1 else SeveralTelemetries(tuple(telemetries)),
            notifiers[0] if len(notifiers) == 1 else SeveralNotifiers(tuple(notifiers)),
            messenger,
            metrics,
            latest,
        )


def channels_of(settings: Settings) -> tuple[AppriseChannel, ...]:
    """A channel for each address of the settings. Raises :class:`bot.errors.ConfigError` for one
    that Apprise does not understand."""
    from bot.adapters.notify.apprise_channel import apprise_channels  # half a second and 30 MiB

    notify = settings.notify
    urls = [url.get_secret_value() for url in notify.urls]
    return apprise_channels(
        list(zip(notify.schemes, urls, strict=True)),
        redact=Redaction(secrets_of(settings)).text,
    )


def notice_policy(settings: Settings) -> NoticePolicy:
    """When alerts become messages, as the settings have it."""
    notify = settings.notify
    return NoticePolicy(
        Severity(notify.least_severity), float(notify.repeat_s), notify.max_per_hour
    )
