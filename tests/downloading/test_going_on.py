"""A download goes on where it stopped, asks again without an answer, and gives up in the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.downloading import DELAYS_S, bars_asked, download
from bot.app.history_rows import Missing
from bot.errors import (
    AccessDenied,
    BotError,
    ConfigError,
    MalformedReport,
    RateLimited,
    Unavailable,
)
from tests.downloading.past import HOUR, NOW, START, Past, a_clock, hours

FAR = 48


def text_of(path: Path) -> str:
    return path.read_text()


def cut_off(path: Path, length: int) -> None:
    path.write_text(path.read_text()[:length])


async def fetched(path: Path, past: Past, count: int = FAR) -> str:
    await download(past, hours(count), path, a_clock())
    return text_of(path)


def failing(at: int, error: BotError) -> Callable[[int], None]:
    """Trouble from one question on, for good."""

    def raise_it(number: int) -> None:
        if number >= at:
            raise error

    return raise_it


def once(at: int, error: BotError) -> Callable[[int], None]:
    """Trouble with one question only."""

    def raise_it(number: int) -> None:
        if number == at:
            raise error

    return raise_it


async def test_everything_is_fetched_in_parts_in_order(tmp_path: Path) -> None:
    past = Past()
    told: list[tuple[int, int]] = []
    done = await download(
        past, hours(25), tmp_path / "x.csv", a_clock(), lambda *numbers: told.append(numbers)
    )
    assert [what for what, _, _ in past.asked] == ["spot", "perp", "funding"] * 3
    assert told == [(0, 25), (10, 25), (20, 25), (25, 25)]
    assert (done.added, done.tally.rows, done.tally.funding_rows) == (25, 25, 4)
    assert done.tally.holes == []
    lines = text_of(tmp_path / "x.csv").splitlines()
    assert lines[1] == "2026-01-01T00:00:00Z,50000,50010,0.0001"
    assert lines[2] == "2026-01-01T01:00:00Z,50001,50011,"


@settings(deadline=None)
@given(st.integers(1, 15), st.integers(0, 3_000), st.sets(st.integers(0, FAR - 1)))
async def test_broken_off_anywhere_it_comes_to_the_same_file(
    tmp_path_factory: pytest.TempPathFactory, question: int, cut: int, gaps: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    unquoted = {START + number * HOUR for number in gaps}
    whole = await fetched(folder / "whole.csv", Past(unquoted=unquoted))
    path = folder / "broken.csv"
    trouble = failing(question, AccessDenied("no"))
    with pytest.raises(AccessDenied):
        await fetched(path, Past(unquoted=unquoted, trouble=trouble))
    cut_off(path, cut)
    assert await fetched(path, Past(unquoted=unquoted)) == whole


async def test_a_whole_file_is_not_asked_for_again(tmp_path: Path) -> None:
    path, past = tmp_path / "x.csv", Past()
    text = await fetched(path, Past())
    assert await fetched(path, past) == text
    assert past.asked == []
    assert await fetched(path, past, 10) == text


async def test_a_later_end_adds_to_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    short = await fetched(path, Past(), 13)
    long = await fetched(path, Past(), 40)
    assert long.startswith(short)
    assert long == await fetched(tmp_path / "y.csv", Past(), 40)


async def test_a_file_of_another_market_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    text = await fetched(path, Past(), 13)
    with pytest.raises(ConfigError, match="another market"):
        await fetched(path, Past(shift_usd=1))
    assert text_of(path) == text


async def test_holes_are_left_empty_and_reported(tmp_path: Path) -> None:
    past = Past(
        unquoted={START + number * HOUR for number in (3, 4, 5)},
        delisted={START + number * HOUR for number in (5, 6)},
    )
    done = await download(past, hours(12), tmp_path / "x.csv", a_clock())
    assert [
        ((hole.since - START) // HOUR, (hole.until - START) // HOUR, hole.missing)
        for hole in done.tally.holes
    ] == [(3, 5, Missing.SPOT), (5, 6, Missing.BOTH), (6, 7, Missing.PERP)]
    lines = text_of(tmp_path / "x.csv").splitlines()
    assert lines[4] == "2026-01-01T03:00:00Z,,50013,"
    assert lines[6] == "2026-01-01T05:00:00Z,,,"


async def test_a_hole_that_is_not_there_at_a_second_look_is_none(tmp_path: Path) -> None:
    past = Past(forgetful=True)
    done = await download(past, hours(5), tmp_path / "x.csv", a_clock())
    assert done.tally.holes == []
    assert [what for what, _, _ in past.asked] == ["spot", "spot", "perp", "funding"]


@pytest.mark.parametrize("error", [Unavailable("gone"), MalformedReport("garbled")])
async def test_a_question_without_an_answer_is_asked_again_later(
    tmp_path: Path, error: BotError
) -> None:
    clock = a_clock()
    await download(Past(trouble=once(2, error)), hours(25), tmp_path / "x.csv", clock)
    assert clock.now() - NOW == timedelta(seconds=DELAYS_S[0])
    assert text_of(tmp_path / "x.csv") == await fetched(tmp_path / "y.csv", Past(), 25)


async def test_it_is_silent_for_as_long_as_the_venue_wants(tmp_path: Path) -> None:
    clock = a_clock()
    past = Past(trouble=once(4, RateLimited("later", retry_after_s=120)))
    await download(past, hours(25), tmp_path / "x.csv", clock)
    assert clock.now() - NOW == timedelta(seconds=120)


async def test_where_the_venue_wants_silence_for_long_it_ends_at_once(tmp_path: Path) -> None:
    past = Past(trouble=failing(5, RateLimited("banned", retry_after_s=3_600)))
    with pytest.raises(RateLimited, match=r"has 10 of 25 rows; the same command goes on"):
        await download(past, hours(25), tmp_path / "x.csv", a_clock())
    assert len(past.asked) == 5


@pytest.mark.parametrize(
    ("error", "times"), [(Unavailable("gone"), len(DELAYS_S) + 1), (MalformedReport("garbled"), 3)]
)
async def test_it_gives_up_in_the_end_and_keeps_what_it_has(
    tmp_path: Path, error: BotError, times: int
) -> None:
    path, past = tmp_path / "x.csv", Past(trouble=failing(4, error))
    with pytest.raises(type(error), match=r"10 of 25 rows"):
        await download(past, hours(25), path, a_clock())
    assert len(past.asked) == 3 + times
    assert len(text_of(path).splitlines()) == 11
    whole = await fetched(tmp_path / "y.csv", Past(), 25)
    assert await fetched(path, Past(), 25) == whole


def test_only_bars_that_are_over_are_asked_for() -> None:
    grid = bars_asked(START, None, "1h", START + 3 * HOUR + timedelta(seconds=9))
    assert (grid.since, grid.until) == (START, START + 2 * HOUR)
    grid = bars_asked(START, None, "1h", START + 3 * HOUR + timedelta(seconds=10))
    assert grid.until == START + 3 * HOUR
    assert bars_asked(START, START + 90 * HOUR, "1d", NOW).until == START + 72 * HOUR
    assert bars_asked(START + timedelta(seconds=1), NOW, "4h", NOW).since == START + 4 * HOUR


def test_a_period_without_a_bar_and_an_unknown_length_are_sentences() -> None:
    with pytest.raises(ConfigError, match="--since: no bar of 1h"):
        bars_asked(NOW, None, "1h", NOW)
    with pytest.raises(ConfigError, match="--since: no bar"):
        bars_asked(NOW - HOUR, NOW - 3 * HOUR, "1h", NOW)
    with pytest.raises(ConfigError, match="--interval: '2h'"):
        bars_asked(START, None, "2h", NOW)
