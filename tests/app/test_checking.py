"""A check over the wire: unmodified clients, the simulated Binance, each defect in its turn."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from decimal import Decimal

import pytest

from bot.adapters.ccxt.exchange import open_account
from bot.adapters.ccxt.spec import AccountSpec, Environment, Secret
from bot.adapters.ccxt.terms import Change
from bot.adapters.clock import SystemClock
from bot.adapters.simulator.contracts import BTC_PERPETUAL
from bot.adapters.simulator.spec import FaultKind, FaultSpec, ManualTrade, VenueSpec
from bot.adapters.simulator.wire import ApiKey
from bot.app.check_look import CheckedAccount, Intentions
from bot.app.checking import Opener, check_accounts, is_rehearsal, opened, redacted
from bot.domain.check import Finding, Level, failure, passed
from bot.domain.check_account import WITHDRAWALS_ACCEPTED
from bot.domain.orders import Side
from bot.errors import ForbiddenHost
from bot.ports import Clock
from tests.kit.domain import BTC_USD, a_plan, some_limits
from tests.kit.simulator import Stage, a_market, a_venue_spec, an_account
from tests.kit.wire import MAIN, Wire, a_wire


def an_opener(wire: Wire, clock: Clock | None = None, name: str = "main") -> Opener:
    """How the account of a served venue is opened to be looked at."""
    spec = AccountSpec(
        name=name,
        venue="binance",
        api_key=Secret(wire.key.key),
        api_secret=Secret(wire.key.secret),
        environment=Environment.LOOPBACK,
        assets=("BTC",),
        base_url=wire.base,
        change=Change.OVERLOOK,
        timeout_s=2.0,
    )
    return lambda: open_account(spec, clock or SystemClock())


async def intentions_for(account: CheckedAccount, *confirmed: str) -> Intentions:
    """A full hedge of the account's bitcoins at five times, as its venue describes the contract."""
    (instrument,) = await account.instruments()
    plan = a_plan(
        instrument=instrument, leverage=5, limits=some_limits(min_liquidation_distance="0.25")
    )
    return Intentions([plan], confirmed={"main": confirmed})


async def findings_of(wire: Wire, *confirmed: str, clock: Clock | None = None) -> list[Finding]:
    """Everything that a check finds at a served venue."""
    clock = clock or SystemClock()
    async with opened({"main": an_opener(wire, clock)}) as found:
        account = found.accounts["main"]
        intentions = await intentions_for(account, *confirmed)
        return [*found.findings, *await check_accounts(found.accounts, intentions, clock)]


def bad(findings: Sequence[Finding]) -> dict[str, Level]:
    """What is not ok, by its subject."""
    return {f.subject: f.level for f in findings if f.level is not Level.OK}


def about(findings: Sequence[Finding], subject: str) -> Finding:
    (finding,) = [finding for finding in findings if finding.subject == subject]
    return finding


async def test_a_sound_account_passes_in_every_respect_and_nothing_is_sent() -> None:
    async with a_wire() as wire:
        findings = await findings_of(wire)
        assert not [asked for asked in wire.seen if asked.method != "GET"]
    assert bad(findings) == {}
    assert "spot 5 BTC, margin 5 BTC (by api/v3/account, dapi/v1/balance)" in (
        about(findings, "main: balances").text
    )
    assert about(findings, "main: positions").text == "none is open (by dapi/v1/positionRisk)"
    assert about(findings, "main: open orders").text == "none rests (by dapi/v1/openOrders)"
    assert {"savings: bag", "savings: margin", "savings: liquidation"} <= {
        finding.subject for finding in findings
    }


async def test_a_key_that_may_withdraw_fails_unless_that_is_confirmed() -> None:
    async with a_wire(key=replace(MAIN, may_withdraw=True)) as wire:
        refused = await findings_of(wire)
        accepted = await findings_of(wire, WITHDRAWALS_ACCEPTED)
    assert bad(refused) == {"main: withdrawals": Level.FAILURE}
    assert bad(accepted) == {"main: withdrawals": Level.WARNING}


async def test_a_key_that_may_not_trade_or_works_from_everywhere_is_named() -> None:
    async with a_wire(key=replace(MAIN, may_trade=False, is_ip_bound=False)) as wire:
        findings = await findings_of(wire)
    assert bad(findings) == {"main: trading": Level.FAILURE, "main: addresses": Level.WARNING}


async def test_hedge_mode_fails_where_one_way_is_wanted() -> None:
    async with a_wire(a_venue_spec(accounts=(an_account(hedge_mode=True),))) as wire:
        findings = await findings_of(wire)
    assert bad(findings) == {"main: position mode": Level.FAILURE}
    assert "settings" in about(findings, "main: position mode").advice


async def test_leverage_that_the_bot_will_change_while_flat_is_said() -> None:
    async with a_wire(a_venue_spec(accounts=(an_account(leverage=20),))) as wire:
        findings = await findings_of(wire)
    assert bad(findings) == {f"main: leverage of {BTC_USD}": Level.WARNING}


class Ahead(SystemClock):
    """A computer's clock that is wrong."""

    def __init__(self, seconds: float) -> None:
        super().__init__(wall=lambda: time.time() + seconds)


@pytest.mark.parametrize(
    ("seconds", "level"), [(5.5, Level.FAILURE), (-5.5, Level.FAILURE), (2, Level.WARNING)]
)
async def test_a_clock_that_is_off_is_named_though_requests_are_taken(
    seconds: float, level: Level
) -> None:
    async with a_wire() as wire:
        findings = await findings_of(wire, clock=Ahead(seconds))
    assert bad(findings) == {"main: clock": level}
    assert "time server" in about(findings, "main: clock").advice


