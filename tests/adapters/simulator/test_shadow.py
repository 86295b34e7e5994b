"""A shadow reads a real account and trades on paper; the real one never hears of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from bot.adapters.simulator.contracts import BTC_PERPETUAL
from bot.adapters.simulator.shadow import ShadowAccount
from bot.domain.account import Balance, MarginMode, Wallet
from bot.domain.orders import OrderStatus, Side
from bot.errors import ConfigError, DuplicateClientId, OrderNotFound, Refused
from tests.kit.simulator import Stage, a_script, a_venue_spec, an_approved

BTC = BTC_PERPETUAL.symbol


def a_shadow(stage: Stage, file: Path) -> ShadowAccount:
    return ShadowAccount(
        "main",
        stage.account,
        [BTC_PERPETUAL],
        stage.clock,
        file,
        leverage=Decimal(2),
        margin_mode=MarginMode.CROSS,
    )


async def margin(shadow: ShadowAccount) -> Balance:
    (found,) = [b for b in await shadow.balances() if b.wallet is Wallet.MARGIN]
    return found


async def face_usd(shadow: ShadowAccount) -> Decimal:
    return sum((p.face_usd for p in await shadow.positions()), Decimal(0))


async def test_an_order_is_filled_on_paper_and_the_real_account_stays_flat(tmp_path: Path) -> None:
    stage = Stage()
    shadow = a_shadow(stage, tmp_path / "shadow.json")
    before = await margin(shadow)
    report = await shadow.submit(an_approved(contracts=10))
    assert report.status is OrderStatus.FILLED
    assert await face_usd(shadow) == -10 * BTC_PERPETUAL.contract_usd
    assert await stage.account.positions() == ()
    assert await stage.account.open_orders() == ()
    (fill,) = await shadow.fills(BTC, stage.clock.now())
    assert fill.fee_coin is not None
    assert (await margin(shadow)).total_coin == before.total_coin - fill.fee_coin
    entries = await shadow.ledger(stage.clock.now())
    assert sum(e.amount_coin for e in entries) == -fill.fee_coin


async def test_paper_lies_on_top_of_the_real_position_and_follows_it(tmp_path: Path) -> None:
    stage = Stage()
    await stage.account.submit(an_approved(contracts=20))
    shadow = a_shadow(stage, tmp_path / "shadow.json")
    await shadow.submit(an_approved(contracts=5, order_id="hhpaper"))
    assert await face_usd(shadow) == -2_500
    (shown,) = await shadow.positions()
    assert shown.contracts == -25
    await stage.account.submit(an_approved(contracts=10, order_id="hhreal"))
    assert await face_usd(shadow) == -3_500


async def test_a_restart_finds_the_shadow_as_it_was_left(tmp_path: Path) -> None:
    stage, file = Stage(), tmp_path / "shadow.json"
    first = a_shadow(stage, file)
    await first.submit(an_approved(contracts=5, order_id="hhone"))
    again = a_shadow(stage, file)
    assert await again.positions() == await first.positions()
    assert await again.balances() == await first.balances()
    found = await again.find(an_approved(order_id="hhone").intent.client_order_id, BTC)
    assert found is not None
    with pytest.raises(DuplicateClientId):
        await again.submit(an_approved(contracts=5, order_id="hhone"))


async def test_buying_back_realises_profit_into_the_paper_wallet(tmp_path: Path) -> None:
    stage = Stage()
    shadow = a_shadow(stage, tmp_path / "shadow.json")
    await shadow.submit(an_approved(contracts=10, order_id="hhsell"))
    bought = an_approved(Side.BUY, contracts=10, order_id="hhbuy", reduce_only=True)
    assert (await shadow.submit(bought)).status is OrderStatus.FILLED
    assert await shadow.positions() == ()
    assert (await margin(shadow)).used_coin == 0  # else nobody could tell it from an unread one
    with pytest.raises(Refused, match="nothing to reduce"):
        await shadow.submit(an_approved(Side.BUY, contracts=1, order_id="hhmore", reduce_only=True))


async def test_what_was_never_sent_on_paper_is_not_found(tmp_path: Path) -> None:
    shadow = a_shadow(Stage(), tmp_path / "shadow.json")
    order_id = an_approved(order_id="hhnobody").intent.client_order_id
    assert await shadow.find(order_id, BTC) is None
    with pytest.raises(OrderNotFound):
        await shadow.cancel(order_id, BTC)


def test_a_damaged_file_is_no_empty_shadow(tmp_path: Path) -> None:
    file = tmp_path / "shadow.json"
    file.write_text('{"format": ')
    with pytest.raises(ConfigError, match="move it away"):
        a_shadow(Stage(), file)


async def test_what_is_left_of_the_cost_where_real_and_paper_cancel_out_is_in_the_wallet(
    tmp_path: Path,
) -> None:
    stage = Stage(a_venue_spec(path=a_script((0.0, 50_000), (600.0, 40_000))))
    await stage.account.submit(an_approved(contracts=20))
    shadow = a_shadow(stage, tmp_path / "shadow.json")
    await shadow.submit(an_approved(Side.BUY, contracts=10, reduce_only=True))
    stage.advance(1_200)
    await stage.account.submit(an_approved(contracts=20))
    profit = sum(p.unrealised_coin for p in await shadow.positions())
    equity_coin = (await margin(shadow)).total_coin + profit
    assert (await margin(shadow)).used_coin is None
    await stage.account.submit(an_approved(Side.BUY, contracts=30, reduce_only=True))
    assert await shadow.positions() == ()
    left = await margin(shadow)
    assert left.used_coin == 0
    assert abs(left.total_coin - equity_coin) < Decimal("0.0002")  # fee and spread
