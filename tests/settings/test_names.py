"""Names in the environment, in .env and in flags: each fits a setting, or is a mistake."""

from pathlib import Path

import pytest

from tests.settings.setting import complaints, loaded

ADVICE = "remove it, or define in a file what it names"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("HEDGEHOLD_LIMITS__MAX_ODER_USD", "did you mean HEDGEHOLD_LIMITS__MAX_ORDER_USD?"),
        ("HEDGEHOLD_LIMITS_MAX_ORDER_USD", "did you mean HEDGEHOLD_LIMITS__MAX_ORDER_USD?"),
        ("HEGDEHOLD_LIMITS__MAX_ORDER_USD", "did you mean HEDGEHOLD_LIMITS__MAX_ORDER_USD?"),
        ("HEDGEHOLD_ACCOUNTS__MIAN__API_KEY", "did you mean HEDGEHOLD_ACCOUNTS__MAIN__API_KEY?"),
        ("HEDGEHOLD_MOOD", "did you mean HEDGEHOLD_MODE?"),
        ("HEDGEHOLD_", ADVICE),
        ("HEDGEHOLD_QQQQQQ", ADVICE),
        ("hedgehold_qqqqqq", ADVICE),
    ],
)
def test_a_misspelt_variable_is_a_mistake(name: str, advice: str) -> None:
    assert complaints(environ={name: "12345678"}) == [
        f"{name} (environment): there is no such setting; {advice}"
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("HEDGEHOLD_LOG__LEVELL", "HEDGEHOLD_LOG__LEVEL"),
        ("LOG__LEVEL", "HEDGEHOLD_LOG__LEVEL"),
        ("HEDGEHOLT_LOG__LEVEL", "HEDGEHOLD_LOG__LEVEL"),
    ],
)
def test_a_misspelt_name_in_dotenv_is_a_mistake(name: str, meant: str) -> None:
    Path(".env").write_text(f"{name}=debug\n")
    assert complaints() == [f"{name} (.env): there is no such setting; did you mean {meant}?"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("HEDGEHOLD_LOG__LEVEL\n", ".env, line 1: write it as NAME=value"),
        ("\n'quoted\n", ".env, line 2: write it as NAME=value"),
        ("A=1\nA=2\n", ".env, line 2: A is set twice; keep one"),
        (
            "HEDGEHOLD_LOG__LEVEL=\n",
            "HEDGEHOLD_LOG__LEVEL (.env): it is empty; give it a value or remove it",
        ),
    ],
)
def test_a_line_of_dotenv_that_says_nothing_is_a_mistake(text: str, said: str) -> None:
    Path(".env").write_text(text)
    assert complaints() == [said]


def test_a_dotenv_file_in_another_encoding_is_named() -> None:
    Path(".env").write_bytes(b"A=\xe9\n")
    assert complaints() == [".env: this is not text in UTF-8; save it as UTF-8"]


def test_a_mistaken_value_names_its_variable() -> None:
    assert complaints(environ={"HEDGEHOLD_CYCLE__INTERVAL_S": "soon"}) == [
        (
            "cycle.interval_s from HEDGEHOLD_CYCLE__INTERVAL_S (environment): 'soon' is not a "
            "number of seconds above 0; write one such as 60"
        )
    ]


def test_a_mistaken_value_names_its_flag() -> None:
    assert complaints(overrides={"log.level": "loud"}) == [
        (
            "log.level on the command line: 'loud' is not one of debug, info, warning, error; "
            "write one of them"
        )
    ]


def test_an_unknown_flag_is_a_mistake() -> None:
    assert complaints(overrides={"log.lvel": "info", "qqq": 1}) == [
        "log.lvel on the command line: there is no such setting; did you mean log.level?",
        "qqq on the command line: there is no such setting; `hedgehold config show` lists all",
    ]


@pytest.mark.parametrize("text", ["spot", "[spot]", '["spot"', '["spot"]\nmode = "live"'])
def test_a_list_in_a_variable_must_be_a_list(text: str) -> None:
    assert complaints(environ={"HEDGEHOLD_ACCOUNTS__MAIN__WALLETS": text}) == [
        (
            "HEDGEHOLD_ACCOUNTS__MAIN__WALLETS (environment): this is not a list; write it as in a "
            'file, such as ["spot", "funding"]'
        )
    ]


def test_whole_bags_can_come_from_a_variable() -> None:
    bags = '[{name = "a", asset = "ETH", hedge = {account = "main"}, target = {kind = "full"}}]'
    settings = loaded(environ={"HEDGEHOLD_BAGS": bags}).settings
    assert [bag.asset for bag in settings.bags] == ["ETH"]
