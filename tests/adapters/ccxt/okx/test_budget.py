"""The budget of an OKX account, in OKX's terms: shares of two seconds."""

from __future__ import annotations

import pytest
from yarl import URL

from bot.adapters.ccxt.budget import Budget
from bot.adapters.ccxt.okx_client import IN_TWO_SECONDS, LIMIT, RESERVE, WINDOW_S, weigh
from bot.adapters.simulator.wire.okx_table import ENDPOINTS
from bot.errors import RateLimited


def weight_of(path: str) -> int:
    return weigh("GET", URL(f"https://www.okx.com/api/v5/{path}?instId=BTC-USD-SWAP"))


@pytest.mark.parametrize("path", IN_TWO_SECONDS)
def test_no_address_can_be_asked_more_often_than_okx_allows(path: str) -> None:
    assert LIMIT // weight_of(path) <= IN_TWO_SECONDS[path]


def test_an_address_that_is_not_known_weighs_as_much_as_the_heaviest() -> None:
    assert weight_of("account/nowhere") == max(weight_of(path) for path in IN_TWO_SECONDS)


def test_a_look_fits_twice_into_two_seconds_and_leaves_room_for_orders() -> None:
    paths = "account/balance account/positions public/mark-price market/index-tickers market/ticker"
    look = sum(weight_of(path) for path in paths.split())
    assert 2 * look + RESERVE <= LIMIT
    assert weight_of("trade/batch-orders") == weight_of("trade/cancel-order") == 1


def test_the_simulated_venue_limits_no_address_more_tightly_than_the_budget_does() -> None:
    served = {
        key.split("/api/v5/")[1]: endpoint.limit
        for key, endpoint in ENDPOINTS.items()
        if key.split("/api/v5/")[1] in IN_TWO_SECONDS
    }
    assert all(LIMIT // weight_of(path) <= limit for path, limit in served.items())


async def test_a_window_of_two_seconds_is_over_after_two_seconds() -> None:
    now = [100.0]
    budget = Budget(
        limit=LIMIT, reserve=RESERVE, window_s=WINDOW_S, patience_s=1.0, now=lambda: now[0]
    )
    await budget.admit(LIMIT - RESERVE)
    with pytest.raises(RateLimited) as later:
        await budget.admit(1)
    assert later.value.retry_after_s == pytest.approx(WINDOW_S)
    now[0] += WINDOW_S
    await budget.admit(1)
    assert budget.used == 1
