"""`venues` tells the truth about each venue, quickly and without asking any."""

import re
from pathlib import Path

import pytest

from bot.adapters.ccxt.venues import VENUES
from bot.cli.showing_venues import NOT_PROVEN
from tests.cli.conftest import Command, process


def test_every_venue_has_its_line_and_every_limit_its_reason(hedgehold: Command) -> None:
    said = hedgehold("venues")
    assert (said.code, said.err) == (0, "")
    for facts in VENUES.values():
        assert re.search(rf"^\s*{facts.id}\s.*{facts.support.value}", said.out, re.MULTILINE)
        assert not facts.reason or f"{facts.id}: {facts.reason}." in said.out
    for row in (
        r"binance +hedging +BTC 100 USD, others 10 USD +contracts +demo-api.*wire, requests",
        r"bybit +hedging +1 USD +dollars +api-testnet\.bybit\.com +wire, requests, answers",
        r"okx +hedging .* live host, header x-simulated-trading +wire",
        r"krakenfutures .* requests, answers +reasoning only",
        r"mexc +hedging, simulator first .* none +requests, answers +source of the ccxt client",
        r"bitget +hedging, simulator first, no orders yet +unproven +coins",
        r"gate +hedging, simulator first +BTC 1 USD +contracts",
    ):
        assert re.search(row, said.out), row


def test_the_same_as_json_with_how_each_fact_is_known(hedgehold: Command) -> None:
    document = hedgehold("venues", "--json").document
    by_id = {venue["venue"]: venue for venue in document["venues"]}
    assert set(by_id) == set(VENUES)
    binance = by_id["binance"]["hedging"]
    assert binance["contract_size"] == {"BTC": "100"}
    assert binance["transfers"]["margin"] == "inverse"
    assert binance["known_from"]["contracts"] == "source of the ccxt client"
    assert by_id["bybit"]["hedging"]["one_wallet"] == ["margin", "spot"]
    assert by_id["weex"] == {
        "venue": "weex",
        "title": "WEEX",
        "support": "holdings",
        "used_for": "holdings only",
        "reason": "no coin-margined contract is known",
        "proven_at_the_venue": [],
        "proven_here_by": [],
        "hedging": None,
    }
    assert by_id["bitmex"]["support"] == "refused"


def test_it_says_what_has_not_been_proven(hedgehold: Command) -> None:
    assert NOT_PROVEN in hedgehold("venues").out
    assert hedgehold("venues", "--json").document["not_proven"] == NOT_PROVEN


@pytest.mark.parametrize(
    ("venue", "said"),
    [
        (
            "bitmex",
            "BitMEX cannot be used: the ccxt that this version is built on",
        ),
        ("bibance", "no venue is called 'bibance'; did you mean 'binance'?"),
        ("weex", "weex can hold coins of a bag but no hedge: no coin-margined contract is known"),
        (
            "upbit",
            "upbit can hold coins of a bag but no hedge: nothing is known of",
        ),
        ("bitget", "Bitget gets no orders yet: sizes are in coins"),
        ("htx", "HTX has no testnet for coin-margined contracts that can be reached; rehearse on"),
    ],
)
def test_a_venue_that_cannot_carry_a_hedge_is_refused_with_the_reason(
    hedgehold: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, venue: str, said: str
) -> None:
    monkeypatch.setenv("HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_KEY", "some-key")
    monkeypatch.setenv("HEDGEHOLD_ACCOUNTS__MAIN__TESTNET_API_SECRET", "some-secret")
    settings = tmp_path / "hedge.toml"
    settings.write_text(
        f"""
        mode = "testnet"
        [accounts.main]
        venue = "{venue}"
        [[bags]]
        name = "a"
        asset = "BTC"
        hedge = {{ account = "main" }}
        target = {{ kind = "full" }}
        """
    )
    refused = hedgehold("config", "check", "--config", settings)
    assert refused.code == 2
    assert said in refused.err


def test_it_loads_no_client_and_no_settings() -> None:
    code = (
        "import sys; from bot.cli.main import main; main(['venues', '--json']);"
        "sys.exit(any(m in sys.modules for m in ('ccxt', 'aiohttp', 'bot.settings', 'sqlalchemy')))"
    )
    assert process(code=code).code == 0
