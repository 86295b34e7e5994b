"""`download` as it is called: what it prints, and its mistakes in a sentence."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.downloading.venue_fakes import FakeVenue, a_binance

SETTINGS = '[accounts.main]\nvenue = "simulator"\n'
SINCE = ("--since", "2024-03-01", "--until", "2024-03-02")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "hedge.toml"
    file.write_text(SETTINGS)
    return file


@contextmanager
def running(fake: FakeVenue) -> Iterator[FakeVenue]:
    """The venue served by a loop of its own, beside the command's."""
    up, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        async with fake.served():
            up.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert up.wait(10)
        yield fake
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


@pytest.fixture
def binance(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVenue]:
    """The account leads to a Binance on this machine, whatever venues the settings know by name."""
    with running(a_binance()) as fake:
        monkeypatch.setattr(
            "bot.app.downloading.history_source", lambda _settings, _account: ("binance", fake.url)
        )
        yield fake


def asked(settings: Path, *more: str) -> tuple[str, ...]:
    return ("--account", "main", "--asset", "BTC", "--config", str(settings), *more)


def test_it_writes_the_file_and_says_what_is_in_it(
    hedgehold: Command, settings: Path, binance: FakeVenue, tmp_path: Path
) -> None:
    out = tmp_path / "btc.csv"
    said = hedgehold("download", *asked(settings, *SINCE, "--out", str(out)))
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        (
            f"{out} has 24 bars from 2024-03-01 00:00 to 2024-03-02 00:00, 24 of them new: "
            "BTC/USDT and BTC/USD:BTC at binance."
        ),
        "Funding in 3 bars, from 2024-03-01 00:00 to 2024-03-01 16:00.",
        "There is no hole: every bar has both prices.",
    ]
    assert len(out.read_text().splitlines()) == 25
    assert not any("signature" in line for line in binance.asked)
    replay = ("--asset", "BTC", "--coins", "2", "--collateral", "1", "--json")
    assert hedgehold("replay", out, *replay).code == 0


def test_the_same_as_json(
    hedgehold: Command, settings: Path, binance: FakeVenue, tmp_path: Path
) -> None:
    out = tmp_path / "btc.csv"
    arguments = asked(settings, *SINCE, "--out", str(out), "--json")
    assert hedgehold("download", *arguments).document == {
        "account": "main",
        "venue": "binance",
        "asset": "BTC",
        "interval": "1h",
        "file": str(out),
        "spot_market": "BTC/USDT",
        "perp_market": "BTC/USD:BTC",
        "rows": 24,
        "added": 24,
        "from": "2024-03-01T00:00:00+00:00",
        "to": "2024-03-02T00:00:00+00:00",
        "holes": [],
        "funding_rows": 3,
        "funding_from": "2024-03-01T00:00:00+00:00",
        "funding_to": "2024-03-01T16:00:00+00:00",
    }
    binance.asked.clear()
    again = hedgehold("download", *arguments).document
    assert (again["rows"], again["added"]) == (24, 0)
    assert all("exchangeInfo" in line for line in binance.asked)


def test_holes_are_listed_and_left_empty(
    hedgehold: Command, settings: Path, binance: FakeVenue, tmp_path: Path
) -> None:
    klines = binance.answers["/api/v3/klines"]

    def with_holes(query: Any) -> Any:
        return [row for row in klines(query) if row[0] // 3_600_000 % 2 == 0]

    binance.answers = {**binance.answers, "/api/v3/klines": with_holes}
    out = tmp_path / "btc.csv"
    said = hedgehold("download", *asked(settings, *SINCE, "--out", str(out)))
    lines = said.out.splitlines()
    assert lines[2] == "Periods without quotes (12), left empty:"
    assert lines[3] == "  2024-03-01 01:00 to 2024-03-01 02:00: spot"
    assert lines[-1] == "  and 2 more; --json lists them all"
    assert out.read_text().splitlines()[2].startswith("2024-03-01T01:00:00Z,,")
    told = hedgehold("download", *asked(settings, *SINCE, "--out", str(out), "--json")).document
    assert len(told["holes"]) == 12
    assert told["holes"][0] == {
        "from": "2024-03-01T01:00:00+00:00",
        "to": "2024-03-01T02:00:00+00:00",
        "missing": "spot",
    }


def test_without_an_end_it_fetches_up_to_the_last_bar_that_is_over(
    hedgehold: Command, settings: Path, binance: FakeVenue
) -> None:
    since = datetime.now(UTC) - timedelta(hours=50)
    said = hedgehold(
        "download", *asked(settings, "--since", since.isoformat(), "--interval", "1h", "--json")
    )
    assert said.document["file"] == "binance-BTC-1h.csv"
    assert said.document["rows"] in (48, 49)  # the last one may have ended this very moment
    assert Path("binance-BTC-1h.csv").is_file()


def test_a_venue_that_cannot_be_reached_is_a_sentence(
    hedgehold: Command, settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "bot.app.downloading.history_source", lambda *_: ("binance", "http://127.0.0.1:9")
    )
    said = hedgehold("download", *asked(settings, *SINCE))
    assert (said.code, said.out) == (1, "")
    assert len(said.sentences) == 1
    assert not list(Path().glob("*.csv"))


def test_a_simulated_account_has_no_history(hedgehold: Command, settings: Path) -> None:
    said = hedgehold("download", *asked(settings, *SINCE))
    assert said.code == 2
    assert said.err == (
        "accounts.main: the simulated venue of a dry-run has no history to fetch; name an account "
        "at a real venue\n"
    )


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"--account": "mian"}, "there is no account 'mian' in the settings; did you mean 'main'?"),
        ({"--asset": "bit coin"}, "--asset: 'bit coin' is no coin"),
        ({"--since": "yesterday"}, "--since: 'yesterday' is not a time; write one such as"),
        ({"--until": "2024-13-01"}, "--until: '2024-13-01' is not a time"),
    ],
)
def test_a_mistake_is_a_sentence(
    hedgehold: Command, settings: Path, changed: dict[str, str], why: str
) -> None:
    options = {"--account": "main", "--asset": "BTC", "--since": "2024-03-01", **changed}
    words = [word for pair in options.items() for word in pair]
    said = hedgehold("download", *words, "--config", settings)
    assert said.code == 2
    assert why in said.err
    assert len(said.sentences) == 1


@pytest.mark.usefixtures("binance")
@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--out", "none/x.csv"), "--out: there is no folder none; create it first"),
        (("--out", "x.csv.gz"), "a compressed file cannot be gone on with"),
        (("--out", "hedge.toml"), "this is no history that was downloaded"),
        (("--interval", "2h"), "--interval: '2h' is no length of bars"),
        (("--until", "2024-02-01"), "--since: no bar of 1h opened and ended between"),
        (("--asset", "DOGE"), "Binance has no inverse perpetual on DOGE"),
    ],
)
def test_a_mistake_about_the_file_or_the_venue_is_a_sentence(
    hedgehold: Command, settings: Path, more: tuple[str, str], why: str
) -> None:
    Path("hedge.toml").write_text(SETTINGS)
    said = hedgehold("download", *asked(settings, "--since", "2024-03-01", *more))
    assert said.code == 2, said
    assert why in said.err
    assert len(said.sentences) == 1
    assert Path("hedge.toml").read_text() == SETTINGS