async def test_a_contract_of_another_size_fails() -> None:
    market = a_market(instrument=replace(BTC_PERPETUAL, contract_usd=Decimal(50)))
    async with a_wire(a_venue_spec(markets=(market,))) as wire:
        findings = await findings_of(wire)
    assert bad(findings) == {"main: contracts": Level.FAILURE}
    assert "50 USD at the venue, and 100 USD" in about(findings, "main: contracts").text


def always(kind: FaultKind, operation: str) -> VenueSpec:
    """A venue one of whose answers is never as it should be."""
    fault = FaultSpec(kind, operation=operation, chance=1.0)
    return a_venue_spec(faults=(fault,))


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATED, FaultKind.LOST_ANSWER, FaultKind.REJECTED])
async def test_positions_that_cannot_be_read_fail_and_name_the_call(kind: FaultKind) -> None:
    async with a_wire(always(kind, "positions")) as wire:
        findings = await findings_of(wire)
    faults = bad(findings)
    assert set(faults.values()) == {Level.FAILURE}
    assert {"main: inspect", "main: positions", "main: open_orders", "savings: bag"} == set(faults)
    assert about(findings, "main: positions").text.startswith("positions failed: ")
    assert about(findings, "main: inspect").text.startswith("inspect, terms failed: ")
    assert about(findings, "main: balances").level is Level.OK


async def test_an_empty_list_of_positions_beside_bound_margin_is_no_flat_account() -> None:
    trade = ManualTrade(0.0, "main", BTC_USD, Side.SELL, Decimal(1000))
    hidden = FaultSpec(FaultKind.NO_POSITIONS, chance=1.0)
    async with a_wire(a_venue_spec(faults=(hidden,))) as wire:
        wire.venue.happen(trade)
        findings = await findings_of(wire)
    assert bad(findings)["main: positions"] is Level.FAILURE
    assert bad(findings)["savings: bag"] is Level.FAILURE
    assert any("margin is bound" in finding.text for finding in findings)


async def test_a_bag_too_small_for_one_contract_fails() -> None:
    account = an_account(spot="0.001", margin="0.0005")
    async with a_wire(a_venue_spec(accounts=(account,))) as wire:
        findings = await findings_of(wire)
    assert bad(findings) == {"savings: bag": Level.FAILURE}
    assert "too small for one contract" in about(findings, "savings: bag").text


async def test_a_key_that_the_venue_does_not_know_is_a_finding_without_the_key() -> None:
    stranger = ApiKey("unknown-key-0123456789", "unknown-secret-0123456789", "main")
    async with a_wire(keys=()) as wire:
        wire.key = stranger
        async with opened({"main": an_opener(wire)}) as found:
            assert found.accounts == {}
            (finding,) = found.findings
    assert finding.level is Level.FAILURE
    assert "the key" in finding.advice
    assert stranger.key not in repr(finding)
    assert stranger.secret not in repr(finding)


async def test_one_account_that_cannot_be_reached_leaves_the_others_to_be_checked() -> None:
    async with a_wire() as wire, a_wire() as gone:
        gone.base = "http://127.0.0.1:1"
        dead = an_opener(gone, name="dead")
        async with opened({"dead": dead, "main": an_opener(wire)}) as found:
            intentions = await intentions_for(found.accounts["main"])
            findings = await check_accounts(found.accounts, intentions, SystemClock())
    assert set(found.accounts) == {"main"}
    assert bad(found.findings) == {"dead: reach": Level.FAILURE}
    assert passed(findings)


async def test_an_account_without_a_price_or_out_of_sight_leaves_its_bag_unjudged() -> None:
    stage = Stage()
    plan = a_plan(instrument=BTC_PERPETUAL, leverage=5)
    strange = replace(plan, bag=replace(plan.bag, symbol="XRP/USD:XRP"))
    elsewhere = replace(plan, bag=replace(plan.bag, hedge_account="other"))
    accounts: dict[str, CheckedAccount] = {"main": stage.account}
    for asked in (strange, elsewhere):
        findings = await check_accounts(accounts, Intentions([asked]), stage.clock)
        assert bad(findings)["savings: bag"] is Level.FAILURE


async def test_an_account_that_cannot_be_inspected_is_warned_of() -> None:
    class Plain:
        """The ports alone."""

        def __init__(self, stage: Stage) -> None:
            account = stage.account
            self.balances, self.positions = account.balances, account.positions
            self.open_orders, self.ledger = account.open_orders, account.ledger
            self.fills, self.instruments = account.fills, account.instruments
            self.quotes, self.submit = account.quotes, account.submit
            self.find, self.cancel = account.find, account.cancel

    stage = Stage()
    plain = Plain(stage)
    findings = await check_accounts({"main": plain}, Intentions([]), stage.clock)
    assert bad(findings) == {"main: inspect": Level.WARNING}
    assert is_rehearsal(stage.account)
    assert not is_rehearsal(plain)


async def test_a_request_to_a_wrong_host_is_no_finding_but_the_end() -> None:
    class Wrong(AbstractAsyncContextManager[CheckedAccount]):
        async def __aenter__(self) -> CheckedAccount:
            raise ForbiddenHost("a request to elsewhere was stopped")

        async def __aexit__(self, *_: object) -> None:
            pass

    with pytest.raises(ForbiddenHost):
        async with opened({"main": Wrong}):
            pass


def test_whatever_a_venue_says_no_secret_is_in_a_finding() -> None:
    leaky = [failure("main: secret-1", "refused secret-1 and key%2F2", "use secret-1")]
    (finding,) = redacted(leaky, ["secret-1", "key/2"])
    assert "secret-1" not in repr(finding)
    assert "key%2F2" not in repr(finding)
    assert finding.text.startswith("refused ***")
