"""What sets a daemon apart from every other one that trades on its accounts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from bot.app.real import origin_of


def test_a_daemon_is_the_same_after_each_start_and_no_other_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine = origin_of("sqlite:///journal.db")
    assert mine == origin_of(f"sqlite:///{Path('journal.db').absolute()}")
    assert mine != origin_of("sqlite:///another.db")
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert mine != origin_of("sqlite:///journal.db")


def test_the_same_place_on_another_machine_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = origin_of("sqlite:////var/journal.db")
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    assert mine != origin_of("sqlite:////var/journal.db")


def test_no_password_goes_into_the_ids_of_orders() -> None:
    assert "secret" not in origin_of("postgresql://hedge:secret@host/journal?password=secret")
