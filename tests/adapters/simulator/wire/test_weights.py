"""What requests cost, and what happens to those who ask for too much."""

from __future__ import annotations

import pytest

from bot.adapters.clock import VirtualClock
from bot.adapters.simulator.wire.errors import Rejection
from bot.adapters.simulator.wire.weights import PATIENCE, Budgets, Limits
from tests.kit.domain import NOON
from tests.kit.wire import PERP, Wire, a_wire

USED = "X-MBX-USED-WEIGHT-1M"
START_MS = 1_800_000_000_000 // 60_000 * 60_000


def budgets(weight: int = 100, orders: int = 10) -> Budgets:
    return Budgets({"dapi": Limits(weight, orders)})


def refused(
    kept: Budgets, now_ms: int, weight: int = 1, *, order: bool = False, who: str = "me"
) -> tuple[int, int, float | None] | None:
    """Status, code and delay of a refusal; None where the request is let in."""
    try:
        kept.charge("dapi", who, weight, now_ms, order=order)
    except Rejection as no:
        return no.status, no.code, no.retry_after_s
    return None


async def test_each_host_counts_its_own_weight(wire: Wire) -> None:
    first = await wire.ask("GET", "/dapi/v1/premiumIndex", symbol=PERP)
    second = await wire.sign("GET", "/dapi/v1/account")
    assert int(second.headers[USED]) - int(first.headers[USED]) == 5
    assert (await wire.sign("GET", "/api/v3/account")).headers[USED] == "20"
    sapi = await wire.sign("GET", "/sapi/v1/account/apiRestrictions")
    assert sapi.headers["X-SAPI-USED-IP-WEIGHT-1M"] == "1"
    assert USED not in sapi.headers


@pytest.mark.parametrize(
    ("path", "params", "weight"),
    [
        ("premiumIndex", {}, 10),
        ("ticker/bookTicker", {"symbol": PERP}, 2),
        ("ticker/bookTicker", {}, 5),
        ("ticker/24hr", {}, 40),
        ("depth", {"symbol": PERP, "limit": 5}, 2),
        ("depth", {"symbol": PERP}, 10),
        ("depth", {"symbol": PERP, "limit": 1000}, 20),
    ],
)
async def test_what_is_asked_for_decides_what_it_weighs(
    wire: Wire, path: str, params: dict[str, object], weight: int
) -> None:
    said = await wire.ask("GET", f"/dapi/v1/{path}", **params)
    assert (said.status, said.headers[USED]) == (200, str(weight))


async def test_orders_are_counted_and_refusals_cost_too(wire: Wire) -> None:
    wrong = await wire.sign("POST", "/dapi/v1/order", symbol=PERP)
    assert (wrong.status, wrong.headers["X-MBX-ORDER-COUNT-1M"]) == (400, "1")
    assert int((await wire.sign("POST", "/dapi/v1/order")).headers[USED]) == 2


async def test_whoever_uses_a_budget_up_is_told_when_the_next_minute_begins() -> None:
    clock = VirtualClock(NOON)
    async with a_wire(clock=clock) as wire:
        for _ in range(60):
            assert (await wire.ask("GET", "/dapi/v1/ticker/24hr")).status == 200
        clock.advance(15)
        said = await wire.ask("GET", "/dapi/v1/time")
        assert (said.status, said.code, said.headers["Retry-After"]) == (429, -1003, "45")
        assert said.headers[USED] == "2401"
        assert (await wire.ask("GET", "/api/v3/time")).status == 200
        clock.advance(45)
        assert (await wire.ask("GET", "/dapi/v1/time")).headers[USED] == "1"


def test_the_next_minute_has_a_budget_of_its_own() -> None:
    kept = budgets()
    assert refused(kept, START_MS, 100) is None
    assert refused(kept, START_MS + 45_000) == (429, -1003, 15.0)
    assert refused(kept, START_MS + 60_000) is None


def test_whoever_goes_on_is_banned_and_each_ban_lasts_twice_as_long() -> None:
    kept = budgets()
    now_ms = START_MS
    for length_s in (120.0, 240.0):
        assert refused(kept, now_ms, 100) is None
        for _ in range(PATIENCE):
            assert refused(kept, now_ms) == (429, -1003, 60.0)
        assert refused(kept, now_ms) == (418, -1003, length_s)
        assert refused(kept, now_ms + 60_000) == (418, -1003, length_s - 60)
        now_ms += int(length_s * 1_000)


def test_too_many_orders_have_a_code_of_their_own() -> None:
    kept = budgets(orders=2)
    assert [refused(kept, START_MS, order=True) for _ in range(3)] == [
        None,
        None,
        (429, -1015, 60.0),
    ]
    assert refused(kept, START_MS) is None


def test_one_address_does_not_use_up_what_is_anothers() -> None:
    kept = budgets()
    assert refused(kept, START_MS, 101) is not None
    assert refused(kept, START_MS, 100, who="you") is None
