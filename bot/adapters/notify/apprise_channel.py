"""Addresses of Apprise as channels. It blocks, so it sends in threads that nobody waits for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread
from typing import Final

import apprise

from bot.domain.alerts import Severity
from bot.domain.notices import Message
from bot.errors import ConfigError

LIMIT_S: Final = 15.0
"""How long a message may take to be taken."""

_KINDS: Final = {
    Severity.NOTICE: apprise.NotifyType.INFO,
    Severity.WARNING: apprise.NotifyType.WARNING,
    Severity.CRITICAL: apprise.NotifyType.FAILURE,
}


class AppriseChannel:
    """One address. At most one message is on its way to it, and none with a secret in it."""

    def __init__(
        self,
        address: apprise.Apprise,
        scheme: str,
        *,
        redact: Callable[[str], str],
        limit_s: float,
    ) -> None:
        self._address = address
        self._scheme = scheme
        self._redact = redact
        self._limit_s = limit_s
        self._thread: Thread | None = None

    @property
    def scheme(self) -> str:
        """What kind of address it is."""
        return self._scheme

    async def send(self, message: Message) -> bool:
        """Whether Apprise says that it went, within the limit; not while the last one hangs."""
        if self._thread is not None and self._thread.is_alive():
            return False
        loop = asyncio.get_running_loop()
        went: asyncio.Future[bool] = loop.create_future()

        def answer(is_so: bool) -> None:
            if not went.done():
                went.set_result(is_so)

        def work() -> None:
            is_so = self._blocking(message)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(answer, is_so)

        self._thread = Thread(target=work, name=f"alert by {self._scheme}", daemon=True)
        self._thread.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limit_s):
                return await went
        return False

    def _blocking(self, message: Message) -> bool:
        alert = message.alert
        kind = apprise.NotifyType.SUCCESS if alert.is_over else _KINDS[alert.kind.severity]
        try:
            return bool(
                self._address.notify(
                    title=self._redact(message.title),
                    body=self._redact(message.text),
                    notify_type=kind,
                    body_format=apprise.NotifyFormat.TEXT,
                )
            )
        except Exception:  # noqa: BLE001 - its text may quote the address, which is secret
            return False


def apprise_channels(
    urls: Sequence[tuple[str, str]], *, redact: Callable[[str], str], limit_s: float = LIMIT_S
) -> tuple[AppriseChannel, ...]:
    """A channel per address, each given with its kind. Raises :class:`ConfigError` for one that
    Apprise does not understand, without quoting it; ``redact`` masks secrets in messages."""
    _hush()
    asset = apprise.AppriseAsset(
        storage_mode="memory",  # nothing about an address is written to disk
        result_log_disk_size=0,
        allow_templates=False,
        app_id="Hedgehold",
        app_desc="Hedgehold",
        app_url="",
    )
    channels = []
    for number, (scheme, url) in enumerate(urls, 1):
        address = apprise.Apprise(asset=asset)
        if not address.add(url):
            raise ConfigError(
                f"notify.urls[#{number}]: Apprise does not understand this {scheme}:// address; "
                f"compare it with https://appriseit.com/services"
            )
        channels.append(AppriseChannel(address, scheme, redact=redact, limit_s=limit_s))
    return tuple(channels)


def _hush() -> None:
    """Keep Apprise from logging: it quotes addresses."""
    log = logging.getLogger("apprise")
    log.propagate = False
    log.handlers[:] = [logging.NullHandler()]
