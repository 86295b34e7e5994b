"""Through the unmodified Apprise to somebody on this machine."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator

import pytest

from bot.adapters.notify.apprise_channel import AppriseChannel, apprise_channels
from bot.domain.alerts import NOW_HALTED, ORDER_REFUSED, Alert
from bot.domain.notices import Message
from bot.errors import ConfigError
from tests.kit.receiver import Receiver, a_receiver

ALERT = Alert(NOW_HALTED, "savings", "10 failures in a row <b>", "nothing is sent but cancels")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as one:
        yield one


def a_channel(url: str, *, limit_s: float = 10.0) -> AppriseChannel:
    (channel,) = apprise_channels(
        [("json", url)], redact=lambda text: text.replace("hush", "***"), limit_s=limit_s
    )
    return channel


async def test_a_message_arrives_whole(receiver: Receiver) -> None:
    assert await a_channel(receiver.url).send(Message(ALERT))
    (document,) = receiver.documents
    assert document["title"] == "CRITICAL: savings: now-halted"
    assert document["message"] == Message(ALERT).text
    assert document["type"] == "failure"


@pytest.mark.parametrize(
    ("alert", "kind"),
    [
        (Alert(ORDER_REFUSED, "savings", "no margin", "waits"), "warning"),
        (Alert(ORDER_REFUSED, "savings", "margin", "goes on", is_over=True), "success"),
    ],
)
async def test_how_bad_it_is_goes_with_it(receiver: Receiver, alert: Alert, kind: str) -> None:
    assert await a_channel(receiver.url).send(Message(alert))
    assert receiver.documents[0]["type"] == kind


async def test_no_secret_goes_with_it(receiver: Receiver) -> None:
    alert = Alert(NOW_HALTED, "hush", "the key hush was refused", "nothing")
    assert await a_channel(receiver.url).send(Message(alert))
    assert "hush" not in str(receiver.documents)


async def test_a_refusal_is_a_failure_and_nothing_of_the_address_is_logged(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    receiver.status = 500
    with caplog.at_level(logging.DEBUG):
        assert not await a_channel(receiver.url).send(Message(ALERT))
    assert len(receiver.documents) == 1
    assert "hook-token-4711" not in caplog.text.replace("/hook-token-4711 HTTP/1.1", "")
    assert "apprise" not in {record.name for record in caplog.records}
    assert capfd.readouterr() == ("", "")


async def test_nobody_there_is_a_failure() -> None:
    with a_receiver() as gone:
        url = gone.url
    assert not await a_channel(url).send(Message(ALERT))


async def test_who_does_not_answer_is_given_up_in_time_and_not_asked_twice(
    receiver: Receiver,
) -> None:
    receiver.hold.clear()
    channel = a_channel(receiver.url, limit_s=0.2)
    began = time.monotonic()
    assert not await channel.send(Message(ALERT))
    assert time.monotonic() - began < 2
    assert not await channel.send(Message(ALERT)), "the first one is still on its way"
    assert len(receiver.documents) == 1
    assert all(t.daemon for t in threading.enumerate() if t.name == "alert by json")
    receiver.hold.set()
    for thread in threading.enumerate():
        if thread.name == "alert by json":
            await asyncio.to_thread(thread.join)
    assert await channel.send(Message(ALERT))


@pytest.mark.parametrize("url", ["nonsense://hush-hush-hush", "tgram://hush", "json://"])
def test_an_address_that_apprise_does_not_know_is_one_sentence(url: str) -> None:
    scheme = url.partition(":")[0]
    with pytest.raises(ConfigError) as caught:
        apprise_channels([("json", "json://127.0.0.1/"), (scheme, url)], redact=str)
    assert str(caught.value) == (
        f"notify.urls[#2]: Apprise does not understand this {scheme}:// address; compare it with "
        "https://appriseit.com/services"
    )
