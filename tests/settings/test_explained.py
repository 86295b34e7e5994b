"""`effective`: every key, the value in effect, and where it comes from."""

import json
from dataclasses import asdict

from bot.settings import effective
from bot.settings.explain import EffectiveSetting
from tests.settings.setting import VALID, loaded


def rows(toml: str = VALID) -> dict[str, EffectiveSetting]:
    return {row.key: row for row in effective(loaded(toml))}


def test_a_value_is_shown_as_it_was_written_with_its_source() -> None:
    shown = rows(VALID + "[band]\nnoise_share = 0.00250\n")
    assert shown["band.noise_share"] == EffectiveSetting(
        "band.noise_share", "0.0025", "file my.toml"
    )
    assert shown["cycle.interval_s"] == EffectiveSetting("cycle.interval_s", 60, "default.toml")


def test_bags_are_named_and_other_list_items_counted() -> None:
    shown = rows()
    assert shown["bags[savings].holdings[#1].wallets"].value == ["spot"]
    assert shown["bags[savings].target.kind"].source == "file my.toml"


def test_what_nobody_wrote_is_a_built_in_default_in_the_words_of_a_file() -> None:
    shown = rows()
    expected: dict[str, object] = {
        "accounts.main.wallets": "auto",
        "accounts.main.leverage": "2",
        "accounts.main.margin_mode": "cross",
        "accounts.main.api_key": None,
        "bags[savings].band.outer": "auto",
        "bags[savings].execution.max_slice_usd": "100000",
        "simulator.markets.ETH.book.levels": "auto",
        "simulator.events": [],
    }
    assert {key: shown[key].value for key in expected} == expected
    assert {shown[key].source for key in expected} == {"built-in default"}


def test_a_target_shows_the_keys_of_its_kind_only() -> None:
    shown = rows(VALID.replace('{ kind = "full" }', '{ kind = "static", share = 0.5 }'))
    keys = [key for key in shown if key.startswith("bags[savings].target")]
    assert keys == ["bags[savings].target.kind", "bags[savings].target.share"]


def test_a_switched_off_limit_says_so() -> None:
    assert rows()["limits.max_short_usd"].value == "off"


def test_the_explanation_is_json() -> None:
    start = VALID + "[simulator]\nstart = 2024-01-01T00:00:00Z\n"
    fault = '[[simulator.faults]]\nkind = "reset"\nnth = 1\narrives = false\n'
    text = json.dumps([asdict(row) for row in effective(loaded(start + fault))])
    assert '"2024-01-01T00:00:00+00:00"' in text
    assert '"value": false' in text
