"""A Bybit account over the unmodified clients: what goes over the wire, and what comes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from bot.adapters.ccxt.bybit_client import HOSTS, weigh
from bot.adapters.ccxt.bybit_exchange import BybitAccount, open_bybit
from bot.adapters.ccxt.exchange import OPENERS
from bot.adapters.ccxt.spec import Environment, FeeRates
from bot.adapters.ccxt.terms import Change, Terms
from bot.adapters.clock import SystemClock
from bot.adapters.simulator.spec import Deposit, FaultKind, FaultSpec, ManualTrade
from bot.adapters.simulator.wire.dialect import page
from bot.domain.account import EntryKind, MarginMode, PositionSide, Wallet
from bot.domain.orders import FillCause, Side
from bot.errors import (
    AccessDenied,
    ConfigError,
    InvalidOrder,
    MalformedReport,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unavailable,
)
from tests.kit.bybit_wire import (
    HANG_UP,
    MAIN,
    OURS,
    SWAP,
    BybitWire,
    a_bybit_market,
    a_bybit_spec,
    a_bybit_wire,
    an_account_at,
    an_order,
    body,
    sold,
)
from tests.kit.simulator import a_script

API = "api.bybit.com/v5"
PRE_LAUNCH = "market/instruments-info {category=inverse, limit=1000, status=PreLaunch}"
LEVERAGE_3 = "{symbol=BTCUSD, buyLeverage=3, sellLeverage=3, category=inverse}"
NOTHING, TEN = Decimal(0), Decimal(10)
ETH = "ETH/USD:ETH"
FEES = FeeRates(Decimal("0.0002"), Decimal("0.00055"))


@pytest.fixture
async def wire() -> AsyncIterator[BybitWire]:
    async with a_bybit_wire() as served:
        yield served


async def look(account: BybitAccount, *symbols: str) -> None:
    """What the engine asks of an account and a market in every cycle, side by side."""
    await asyncio.gather(
        account.balances(),
        account.positions(),
        account.open_orders(),
        account.quotes(symbols or (SWAP,)),
    )


def test_the_venue_is_opened_by_its_name() -> None:
    assert OPENERS["bybit"] is open_bybit


async def test_opening_asks_for_what_stays_as_it_is_and_for_inverse_contracts_alone(
    wire: BybitWire,
) -> None:
    async with open_bybit(wire.spec(), SystemClock()):
        assert sorted(wire.lines()) == sorted(
            [
                f"GET {API}/market/time",
                f"GET {API}/market/instruments-info {{category=inverse, limit=1000}}",
                f"GET {API}/{PRE_LAUNCH}",
                f"GET {API}/account/info",
                f"GET {API}/account/info",
                f"GET {API}/position/list {{category=inverse, symbol=BTCUSD}}",
                f"GET {API}/market/risk-limit {{category=inverse, symbol=BTCUSD}}",
                f"GET {API}/account/fee-rate {{category=inverse, symbol=BTCUSD}}",
            ]
        )


async def test_a_rehearsal_asks_the_production_paths_with_the_production_signature(
    wire: BybitWire,
) -> None:
    async with an_account_at(wire) as account:
        await look(account)
    for asked in wire.seen:
        assert asked.path.startswith("/v5/")
        if "x-bapi-sign" in asked.headers:
            assert asked.headers["x-bapi-api-key"] == MAIN.key
            assert len(asked.headers["x-bapi-sign"]) == 64


def test_each_environment_has_a_host_of_its_own_but_a_rehearsal_has_the_live_one() -> None:
    assert HOSTS == {
        Environment.LIVE: "api.bybit.com",
        Environment.TESTNET: "api-testnet.bybit.com",
        Environment.DEMO: "api-demo.bybit.com",
        Environment.LOOPBACK: "api.bybit.com",
    }


@pytest.mark.parametrize("environment", [Environment.TESTNET, Environment.DEMO])
async def test_the_other_environments_speak_the_same_way_to_their_own_hosts(
    wire: BybitWire, environment: Environment
) -> None:
    async with an_account_at(wire, environment=environment) as account:
        urls = json.dumps(account.link.clients.reader.urls["api"])
        assert HOSTS[environment].replace("bybit.com", "{hostname}") in urls
        await look(account)
        facts = await account.inspect()
        assert (facts.may_trade is None) is (environment is Environment.DEMO)
        if environment is Environment.DEMO:
            with pytest.raises(Refused, match="no transfers"):
                await account.transfer("BTC", Decimal(1), Wallet.MARGIN, Wallet.FUNDING)


async def test_one_look_is_three_requests_however_many_markets_and_a_fourth_for_orders() -> None:
    markets = (a_bybit_market(), a_bybit_market("ETH", a_script((0.0, 3_000))))
    async with (
        a_bybit_wire(a_bybit_spec(markets=markets)) as wire,
        an_account_at(wire, assets=("BTC", "ETH")) as account,
    ):
        await look(account, SWAP, ETH)
        assert sorted(wire.lines()) == [
            f"GET {API}/account/wallet-balance {{accountType=UNIFIED}}",
            f"GET {API}/market/tickers {{category=inverse}}",
            f"GET {API}/position/list {{category=inverse, limit=200}}",
        ]
        await account.submit(an_order())
        wire.seen.clear()
        await look(account, SWAP)
        assert sorted(wire.lines()) == [
            f"GET {API}/account/wallet-balance {{accountType=UNIFIED}}",
            f"GET {API}/market/tickers {{category=inverse, symbol=BTCUSD}}",
            f"GET {API}/order/realtime {{category=inverse, limit=50}}",
            f"GET {API}/position/list {{category=inverse, limit=200}}",
        ]


async def test_with_the_funding_wallet_a_look_is_four_requests(wire: BybitWire) -> None:
    wallets = frozenset({Wallet.FUNDING, Wallet.MARGIN})
    wire.venue.happen(Deposit(0.0, "main", "BTC", Decimal(2), Wallet.FUNDING))
    async with an_account_at(wire, wallets=wallets) as account:
        await look(account)
        assert len(wire.seen) == 4
        held = {b.wallet: (b.total_coin, b.used_coin) for b in await account.balances()}
    assert held == {Wallet.MARGIN: (TEN, NOTHING), Wallet.FUNDING: (Decimal(2), NOTHING)}


async def test_what_rarely_changes_is_looked_at_once_an_hour(wire: BybitWire) -> None:
    clock = SystemClock()
    async with an_account_at(wire, clock) as account:
        for _ in range(3):
            await account.balances()
        assert len(wire.seen) == 3
        account.link.compared_at = clock.now() - timedelta(hours=2)
        await account.balances()
        assert wire.lines()[3:] == [
            f"GET {API}/market/time",
            f"GET {API}/account/info",
            f"GET {API}/account/wallet-balance {{accountType=UNIFIED}}",
        ]


async def test_spot_and_margin_are_told_once_as_margin(wire: BybitWire) -> None:
    for wallets in ({Wallet.SPOT, Wallet.MARGIN}, {Wallet.MARGIN}, {Wallet.SPOT}):
        async with an_account_at(wire, wallets=frozenset(wallets)) as account:
            (balance,) = await account.balances()
            assert (balance.wallet, balance.asset) == (Wallet.MARGIN, "BTC")
            assert (balance.total_coin, balance.used_coin) == (TEN, NOTHING)


async def test_a_short_of_3000_dollars_is_minus_3000_dollars_and_a_twentieth_of_a_coin() -> None:
    async with (
        a_bybit_wire(a_bybit_spec(a_script((0.0, 60_000)))) as wire,
        an_account_at(wire) as account,
    ):
        (instrument,) = await account.instruments()
        assert instrument.contract_usd == 1
        await sold(account, 3_000)
        (position,) = await account.positions()
        assert position.contracts == position.face_usd == -3_000
        assert position.mark_usd == 60_000
        coin = position.face_usd / position.mark_usd
        assert coin == Decimal("-0.05")
        assert position.side is PositionSide.NET
        assert position.margin_mode is MarginMode.CROSS
        assert position.isolated_coin is None
        assert position.leverage == 5


async def test_a_row_in_another_unit_is_not_read(wire: BybitWire) -> None:
    def tenfold(document: Any) -> None:
        document["result"]["list"][0]["size"] = "30000"

    async with an_account_at(wire) as account:
        await sold(account)
        wire.spoil, wire.spoilt_path = tenfold, "/v5/position/list"
        with pytest.raises(MalformedReport, match="positionValue comes to"):
            await account.positions()


async def test_another_smallest_order_keeps_the_contract_out(wire: BybitWire) -> None:
    def ten_dollars(document: Any) -> None:
        document["result"]["list"][0]["lotSizeFilter"]["minOrderQty"] = "10"

    wire.spoil, wire.spoilt_path = ten_dollars, "/v5/market/instruments-info"
    async with an_account_at(wire) as account:
        assert await account.instruments() == ()
        with pytest.raises(InvalidOrder, match="no contract that this account trades"):
            await account.submit(an_order())
        (fault,) = (await account.inspect()).contract_faults
        assert "smallest order in BTC/USD:BTC is 10" in fault


@pytest.mark.shared_data
async def test_terms_and_transfers_are_the_requests_that_were_recorded(
    shared_data: Path, wire: BybitWire
) -> None:
    recorded = shared_data / "ccxt-4.5.90-requests.json"
    if not recorded.is_file():
        pytest.skip("recorded requests are absent")
    calls = json.loads(recorded.read_text())["bybit"]
    terms = Terms(leverage=3)
    async with open_bybit(wire.spec(terms=terms, change=Change.WHEN_FLAT), SystemClock()):
        assert calls["set_leverage(3)"]["calls"][0] in wire.lines()
    async with an_account_at(wire) as account:
        await account.transfer("BTC", Decimal("0.02"), Wallet.MARGIN, Wallet.FUNDING)
        await account.transfer("BTC", Decimal("0.01"), Wallet.FUNDING, Wallet.MARGIN)
        number = json.loads(wire.seen[-1].body)["transferId"]
        (call,) = calls["transfer funding->unified"]["calls"]
        was = call.partition("transferId=")[2].partition(",")[0]
        assert wire.lines()[-1] == call.replace(was, number)


async def test_an_unreadable_contract_of_another_coin_does_not_matter() -> None:
    def without_settlement(document: Any) -> None:
        document["result"]["list"][1]["settleCoin"] = None

    markets = (a_bybit_market(), a_bybit_market("ETH", a_script((0.0, 3_000))))
    async with a_bybit_wire(a_bybit_spec(markets=markets)) as wire:
        wire.spoil, wire.spoilt_path = without_settlement, "/v5/market/instruments-info"
        async with an_account_at(wire) as account:
            assert [known.symbol for known in await account.instruments()] == [SWAP]
        wire.spoil = without_settlement
        with pytest.raises(MalformedReport, match="settleCoin"):
            async with an_account_at(wire, assets=("ETH",)):
                pass


async def test_position_mode_is_changed_by_contract_and_read_back(wire: BybitWire) -> None:
    changed = wire.spec(terms=Terms(hedge_mode=True), change=Change.WHEN_FLAT)
    async with open_bybit(changed, SystemClock()) as account:
        sent = [line for line in wire.lines() if line.startswith("POST")]
        assert sent == [
            f"POST {API}/position/switch-mode {{mode=3, symbol=BTCUSD, category=inverse}}"
        ]
        assert (await account.inspect()).hedge_mode is True


async def test_after_too_many_visits_the_next_request_waits_for_the_time_bybit_named(
    wire: BybitWire,
) -> None:
    async with an_account_at(wire) as account:
        wire.venue.faults.add(FaultSpec(FaultKind.RATE_LIMITED, "positions", nth=1, delay_s=20))
        with pytest.raises(RateLimited) as limited:
            await account.positions()
        assert 18 < limited.value.retry_after_s <= 20
        asked = len(wire.seen)
        with pytest.raises(RateLimited):
            await account.balances()
        assert len(wire.seen) == asked


async def test_after_a_403_nothing_leaves_for_ten_minutes(wire: BybitWire) -> None:
    async with an_account_at(wire) as account:
        wire.spoil, wire.spoilt_path = page(403, "access too frequent"), "/v5/position/list"
        with pytest.raises(RateLimited) as limited:
            await account.positions()
        assert 590 < limited.value.retry_after_s <= 600


async def test_a_refused_key_halts(wire: BybitWire) -> None:
    key = replace(MAIN, secret="another")
    wire.key = key
    with pytest.raises(AccessDenied, match="10004"):
        async with an_account_at(wire):
            pass


async def test_a_time_stamp_that_is_not_taken_has_the_clock_compared_again(
    wire: BybitWire,
) -> None:
    async with an_account_at(wire) as account:
        clients = account.link.clients
        for client in (clients.reader, clients.orders):
            client.options["timeDifference"] = 60_000
        with pytest.raises(Unavailable, match="10002"):
            await account.balances()
        await account.balances()
        await account.submit(an_order())


async def test_fills_carry_our_id_their_fee_and_their_profit(wire: BybitWire) -> None:
    clock = SystemClock()
    async with an_account_at(wire, clock) as account:
        began_at = clock.now()
        await sold(account)
        await account.submit(an_order(Side.BUY, None, reduce_only=True))
        wire.venue.happen(ManualTrade(0.0, "main", SWAP, Side.BUY, Decimal(70)))
        wire.seen.clear()
        fills = await account.fills(SWAP, began_at)
        assert len(wire.seen) == 2
        assert [fill.client_order_id for fill in fills] == ["hhsold", OURS, None]
        assert [fill.face_usd for fill in fills] == [3_000, 30, 70]
        assert all(fill.cause is FillCause.ORDER for fill in fills)
        assert fills[0].realised_coin == 0
        assert fills[1].realised_coin is not None
        assert fills[1].realised_coin != 0
        assert all(fill.fee_coin is not None and fill.fee_coin > 0 for fill in fills)
        assert await account.fills("NONE/USD:NONE", began_at) == ()


async def test_the_ledger_tells_profit_fee_funding_and_transfers_apart(wire: BybitWire) -> None:
    clock = SystemClock()
    async with an_account_at(wire, clock) as account:
        began_at = clock.now()
        before = (await account.balances())[0].total_coin
        await sold(account)
        await account.submit(an_order(Side.BUY, None, reduce_only=True))
        simulation = wire.venue.simulation
        simulation.holders["main"].ledger.settle_funding(
            "BTC", Decimal(50_000), Decimal("0.0001"), simulation.now
        )
        wire.venue.happen(Deposit(0.0, "main", "BTC", Decimal(1)))
        lines = await account.ledger(began_at)
        after = (await account.balances())[0].total_coin
    assert sum(line.amount_coin for line in lines) == after - before
    kinds = [line.kind for line in lines]
    assert kinds.count(EntryKind.FEE) == 2
    assert kinds.count(EntryKind.REALISED) == 1
    (funding,) = (line for line in lines if line.kind is EntryKind.FUNDING)
    assert (funding.symbol, funding.funding_rate) == (SWAP, Decimal("0.0001"))
    assert funding.amount_coin > 0
    (moved,) = (line for line in lines if line.kind is EntryKind.TRANSFER)
    assert (moved.amount_coin, moved.wallet) == (Decimal(1), Wallet.MARGIN)
    assert len({line.entry_id for line in lines}) == len(lines)


async def test_a_long_past_is_asked_for_by_the_week_and_by_the_page(wire: BybitWire) -> None:
    clock = SystemClock()
    async with an_account_at(wire, clock) as account:
        link = account.link
        for number in range(60):
            wire.venue.happen(Deposit(0.0, "main", "BTC", Decimal(number + 1)))
        wire.seen.clear()
        lines = await account.ledger(clock.now() - timedelta(days=15))
        assert [line.amount_coin for line in lines if line.amount_coin != 5] == [
            number + 1 for number in range(60) if number != 4
        ]
        asked = [line for line in wire.lines() if "transaction-log" in line]
        assert len(asked) == 4  # three weeks, the last of which has two pages
        assert sum("cursor=" in line for line in asked) == 1
        assert link.resting == set()


async def test_coins_move_once_and_only_between_two_wallets(wire: BybitWire) -> None:
    wallets = frozenset({Wallet.FUNDING, Wallet.MARGIN})
    async with an_account_at(wire, wallets=wallets) as account:
        number = await account.transfer("BTC", Decimal("0.5"), Wallet.MARGIN, Wallet.FUNDING)
        assert number
        held = {b.wallet: b.total_coin for b in await account.balances()}
        assert held == {Wallet.MARGIN: Decimal("9.5"), Wallet.FUNDING: Decimal("0.5")}
        with pytest.raises(Refused, match="131212"):
            await account.transfer("BTC", Decimal(1), Wallet.FUNDING, Wallet.SPOT)
        with pytest.raises(Refused, match="same wallet"):
            await account.transfer("BTC", Decimal(1), Wallet.SPOT, Wallet.MARGIN)
        with pytest.raises(Refused, match="earn"):
            await account.transfer("BTC", Decimal(1), Wallet.EARN, Wallet.MARGIN)
        with pytest.raises(Refused, match="nothing"):
            await account.transfer("BTC", Decimal(0), Wallet.FUNDING, Wallet.MARGIN)


@pytest.mark.parametrize(
    "spoil", [body(""), body("{}"), page(502, "oops"), HANG_UP, body('{"retCode":0,"result":{}}')]
)
async def test_a_transfer_whose_answer_is_damaged_is_unknown_and_was_sent_once(
    wire: BybitWire, spoil: Any
) -> None:
    wire.spoil, wire.spoilt_path = spoil, "/v5/asset/transfer/inter-transfer"
    wallets = frozenset({Wallet.FUNDING, Wallet.MARGIN})
    async with an_account_at(wire, wallets=wallets) as account:
        with pytest.raises(OutcomeUnknown):
            await account.transfer("BTC", Decimal(1), Wallet.MARGIN, Wallet.FUNDING)
        assert [asked.path for asked in wire.seen].count(wire.spoilt_path) == 1
        held = {b.wallet: b.total_coin for b in await account.balances()}
        assert held == {Wallet.MARGIN: 9, Wallet.FUNDING: 1}


async def test_an_account_tells_what_a_careful_person_asks(wire: BybitWire) -> None:
    async with an_account_at(wire) as account:
        await sold(account)
        facts = await account.inspect()
    assert facts.account_id is not None
    assert facts.account_id.isdigit()
    assert facts.kind == "unified trading account 2.0 Pro"
    assert facts.kind_fault is None
    assert (facts.may_trade, facts.may_transfer, facts.may_withdraw) == (True, True, False)
    assert facts.is_ip_bound is True
    assert facts.hedge_mode is False
    assert facts.clock_skew_s is not None
    assert abs(facts.clock_skew_s) < 1
    (terms,) = facts.terms
    assert (terms.symbol, terms.margin_mode) == (SWAP, MarginMode.CROSS)
    assert (terms.leverage, terms.is_open) == (Decimal(5), True)
    assert facts.contract_faults == ()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (replace(MAIN, may_withdraw=True, is_ip_bound=False), (True, True, True, False)),
        (replace(MAIN, may_trade=False), (False, True, False, True)),
        (replace(MAIN, may_trade=False, may_transfer=False), (False, False, False, True)),
    ],
)
async def test_what_a_key_may_do_is_told(key: Any, told: tuple[bool, ...]) -> None:
    async with a_bybit_wire(key=key) as wire, an_account_at(wire) as account:
        facts = await account.inspect()
    assert told == (facts.may_trade, facts.may_transfer, facts.may_withdraw, facts.is_ip_bound)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("unifiedMarginStatus", 1, "classic account"),
        ("unifiedMarginStatus", 4, "unified trading account 1.0 Pro"),
        ("unifiedMarginStatus", 9, "not known"),
        ("marginMode", "PORTFOLIO_MARGIN", "portfolio margin"),
    ],
)
async def test_an_account_that_is_no_unified_one_of_today_is_not_opened(
    wire: BybitWire, field: str, value: object, why: str
) -> None:
    def other(document: Any) -> None:
        document["result"][field] = value

    wire.spoil, wire.spoilt_path = other, "/v5/account/info"
    with pytest.raises(ConfigError, match=f"account main: .*{why}"):
        async with an_account_at(wire):
            pass


async def test_a_wallet_that_cannot_be_read_is_refused_before_anything_is_asked(
    wire: BybitWire,
) -> None:
    with pytest.raises(ConfigError, match="account main: the earn wallet"):
        async with an_account_at(wire, wallets=frozenset({Wallet.EARN})):
            pass
    assert wire.seen == []


async def test_an_account_of_funding_coins_alone_is_asked_for_nothing_else(
    wire: BybitWire,
) -> None:
    async with an_account_at(wire, wallets=frozenset({Wallet.FUNDING})) as account:
        (balance,) = await account.balances()
        assert (balance.wallet, balance.total_coin) == (Wallet.FUNDING, NOTHING)
        assert await account.positions() == ()
        assert await account.open_orders() == ()
        assert await account.ledger(SystemClock().now()) == ()
        assert await account.fills(SWAP, SystemClock().now()) == ()
        assert await account.instruments() == ()
        assert len(wire.seen) == 1


async def test_terms_are_read_changed_once_and_read_back(wire: BybitWire) -> None:
    terms = Terms(margin_mode=MarginMode.ISOLATED, leverage=3)
    changed = wire.spec(terms=terms, change=Change.WHEN_FLAT)
    async with open_bybit(changed, SystemClock()) as account:
        sent = [line for line in wire.lines() if line.startswith("POST")]
        assert sent == [
            f"POST {API}/account/set-margin-mode {{setMarginMode=ISOLATED_MARGIN}}",
            f"POST {API}/position/set-leverage {LEVERAGE_3}",
        ]
        await sold(account)
        (position,) = await account.positions()
        assert position.margin_mode is MarginMode.ISOLATED
        assert position.leverage == 3
        assert position.isolated_coin is not None
        assert abs(position.isolated_coin - Decimal("0.02")) < Decimal("0.0001")
    wire.seen.clear()
    async with open_bybit(wire.spec(terms=terms), SystemClock()):
        assert not [line for line in wire.lines() if line.startswith("POST")]


async def test_terms_are_not_changed_unasked_nor_with_a_position_open(wire: BybitWire) -> None:
    terms = Terms(leverage=3)
    with pytest.raises(ConfigError, match="leverage 5, not 3"):
        async with open_bybit(wire.spec(terms=terms), SystemClock()):
            pass
    async with an_account_at(wire) as account:
        await sold(account)
    with pytest.raises(ConfigError, match="a position is open in BTC/USD:BTC"):
        async with open_bybit(wire.spec(terms=terms, change=Change.WHEN_FLAT), SystemClock()):
            pass


async def test_the_fees_of_the_settings_spare_a_question(wire: BybitWire) -> None:
    async with open_bybit(wire.spec(fee_rates=FEES), SystemClock()) as account:
        (instrument,) = await account.instruments()
        assert instrument.taker_fee_rate == Decimal("0.00055")
        assert not any("fee-rate" in line for line in wire.lines())


def test_a_request_weighs_its_share_of_what_an_account_may_ask_in_a_second() -> None:
    def weight(path: str) -> int:
        return weigh("GET", URL(f"https://api.bybit.com{path}"))

    assert weight("/v5/market/tickers") == 1
    assert weight("/v5/position/list") == 3
    assert weight("/v5/order/create") == 12
    assert weight("/v5/asset/transfer/inter-transfer") == 120
    assert weight("/v5/something/new") == 24
