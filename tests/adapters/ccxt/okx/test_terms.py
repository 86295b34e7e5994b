"""Terms and inspection of an OKX account."""

from __future__ import annotations

import json

import pytest

from bot.adapters.ccxt.okx_exchange import open_okx
from bot.adapters.ccxt.terms import Change, Terms
from bot.adapters.clock import SystemClock
from bot.domain.account import MarginMode
from bot.errors import (
    ConfigError,
)
from tests.adapters.ccxt.okx.opened import (
    POSITION,
    enveloped,
    offering,
    opened,
    swap,
)
from tests.kit.okx_wire import SWAP, OkxWire, an_okx_wire
from tests.kit.simulator import a_venue_spec, an_account


async def test_terms_that_differ_are_said_and_not_changed_unless_asked(wire: OkxWire) -> None:
    with pytest.raises(ConfigError, match="has leverage 5, not 3"):
        async with opened(wire, terms=Terms(leverage=3)):
            pass
    assert not any(asked.method == "POST" for asked in wire.seen)


async def test_leverage_of_isolated_legs_is_set_for_each_of_them() -> None:
    spec = a_venue_spec(accounts=(an_account(hedge_mode=True, mode=MarginMode.ISOLATED),))
    terms = Terms(hedge_mode=True, margin_mode=MarginMode.ISOLATED, leverage=3)
    async with (
        an_okx_wire(spec) as wire,
        open_okx(wire.spec(terms=terms, change=Change.WHEN_FLAT), SystemClock()),
    ):
        sent = [json.loads(a.body) for a in wire.seen if a.method == "POST"]
    assert [row["posSide"] for row in sent] == ["long", "short"]
    assert {row["mgnMode"] for row in sent} == {"isolated"}


async def test_a_position_in_another_margin_mode_than_the_wanted_one_is_said(
    wire: OkxWire,
) -> None:
    wire.spoilt_path, wire.spoil = "/api/v5/account/positions", enveloped([POSITION])
    with pytest.raises(ConfigError, match="is in isolated margin, not in cross"):
        async with opened(wire, terms=Terms(margin_mode=MarginMode.CROSS)):
            pass


async def test_an_account_is_inspected(wire: OkxWire) -> None:
    async with opened(wire) as account:
        facts = await account.inspect()
    assert facts.account_id
    assert (facts.kind, facts.kind_fault) == ("futures mode", None)
    assert (facts.may_trade, facts.may_transfer, facts.may_withdraw) == (True, True, False)
    assert (facts.is_ip_bound, facts.hedge_mode) == (True, False)
    assert facts.clock_skew_s is not None
    assert abs(facts.clock_skew_s) < 2
    (terms,) = facts.terms
    assert (terms.symbol, terms.margin_mode) == (SWAP, None)
    assert terms.leverage == 5
    assert facts.contract_faults == ()


CONFIG = {"uid": "7", "acctLv": "1", "posMode": "net_mode", "perm": "read_only,withdraw", "ip": ""}


@pytest.mark.parametrize(("level", "fault"), [("1", "may not trade contracts"), ("9", "not known")])
async def test_an_account_level_that_cannot_hedge_is_a_fault(
    wire: OkxWire, level: str, fault: str
) -> None:
    async with opened(wire) as account:
        wire.spoilt_path = "/api/v5/account/config"
        wire.spoil = enveloped([{**CONFIG, "acctLv": level}])
        facts = await account.inspect()
    assert facts.kind_fault is not None
    assert fault in facts.kind_fault
    assert (facts.may_trade, facts.may_withdraw, facts.is_ip_bound) == (False, True, False)


async def test_what_an_account_does_not_tell_is_not_known(wire: OkxWire) -> None:
    async with opened(wire) as account:
        wire.spoilt_path = "/api/v5/account/config"
        told = {name: CONFIG[name] for name in ("uid", "acctLv", "posMode")}
        wire.spoil = enveloped([told])
        facts = await account.inspect()
    assert (facts.may_trade, facts.may_withdraw, facts.is_ip_bound) == (None, None, None)


async def test_a_contract_that_is_not_as_this_version_knows_it_is_a_fault(wire: OkxWire) -> None:
    async with offering(wire, swap(ctVal="1000")) as account:
        (fault,) = (await account.inspect()).contract_faults
    assert "1000 USD at the venue" in fault
