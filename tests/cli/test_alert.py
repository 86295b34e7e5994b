"""``alert --test``, and alerts of a whole process at somebody on this machine."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.notify import messenger
from tests.cli.conftest import Command
from tests.cli.journals import write_settings
from tests.kit.receiver import Receiver, a_receiver

TOKEN = "hook-token-4711"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as one:
        yield one


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer than a stop waits for messages."""
    monkeypatch.setattr(messenger, "LAST_S", 20.0)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return write_settings(tmp_path)


def test_a_test_alert_reaches_everybody(
    hedgehold: Command, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEHOLD_NOTIFY__URLS", f"{receiver.url} {receiver.url}?again=1")
    said = hedgehold("alert", "--test")
    assert (said.code, said.err) == (0, "")
    assert said.out == "#1, json: the test alert went.\n#2, json: the test alert went.\n"
    assert [one["title"] for one in receiver.documents] == ["NOTICE: hedgehold: test"] * 2
    assert "What to do: Nothing: alerts reach you this way." in receiver.documents[0]["message"]


def test_who_does_not_take_it_is_said_without_the_address(
    hedgehold: Command, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.status = 403
    monkeypatch.setenv("HEDGEHOLD_NOTIFY__URLS", receiver.url)
    said = hedgehold("alert", "--test", "--json")
    assert said.code == 1
    assert said.document == {"addresses": [{"kind": "json", "went": False}]}
    assert TOKEN not in said.out + said.err
    people = hedgehold("alert", "--test")
    assert (people.code, people.out) == (1, "#1, json: THE TEST ALERT DID NOT GO.\n")
    assert TOKEN not in people.out + people.err


def test_without_an_address_there_is_one_sentence(hedgehold: Command) -> None:
    said = hedgehold("alert", "--test")
    assert (said.code, said.out, len(said.sentences)) == (2, "", 1)
    assert said.err.startswith("notify.urls: there is no address")


def test_nothing_is_sent_unasked(
    hedgehold: Command, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEHOLD_NOTIFY__URLS", receiver.url)
    said = hedgehold("alert")
    assert (said.code, len(said.sentences)) == (2, 1)
    assert receiver.documents == []


@pytest.mark.parametrize("command", [("alert", "--test"), ("run", "--cycles", "1")])
def test_an_address_that_apprise_does_not_know_is_one_sentence(
    hedgehold: Command, settings: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HEDGEHOLD_NOTIFY__URLS", f"nowhere://{TOKEN}")
    said = hedgehold(*command, "--config", settings)
    assert (said.code, len(said.sentences)) == (2, 1)
    assert "Apprise does not understand this nowhere:// address" in said.err
    assert TOKEN not in said.out + said.err


def test_a_run_tells_that_it_begins_and_how_it_ends(
    hedgehold: Command, settings: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGEHOLD_NOTIFY__URLS", receiver.url)
    said = hedgehold("run", "--config", settings, "--cycles", 1)
    assert said.code == 0
    titles = [one["title"] for one in receiver.documents]
    assert titles == ["NOTICE: hedgehold: bot-started", "NOTICE: hedgehold: bot-stopped"]
    assert "the short of savings stays open with" in receiver.documents[1]["message"]
    assert [line["alert"] for line in said.events("alert")] == ["bot-started", "bot-stopped"]
    assert TOKEN not in said.out


def test_nobody_to_reach_is_no_reason_not_to_run(
    hedgehold: Command, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_receiver() as gone:
        url = gone.url
    monkeypatch.setenv("HEDGEHOLD_NOTIFY__URLS", url)
    said = hedgehold("run", "--config", settings, "--cycles", 2)
    assert said.code == 0
    assert len(said.events("message not sent")) == 2
    assert TOKEN not in said.out + said.err


def test_a_bot_that_cannot_start_tells_so(
    hedgehold: Command, settings: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hedgehold("run", "--config", settings, "--cycles", 1)
    (state,) = settings.parent.rglob("venue.json")
    state.unlink()
    monkeypatch.setenv("HEDGEHOLD_NOTIFY__URLS", receiver.url)
    said = hedgehold("run", "--config", settings, "--cycles", 1)
    assert said.code == 2
    (document,) = receiver.documents
    assert document["title"] == "CRITICAL: hedgehold: bot-failed"
    assert "is gone; start over with --fresh" in document["message"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as no:
        with no:
            return no.code, no.read().decode()
    except OSError:
        return 0, ""


def eventually(is_so: Callable[[], Any]) -> Any:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = is_so()
        if found:
            return found
    raise AssertionError("it never happened")


@pytest.mark.slow
def test_a_process_serves_its_pages_and_a_killed_one_is_missed_by_the_next(
    hedgehold: Command, settings: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("HEDGEHOLD_NOTIFY__URLS", receiver.url)
    monkeypatch.setenv("HEDGEHOLD_HTTP__PORT", str(port))
    command = [sys.executable, "-m", "bot", "run", "--config", str(settings)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as bot:
        try:
            eventually(lambda: ask(port, "/readyz") == (200, "ok\n"))
            health, standing = ask(port, "/healthz"), json.loads(ask(port, "/status")[1])
            metrics = ask(port, "/metrics")[1]
            second = hedgehold("run", "--config", settings, "--cycles", 1)
            eventually(lambda: receiver.documents)
        finally:
            bot.send_signal(signal.SIGKILL)
    assert health == (200, "ok\n")
    assert second.code == 2
    assert [one["title"] for one in receiver.documents] == ["NOTICE: hedgehold: bot-started"]
    said = hedgehold("status", "--config", settings, "--json").document
    assert set(standing) == set(said)
    assert [set(bag) for bag in standing["bags"]] == [set(bag) for bag in said["bags"]]
    assert standing["daemon"]["seems_to_run"] is True
    assert 'hedgehold_hedge_ratio{asset="BTC",bag="savings"}' in metrics
    assert TOKEN not in json.dumps(standing) + metrics
    runs = [hedgehold("run", "--config", settings, "--cycles", 1) for _ in range(2)]
    assert [[line["alert"] for line in run.events("alert")] for run in runs] == [
        ["bot-started", "started-after-crash", "bot-stopped"],
        ["bot-started", "bot-stopped"],
    ]


def test_a_port_that_is_taken_is_one_sentence(
    hedgehold: Command, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("HEDGEHOLD_HTTP__PORT", str(taken.getsockname()[1]))
        said = hedgehold("run", "--config", settings, "--cycles", 1)
    assert (said.code, len(said.sentences)) == (2, 1)
    assert "cannot be served: address already in use; choose another port" in said.err
    assert said.events("cycle") == []
