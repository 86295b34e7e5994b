"""`venues` tells the truth about each venue, quickly and without asking any."""

import re
from pathlib import Path

from bot.adapters.ccxt.venues import VENUES
from bot.cli.showing_venues import ONLY_SIMULATED
from tests.cli.conftest import Command, process


def test_every_venue_has_its_line_and_every_limit_its_reason(hedgehold: Command) -> None:
    said = hedgehold("venues")
    assert (said.code, said.err) == (0, "")
    for facts in VENUES.values():
        assert re.search(rf"^\s*{facts.id}\s.*{facts.support.value}", said.out, re.MULTILINE)
        assert not facts.reason or f"{facts.id}: {facts.reason}." in said.out
    for row in (
        r"binance +hedging +BTC 100 USD, others 10 USD +contracts +demo-api.*nothing",
        r"bybit +hedging +1 USD +dollars +api-testnet\.bybit\.com +nothing",
        r"okx +hedging .* live host, header x-simulated-trading +nothing",
        r"krakenfutures .* nothing +reasoning only",
        r"mexc +hedging, simulator first .* none +nothing +source of the ccxt client",
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
        "hedging": None,
    }
    assert by_id["bitmex"]["support"] == "refused"


def test_it_says_that_nothing_real_is_traded_for_as_long_as_that_is_so(
    hedgehold: Command, tmp_path: Path
) -> None:
    settings = tmp_path / "hedge.toml"
    settings.write_text('[accounts.main]\nvenue = "binance"\n')
    refused = hedgehold("config", "check", "--config", settings)
    assert "this version knows one venue" in refused.err  # or the sentence below is no longer true
    assert ONLY_SIMULATED in hedgehold("venues").out
    assert hedgehold("venues", "--json").document["daemon"] == ONLY_SIMULATED


def test_it_loads_no_client_and_no_settings() -> None:
    code = (
        "import sys; from bot.cli.main import main; main(['venues', '--json']);"
        "sys.exit(any(m in sys.modules for m in ('ccxt', 'aiohttp', 'bot.settings', 'sqlalchemy')))"
    )
    assert process(code=code).code == 0
