"""A passed check is remembered for a day, for the very same settings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app.passed_checks import configuration_hash, passed_recently, remember_check
from bot.errors import ConfigError
from bot.settings import Settings, load_settings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FILE = Path("var/checks.json")
BAG = """
[accounts.main]
venue = "simulator"
[[bags]]
name = "savings"
asset = "BTC"
hedge = { account = "main" }
target = { kind = "full" }
"""


def settings(text: str = BAG, **environ: str) -> Settings:
    file = Path("mine.toml")
    file.write_text(text)
    return load_settings(
        [file], environ={f"HEDGEHOLD_{name}": value for name, value in environ.items()}
    )


def remember(configuration: str = "a", at: datetime = NOW, *, is_passed: bool = True) -> None:
    remember_check(FILE, configuration, at, is_passed=is_passed)


@pytest.mark.parametrize(
    ("age", "good"),
    [
        (timedelta(0), True),
        (DAY, True),
        (DAY + timedelta(seconds=1), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_it_is_good_for_a_day_and_not_before_it_was_made(age: timedelta, good: bool) -> None:
    remember()
    assert passed_recently(FILE, "a", NOW + age) is good


def test_another_configuration_was_not_checked() -> None:
    remember("a")
    assert not passed_recently(FILE, "b", NOW)
    remember("b")
    assert passed_recently(FILE, "a", NOW)
    assert passed_recently(FILE, "b", NOW)


def test_a_later_failure_takes_the_earlier_pass_away() -> None:
    remember()
    remember(at=NOW + timedelta(hours=1), is_passed=False)
    assert not passed_recently(FILE, "a", NOW + timedelta(hours=2))
    remember(at=NOW + timedelta(hours=3))
    assert passed_recently(FILE, "a", NOW + timedelta(hours=4))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        '{"checks": 1}',
        '{"checks": [1, {}]}',
        '{"checks": [{"configuration": "a", "passed": true, "at": "soon"}]}',
        '{"checks": [{"configuration": "a", "passed": true, "at": 5}]}',
        '{"checks": [{"configuration": "a", "passed": true, "at": "2026-11-24T12:00:00"}]}',
        '{"checks": [{"configuration": "a", "passed": "yes", "at": "2026-11-24T12:00:00Z"}]}',
    ],
)
def test_a_damaged_file_proves_nothing_and_is_begun_anew(text: str) -> None:
    FILE.parent.mkdir()
    FILE.write_text(text)
    assert not passed_recently(FILE, "a", NOW)
    remember()
    assert passed_recently(FILE, "a", NOW)


def test_no_file_proves_nothing() -> None:
    assert not passed_recently(FILE, "a", NOW)


def test_the_file_does_not_grow_for_ever_and_leaves_nothing_beside_itself() -> None:
    for number in range(50):
        remember(str(number))
    assert len(json.loads(FILE.read_text())["checks"]) == 20
    assert [file.name for file in FILE.parent.iterdir()] == ["checks.json"]


def test_a_place_that_cannot_be_written_is_one_sentence() -> None:
    Path("var").write_text("a file, no folder")
    with pytest.raises(ConfigError, match=r"cannot be written to var/checks\.json"):
        remember()


def test_the_hash_changes_with_what_is_meant_and_not_with_where_it_is_written() -> None:
    usual = configuration_hash(settings())
    assert configuration_hash(settings(BAG + "# a remark\n")) == usual
    assert configuration_hash(settings(BAG + "[log]\nlevel = 'debug'\n")) == usual
    assert configuration_hash(settings(LIMITS__MAX_ORDER_USD="250000")) == usual
    assert configuration_hash(settings(LIMITS__MAX_ORDER_USD="250001")) != usual
    assert configuration_hash(settings(BAG.replace("full", 'static", share = "0.5'))) != usual
    assert configuration_hash(settings(BAG.replace('"BTC"', '"ETH"'))) != usual


def test_another_key_has_to_be_checked_anew_and_none_is_kept() -> None:
    one = settings(ACCOUNTS__MAIN__API_KEY="a-key-of-mine", ACCOUNTS__MAIN__API_SECRET="a-secret-1")
    two = settings(ACCOUNTS__MAIN__API_KEY="other-of-mine", ACCOUNTS__MAIN__API_SECRET="a-secret-2")
    assert configuration_hash(one) != configuration_hash(two)
