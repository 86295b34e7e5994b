"""The contracts in use, kept between two starts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.ccxt.kept_markets import MAX_AGE, OTHERS, KeptMarkets
from bot.adapters.ccxt.spec import Environment
from bot.domain.instrument import InversePerpetual
from bot.errors import ConfigError
from tests.adapters.ccxt.binance_fake import KEY, SECRET, FakeBinance
from tests.kit.domain import NOON, an_instrument

BTC, ETH = an_instrument("BTC"), an_instrument("ETH", contract_usd=10)
ROWS: dict[str, list[dict[str, Any]]] = {
    "BTC": [{"symbol": "BTCUSD_PERP", "contractSize": 100}],
    OTHERS: [{"symbol": "ETHUSD"}],
}
LATER = NOON + timedelta(days=2)


def kept(folder: Path | None = Path("kept"), **changes: Any) -> KeptMarkets:
    return KeptMarkets(FakeBinance(url="http://127.0.0.1:1").spec(cache_folder=folder, **changes))


def the_file() -> Path:
    return Path("kept/markets-binance-live.json")


def told(changes: tuple[object, ...]) -> list[str]:
    return [str(change) for change in changes]


def test_what_was_kept_is_there_at_the_next_start() -> None:
    assert kept().load(["BTC", OTHERS], now=NOON) is None
    assert kept().keep([BTC], ROWS, now=NOON) == ()
    found = kept().load(["BTC", OTHERS], now=NOON + timedelta(hours=23))
    assert found == (ROWS["BTC"][0], ROWS[OTHERS][0])


def test_without_a_folder_nothing_is_kept() -> None:
    assert kept(None).keep([BTC], ROWS, now=NOON) == ()
    assert kept(None).load(["BTC"], now=NOON) is None
    assert list(Path().iterdir()) == []


def test_rows_that_are_too_old_or_of_the_future_are_asked_for_again() -> None:
    kept().keep([BTC], ROWS, now=NOON)
    assert kept().load(["BTC"], now=NOON + MAX_AGE) is None
    assert kept().load(["BTC"], now=NOON - timedelta(seconds=1)) is None
    assert kept().load(["BTC"], now=NOON) is not None


def test_a_coin_that_was_not_kept_is_asked_for() -> None:
    kept().keep([BTC], ROWS, now=NOON)
    assert kept().load(["BTC", "ETH"], now=NOON) is None


def test_accounts_of_one_venue_share_the_file_and_each_row_has_its_own_age() -> None:
    kept().keep([BTC], ROWS, now=NOON)
    kept(name="other").keep([ETH], {"ETH": [{"symbol": "ETHUSD_PERP"}]}, now=LATER)
    assert kept().load(["ETH"], now=LATER) == ({"symbol": "ETHUSD_PERP"},)
    assert kept().load(["BTC"], now=LATER) is None
    assert kept().keep([replace(BTC, lot_contracts=BTC.lot_contracts * 2)], None, now=LATER)


def test_each_environment_has_a_file_of_its_own() -> None:
    kept().keep([BTC], ROWS, now=NOON)
    demo = kept(environment=Environment.DEMO)
    assert demo.load(["BTC"], now=NOON) is None
    the_file().rename(the_file().with_name("markets-binance-demo.json"))
    assert demo.load(["BTC"], now=NOON) is None, "a file of another environment is no file"


def test_a_change_is_told_at_every_start_until_it_is_accepted() -> None:
    now = an_instrument("BTC", contract_usd=10)
    kept().keep([BTC], ROWS, now=NOON)
    sentence = "the dollars of a contract of BTC/USD:BTC was 100 and is now 10"
    assert told(kept().keep([now], ROWS, now=LATER)) == [sentence]
    assert told(kept().keep([now], None, now=LATER)) == [sentence]
    assert told(kept().keep([now], ROWS, now=LATER + MAX_AGE)) == [sentence]
    assert kept(accept_changes=True).keep([now], None, now=LATER) == ()
    assert kept().keep([now], None, now=LATER) == ()
    assert kept().keep([BTC], None, now=LATER), "what was accepted is what counts"


def test_taking_the_file_away_agrees_to_what_the_venue_says() -> None:
    kept().keep([BTC], ROWS, now=NOON)
    the_file().unlink()
    assert kept().keep([an_instrument("BTC", contract_usd=10)], ROWS, now=LATER) == ()


def test_a_contract_that_changes_back_is_no_change() -> None:
    kept().keep([BTC], ROWS, now=NOON)
    assert kept().keep([an_instrument("BTC", tick_usd=1)], ROWS, now=LATER)
    assert kept().keep([BTC], ROWS, now=LATER) == ()


def test_a_contract_seen_for_the_first_time_is_taken_as_it_is() -> None:
    kept().keep([BTC], ROWS, now=NOON)
    assert kept().keep([BTC, ETH], ROWS, now=NOON) == ()


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '"text"', '{"format": 2}', "\x00", "\udcff"],
)
def test_a_damaged_file_is_asked_for_again_and_written_anew(text: str) -> None:
    the_file().parent.mkdir()
    the_file().write_bytes(text.encode(errors="surrogateescape"))
    assert kept().load(["BTC"], now=NOON) is None
    assert kept().keep([BTC], ROWS, now=NOON) == ()
    assert kept().load(["BTC"], now=NOON) == tuple(ROWS["BTC"])


@pytest.mark.parametrize(
    "group", [None, {}, {"asked_at": "noon", "rows": []}, {"asked_at": "2026-01-01", "rows": [1]}]
)
def test_damaged_rows_do_not_hide_a_change(group: object) -> None:
    kept().keep([BTC], ROWS, now=NOON)
    document = json.loads(the_file().read_text())
    document["groups"]["BTC"] = group
    the_file().write_text(json.dumps(document))
    assert kept().load(["BTC"], now=NOON) is None
    assert kept().keep([an_instrument("BTC", tick_usd=1)], ROWS, now=NOON)


def test_a_file_that_could_not_be_replaced_stays_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept().keep([BTC], ROWS, now=NOON)
    before = the_file().read_text()

    def full(_file: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(ConfigError, match="account main: the contracts cannot be kept in"):
            kept().keep([BTC], ROWS, now=LATER)
    assert the_file().read_text() == before
    names = sorted(path.name for path in the_file().parent.iterdir())
    assert names == ["markets-binance-live.json", "markets-binance-live.json.lock"]


def test_a_folder_that_is_none_is_told_of_with_the_way_out() -> None:
    Path("kept").write_text("a file")
    with pytest.raises(ConfigError, match="make the folder writable, or choose another one"):
        kept().keep([BTC], ROWS, now=NOON)


def test_no_key_and_no_address_is_in_the_file() -> None:
    kept().keep([BTC], ROWS, now=NOON)
    text = the_file().read_text()
    assert KEY not in text
    assert SECRET not in text
    assert "127.0.0.1" not in text
    assert "main" not in text


def test_nothing_is_written_where_nothing_is_new() -> None:
    kept().keep([BTC], ROWS, now=NOON)
    before = the_file().stat().st_ino
    instruments: list[InversePerpetual] = [BTC]
    assert kept().keep(instruments, None, now=LATER) == ()
    assert the_file().stat().st_ino == before
