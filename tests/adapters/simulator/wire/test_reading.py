"""What ccxt's own clients read from the simulated Binance."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.adapters.simulator.contracts import BTC_PERPETUAL
from bot.domain.account import MarginMode, Wallet
from tests.kit.simulator import a_market, a_script, a_venue_spec, an_account
from tests.kit.wire import PERP, SWAP, Wire, a_wire


async def test_the_contract_is_an_inverse_perpetual_with_its_steps(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()
    market = client.market(SWAP)
    assert (market["id"], market["settle"], market["inverse"]) == (PERP, "BTC", True)
    assert (market["swap"], market["active"], market["expiry"]) == (True, True, None)
    assert market["contractSize"] == "100"
    assert market["precision"]["price"] == "0.1"
    assert market["precision"]["amount"] == "1"
    assert market["limits"]["amount"]["min"] == "1"
    await client.close()


async def test_a_short_is_read_with_its_sign_its_face_and_its_margin(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()
    assert await client.fetch_positions([SWAP]) == []
    await client.create_order(SWAP, "market", "sell", "30")
    [position] = await client.fetch_positions([SWAP])
    assert (position["side"], position["contracts"]) == ("short", "30")
    assert position["notional"] == "0.06"
    assert position["info"]["positionAmt"] == "-30"
    assert position["entryPrice"] == "49999.9"
    assert position["maintenanceMarginPercentage"] == "0.004"

    row = (await wire.sign("GET", "/dapi/v1/account")).document["assets"][0]
    held = (await client.fetch_balance())["BTC"]
    assert held["total"] == row["marginBalance"]
    wallet, profit = Decimal(row["walletBalance"]), Decimal(row["unrealizedProfit"])
    assert profit < 0
    assert Decimal(row["marginBalance"]) == wallet + profit
    assert wallet == wire.venue.simulation.holders["main"].ledger.margins["BTC"].wallet_coin
    await client.close()


async def test_prices_come_with_time_and_funding(wire: Wire) -> None:
    client = wire.client()
    await client.load_markets()
    funding = await client.fetch_funding_rate(SWAP)
    assert (funding["markPrice"], funding["fundingRate"]) == ("50000", "0")
    assert funding["fundingTimestamp"] > funding["timestamp"]
    book = await client.fetch_order_book(SWAP, 3)
    assert book["bids"][0][0] < book["asks"][0][0]
    assert len(book["bids"]) == 3
    best = (await client.fetch_bids_asks([SWAP]))[SWAP]
    assert Decimal(best["bid"]) == Decimal(str(book["bids"][0][0]))
    assert (await client.fetch_ticker(SWAP))["last"] == "50000"
    assert abs(await client.fetch_time() - client.milliseconds()) < 2_000
    await client.close()


async def test_a_mark_above_the_index_is_told_apart_from_it() -> None:
    async with a_wire(a_venue_spec(path=a_script(basis="0.01", funding="0.0003"))) as wire:
        [row] = (await wire.ask("GET", "/dapi/v1/premiumIndex", symbol=PERP)).document
        assert Decimal(row["markPrice"]) > Decimal(row["indexPrice"]) == 50_000
        assert row["lastFundingRate"] == "0.0003"


async def test_spot_funding_and_earn_are_wallets_of_their_own() -> None:
    holdings = (
        (Wallet.SPOT, "BTC", Decimal("2.5")),
        (Wallet.SPOT, "USDT", Decimal(100)),
        (Wallet.FUNDING, "BTC", Decimal("0.25")),
        (Wallet.EARN, "BTC", Decimal("0.125")),
    )
    account = replace(an_account(), holdings=holdings)
    async with a_wire(a_venue_spec(accounts=(account,))) as wire:
        client = wire.client("binance", options={"fetchMarkets": {"types": ["spot"]}})
        spot = await client.fetch_balance()
        assert (spot["BTC"]["total"], spot["USDT"]["total"]) == ("2.5", "100")
        assert (await client.fetch_balance({"type": "funding"}))["BTC"]["total"] == "0.25"
        assert (await client.fetch_status())["status"] == "ok"
        assert (await client.fetch_currencies())["BTC"]["active"]
        earn = await client.sapiGetSimpleEarnFlexiblePosition({"asset": "BTC"})
        assert [row["totalAmount"] for row in earn["rows"]] == ["0.125"]
        await client.close()


async def test_a_margin_wallet_that_was_never_used_has_never_changed() -> None:
    account = replace(
        an_account(), holdings=((Wallet.SPOT, "BTC", Decimal(1)),), leverage=Decimal(3)
    )
    async with a_wire(a_venue_spec(accounts=(account,))) as wire:
        row = (await wire.sign("GET", "/dapi/v1/account")).document
        assert (row["assets"][0]["updateTime"], row["positions"][0]["leverage"]) == (0, "3")
        [balance] = (await wire.sign("GET", "/dapi/v1/balance")).document
        assert balance["updateTime"] == 0


async def test_every_contract_has_its_row_and_its_own_terms() -> None:
    markets = (a_market("BTC"), a_market("ETH", a_script((0.0, 4_000))))
    async with a_wire(a_venue_spec(markets=markets)) as wire:
        rows = (await wire.sign("GET", "/dapi/v1/positionRisk")).document
        assert [row["symbol"] for row in rows] == [PERP, "ETHUSD_PERP"]
        assert {row["positionSide"] for row in rows} == {"BOTH"}
        rows = (await wire.sign("GET", "/dapi/v1/positionRisk", pair="ETHUSD")).document
        assert [row["symbol"] for row in rows] == ["ETHUSD_PERP"]
        client = wire.client()
        await client.load_markets()
        tiers = await client.fetch_leverage_tiers()
        assert tiers["ETH/USD:ETH"][0]["maintenanceMarginRate"] == "0.005"
        assert tiers[SWAP][0]["maxLeverage"] == "125"
        assert (await client.fetch_trading_fee(SWAP))["taker"] == "0.0005"
        await client.close()


async def test_another_contract_size_is_told_as_it_is() -> None:
    odd = replace(BTC_PERPETUAL, contract_usd=Decimal("12.5"))
    async with a_wire(a_venue_spec(markets=(a_market(instrument=odd),))) as wire:
        [contract] = (await wire.ask("GET", "/dapi/v1/exchangeInfo")).document["symbols"]
        assert contract["contractSize"] == 12.5


async def test_an_isolated_short_shows_its_own_margin_and_where_it_ends() -> None:
    account = an_account(mode=MarginMode.ISOLATED, leverage=2)
    async with a_wire(a_venue_spec(accounts=(account,))) as wire:
        await wire.sign(
            "POST", "/dapi/v1/order", symbol=PERP, side="SELL", type="MARKET", quantity=100
        )
        [row] = (await wire.sign("GET", "/dapi/v1/positionRisk")).document
        assert row["marginType"] == "isolated"
        held = wire.venue.simulation.holders["main"].ledger.margins["BTC"].legs
        [leg] = held.values()
        assert Decimal(row["isolatedWallet"]) == leg.isolated_coin > 0
        whole = (await wire.sign("GET", "/dapi/v1/account")).document
        [wallet], [position] = whole["assets"], whole["positions"]
        bound = Decimal(wallet["walletBalance"]) - Decimal(wallet["crossWalletBalance"])
        assert bound == leg.isolated_coin
        assert position["maintMargin"] == wallet["maintMargin"] != "0"
        assert Decimal(position["maintMargin"]) == Decimal("0.0008")  # 0.4 % of 0.2 coins
        assert 50_000 < Decimal(row["liquidationPrice"]) < 110_000


async def test_addresses_that_the_venue_does_not_have_are_named(wire: Wire) -> None:
    said = await wire.ask("GET", "/dapi/v1/nothing")
    assert (said.status, said.code) == (404, -5000)
    assert (await wire.ask("GET", "/")).status == 404
    assert (await wire.ask("GET", "/dapi/v1/premiumIndex", symbol="NOPE")).code == -1121
