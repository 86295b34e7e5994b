"""The books of a replayed bag: a worked example, and that the account leaves nothing out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.adapters.simulator.coin_margin import CoinMargin
from bot.adapters.simulator.contracts import ETH_PERPETUAL
from bot.domain.attribution import Attribution, Marks
from bot.replay.books import Books

FEE = Decimal("0.0005")


def marks(spot: int, mark: int) -> Marks:
    return Marks(Decimal(spot), Decimal(mark))


def a_season() -> tuple[Books, Attribution, Decimal]:
    """80 ETH outside and 20 as margin: sold, funded, withdrawn from, bought back in part.

    Gives the books, the account and the change of value.
    """
    books = Books(Decimal(80), CoinMargin(ETH_PERPETUAL, Decimal(20)), marks(4000, 4001))
    before = books.value_usd(marks(4000, 4001))
    books.trade(Decimal(-400_100), Decimal("4000.5"), FEE, marks(4000, 4001))
    books.settle_funding(Decimal(3751), Decimal(3750), Decimal("0.0001"))
    books.flow(Decimal(-10), Decimal(0), marks(3600, 3598))
    books.trade(Decimal(36_000), Decimal(3599), FEE, marks(3600, 3598))
    books.settle_funding(Decimal(3498), Decimal(3500), Decimal("-0.00005"))
    account = books.account(marks(3500, 3498))
    return books, account, books.value_usd(marks(3500, 3498)) - before


@pytest.mark.parametrize(
    ("term", "usd"),
    [
        ("basis", "328.1872"),
        ("funding", "21.7839"),
        ("fees", "-218.0300"),
        ("execution", "-60.0021"),
        ("flows", "-36000"),
        ("total", "-35899.2529"),
        ("profit", "100.7471"),
    ],
)
def test_every_term_of_a_worked_example_is_known(term: str, usd: str) -> None:
    _, account, _ = a_season()
    assert round(getattr(account.usd, term), 4) == Decimal(usd)


def test_spot_and_futures_together_are_the_net_delta_times_the_move() -> None:
    _, account, _ = a_season()
    assert round(account.usd.spot + account.usd.futures, 4) == Decimal("28.8080")


def test_the_account_is_the_change_of_value_to_the_last_digits() -> None:
    books, account, change = a_season()
    assert abs(change - account.usd.total) < Decimal("1e-18")
    coins = books.bag().outside_coin + books.bag().wallet_coin + books.futures.coin_cost
    short_coin = -books.futures.face_usd / Decimal(3498)
    assert abs(coins + short_coin - 100 - account.coin.total) < Decimal("1e-21")


def test_what_a_liquidation_keeps_is_a_fee_and_what_it_makes_good_is_not() -> None:
    for mark, kept in ((4900, True), (9000, False)):
        books = Books(Decimal(80), CoinMargin(ETH_PERPETUAL, Decimal(20)), marks(4000, 4000))
        before = books.value_usd(marks(4000, 4000))
        books.trade(Decimal(-400_000), Decimal(4000), Decimal(0), marks(4000, 4000))
        books.liquidate(marks(mark, mark))
        account = books.account(marks(mark, mark))
        assert (account.usd.fees < 0) is kept
        assert (account.usd.execution > 1) is not kept
        assert books.value_usd(marks(mark, mark)) - before == pytest.approx(account.usd.total)
        assert books.margin.wallet_coin >= 0
