"""Which layer wins: flag, environment, .env, files from last to first, defaults."""

from itertools import pairwise
from pathlib import Path

import pytest

from bot.settings import effective, load, load_settings
from bot.settings.layers import Layers, Origin, Place
from tests.settings.setting import VALID, loaded, write

NAME = "HEDGEHOLD_CYCLE__INTERVAL_S"
FROM_FILE = Origin(Place.FILE, "a.toml")


def interval(*layers: str) -> tuple[str, str]:
    """The interval in effect and its source when these layers set it, each to its own number."""
    files = []
    for number, name in ((11, "early.toml"), (12, "late.toml")):
        if name in layers:
            files.append(write(name, f"[cycle]\ninterval_s = {number}\n"))
    if ".env" in layers:
        Path(".env").write_text(f"{NAME}=13\n")
    found = load(
        files,
        {"cycle.interval_s": 15} if "flag" in layers else {},
        {NAME: "14"} if "environment" in layers else {},
    )
    shown = next(one for one in effective(found) if one.key == "cycle.interval_s")
    assert str(found.settings.cycle.interval_s) == str(shown.value)
    return str(shown.value), shown.source


ORDER = [
    ("default.toml", "60", "default.toml"),
    ("early.toml", "11", "file early.toml"),
    ("late.toml", "12", "file late.toml"),
    (".env", "13", ".env"),
    ("environment", "14", "environment"),
    ("flag", "15", "flag"),
]


@pytest.mark.parametrize("strongest", range(len(ORDER)))
def test_each_layer_wins_over_all_before_it(strongest: int) -> None:
    layers = [layer for layer, _, _ in ORDER[: strongest + 1]]
    assert interval(*layers) == ORDER[strongest][1:]


@pytest.mark.parametrize(("weaker", "stronger"), list(pairwise(ORDER)))
def test_each_layer_wins_over_its_neighbour_alone(
    weaker: tuple[str, str, str], stronger: tuple[str, str, str]
) -> None:
    assert interval(weaker[0], stronger[0]) == stronger[1:]


def test_tables_are_merged_key_by_key_and_keep_their_other_keys() -> None:
    settings = loaded(VALID + "\n[breaker]\ncool_down_s = 5\n").settings
    assert settings.breaker.cool_down_s == 5
    assert settings.breaker.failures_to_halt == 10


def test_lists_are_replaced_as_a_whole() -> None:
    first = write("first.toml", VALID)
    second = write("second.toml", VALID.replace("savings", "other").replace("[accounts.main]", ""))
    second.write_text(second.read_text().replace('venue = "simulator"', ""))
    settings = load_settings([first, second], environ={}, dotenv=None)
    assert [bag.name for bag in settings.bags] == ["other"]


def test_a_table_of_another_kind_keeps_no_key_of_the_old_kind() -> None:
    script = 'path = { kind = "script", points = [[0, 50000], [60, 40000]] }\n'
    settings = loaded(f"{VALID}\n[simulator.markets.BTC]\n{script}").settings
    assert settings.simulator.markets["BTC"].path.kind == "script"


def test_a_table_of_the_same_kind_is_merged() -> None:
    path = "[simulator.markets.BTC.path]\nstart_price_usd = 4001\n"
    market = loaded(f"{VALID}\n{path}").settings.simulator.markets["BTC"]
    assert market.path.kind == "jump-diffusion"
    assert market.path.start_price_usd == 4001


def test_a_list_from_the_environment_is_written_as_in_a_file() -> None:
    environ = {"HEDGEHOLD_ACCOUNTS__MAIN__WALLETS": '["spot", "earn"]'}
    wallets = loaded(environ=environ).settings.accounts["main"].wallets
    assert [wallet.value for wallet in wallets or ()] == ["spot", "earn"]


def test_names_of_variables_fit_keys_of_either_case() -> None:
    environ = {"HEDGEHOLD_SIMULATOR__MARKETS__BTC__PATH__START_PRICE_USD": "4001"}
    path = loaded(environ=environ).settings.simulator.markets["BTC"].path
    assert path.kind == "jump-diffusion"
    assert path.start_price_usd == 4001


def test_a_flag_that_was_not_given_changes_nothing() -> None:
    assert loaded(overrides={"log.format": None}).settings.log.format == "auto"


def test_variables_of_other_programs_are_none_of_our_business() -> None:
    environ = {"PATH": "/bin", "HEDGE_FUND": "x", "LIMITS__MAX_ORDER_USD": "7"}
    assert loaded(environ=environ).settings.limits.max_order_usd == 250_000


def test_a_value_from_dotenv_is_taken_as_it_is_written() -> None:
    Path(".env").write_text(
        "# a comment\nexport HEDGEHOLD_ACCOUNTS__MAIN__API_KEY='k${HOME}#$8 chars'\n\nOTHER=1\n"
    )
    key = loaded().settings.accounts["main"].api_key
    assert key is not None
    assert key.get_secret_value() == "k${HOME}#$8 chars"


def test_a_missing_dotenv_file_is_nothing_special() -> None:
    assert load_settings(environ={}, dotenv=Path("nowhere/.env")).mode == "dry-run"


def test_the_process_environment_counts_unless_another_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(NAME, "33")
    assert load_settings().cycle.interval_s == 33
    assert load_settings(environ={}).cycle.interval_s == 60


def test_a_replaced_table_forgets_where_its_old_keys_came_from() -> None:
    layers = Layers()
    layers.lay({"path": {"kind": "a", "x": 1}}, Origin(Place.DEFAULT))
    layers.lay({"path": {"kind": "b"}}, FROM_FILE)
    assert layers.tree == {"path": {"kind": "b"}}
    assert layers.origin_of(("path", "x")) == FROM_FILE


def test_a_key_that_nobody_wrote_comes_from_its_table() -> None:
    layers = Layers()
    layers.lay({"bags": [{"name": "a"}]}, FROM_FILE)
    assert layers.origin_of(("bags", 0, "asset")) == FROM_FILE
    assert layers.origin_of(("log", "level")) == Origin(Place.BUILT_IN)
