"""The distances at which the margin is minded: read, checked together, switched off."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.settings.convert import margin_policy
from tests.kit.domain import a_margin_policy
from tests.settings.setting import VALID, complaints, loaded


def with_margin(*lines: str) -> str:
    return f"{VALID}[margin]\n" + "\n".join(lines) + "\n"


def test_the_defaults_are_a_policy() -> None:
    assert margin_policy(loaded().settings.margin) == a_margin_policy()


def test_each_trigger_can_be_switched_off() -> None:
    names = ("warn_distance", "top_up_distance", "reduce_distance", "sweep_distance")
    policy = margin_policy(loaded(with_margin(*(f'{n} = "off"' for n in names))).settings.margin)
    assert [getattr(policy, name) for name in names] == [None] * 4


def test_a_flag_sets_a_distance() -> None:
    settings = loaded(overrides={"margin.top_up_distance": "0.35"}).settings
    assert settings.margin.top_up_distance == Decimal("0.35")


CONTRADICTIONS = {
    "top_up_to = 0.3": (
        "margin.top_up_to in my.toml: 0.3 does not lie beyond top_up_distance (0.3), so that the "
        "same would be done again and again; write more"
    ),
    "reduce_to = 0.1": (
        "margin.reduce_to in my.toml: 0.1 does not lie beyond reduce_distance (0.15), so that the "
        "same would be done again and again; write more"
    ),
    "sweep_distance = 0.9": (
        "margin.sweep_distance in my.toml: 0.9 does not lie beyond sweep_to (1), so that the same "
        "would be done again and again; write more"
    ),
    "top_up_distance = 0.1": (
        "margin.top_up_distance in my.toml: 0.1 does not lie beyond reduce_distance (0.15), so "
        "that the same would be done again and again; write more"
    ),
    "sweep_distance = 1.5\nsweep_to = 0.5": (
        "margin.sweep_to in my.toml: 0.5 is less than top_up_to (0.6), so that coins would go back "
        "and forth; write at least as much"
    ),
    "[limits]\nmin_liquidation_distance = 0.15": (
        "limits.min_liquidation_distance in my.toml: 0.15 lets the short grow to where "
        "margin.reduce_distance (0.15) buys it back; write more than that, or switch "
        "reduce_distance off"
    ),
    '[limits]\nmin_liquidation_distance = "off"': (
        'limits.min_liquidation_distance in my.toml: "off" lets the short grow to where '
        "margin.reduce_distance (0.15) buys it back; write more than that, or switch "
        "reduce_distance off"
    ),
}


@pytest.mark.parametrize(("lines", "sentence"), CONTRADICTIONS.items())
def test_what_would_be_done_and_undone_is_one_sentence(lines: str, sentence: str) -> None:
    assert complaints(with_margin(lines)) == [sentence]


def test_what_is_switched_off_contradicts_nothing() -> None:
    growing = '[limits]\nmin_liquidation_distance = "off"'
    off = ('reduce_distance = "off"', "reduce_to = 0.1", growing)
    assert loaded(with_margin(*off)).settings.margin.reduce_distance is None
    off = ('top_up_distance = "off"', "top_up_to = 0.1", "sweep_distance = 2")
    assert loaded(with_margin(*off)).settings.margin.top_up_distance is None


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("warn_distance = 0", "0 is not a share of the price above 0"),
        ("top_up_to = -1", "-1 is not a number above 0"),
        ("keep_share = 1.5", "1.5 is not a share between 0 and 1"),
        ('patience_s = "soon"', "'soon' is not a number of seconds above 0"),
    ],
)
def test_a_value_that_is_none_is_one_sentence(line: str, told: str) -> None:
    (sentence,) = complaints(with_margin(line))
    assert told in sentence
