"""The account of a bag's value: seven terms that sum to its change exactly, in USD and in coin."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from decimal import Decimal
from fractions import Fraction
from itertools import chain

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.attribution import (
    NOTHING,
    Attribution,
    BagBook,
    Event,
    FeePaid,
    Flowed,
    FundingReceived,
    Marks,
    Observation,
    RunningAccount,
    Terms,
    Traded,
    after_event,
    between,
    equity_coin,
    of_event,
    over_interval,
    value_usd,
)
from bot.domain.payoff import FLAT, InverseBook, book_at_entry, fee_coin, funding_coin

D = Decimal
F = Fraction
NAMES = tuple(field.name for field in fields(Terms))
RELATIVE = F(1, 10**18)


def marks(spot: str | int, mark: str | int) -> Marks:
    return Marks(D(spot), D(mark))


# The worked example: 80 ETH in a cold wallet and 20 as margin, hedged, moved, funded, reduced.


def worked_example() -> RunningAccount:
    fee_rate = D("0.0005")
    account = RunningAccount(Observation(BagBook(D(80), D(20), FLAT), marks(4000, 4001)))

    def trade(account: RunningAccount, face: int, price: str) -> RunningAccount:
        fee = fee_coin(D(face), D(price), fee_rate)
        return account.happened(Traded(D(face), D(price))).happened(FeePaid(fee))

    def fund(account: RunningAccount, rate: str) -> RunningAccount:
        face, mark = account.now.book.futures.face_usd, account.now.marks.mark_usd
        return account.happened(FundingReceived(funding_coin(face, mark, D(rate))))

    account = trade(account, -400_100, "4000.5").moved(marks(3750, 3751))
    account = fund(account, "0.0001").moved(marks(3600, 3598)).happened(Flowed(outside_coin=D(-10)))
    account = trade(account, 36_000, "3599").moved(marks(3500, 3498))
    return fund(account, "-0.00005")


def rounded(terms: Terms, places: int) -> dict[str, str]:
    return {name: str(round(getattr(terms, name), places)) for name in NAMES}


def test_the_worked_example_comes_out_to_the_last_digit() -> None:
    account = worked_example()

    assert rounded(account.so_far.usd, 4) == {
        "spot": "-51090.4362",
        "futures": "51119.2442",
        "basis": "328.1872",
        "funding": "21.7839",
        "fees": "-218.0300",
        "execution": "-60.0021",
        "flows": "-36000.0000",
    }
    assert round(account.so_far.futures_fx_usd, 4) == D("-2622.4511")
    assert round(account.so_far.usd.total, 4) == D("-35899.2529")
    assert round(account.so_far.usd.profit, 4) == D("100.7471")


def test_the_worked_example_comes_out_in_coin_too() -> None:
    """By hand: each row of the table, written with the bases, in fractions."""
    path = [(F(4000), F(4001)), (F(3750), F(3751)), (F(3600), F(3598)), (F(3500), F(3498))]
    shorts = [400_100, 400_100, 364_100]
    futures = basis = F(0)
    for short, (spot, mark), (spot_then, mark_then) in zip(shorts, path, path[1:], strict=False):
        b, b_then = mark / spot - 1, mark_then / spot_then - 1
        futures += short / (1 + b) * (1 / spot_then - 1 / spot)
        basis += short / spot_then * (1 / (1 + b_then) - 1 / (1 + b))
    funding = 400_100 / F(3751) / 10_000 - 364_100 / F(3498) / 20_000
    fees = -(400_100 / F(8001, 2) + 36_000 / F(3599)) / 2_000
    execution = 400_100 * (1 / F(4001) - 2 / F(8001)) - 36_000 * (1 / F(3598) - 1 / F(3599))

    account = worked_example()

    by_hand = (F(0), futures, basis, funding, fees, execution, F(-10))
    for name, amount in zip(NAMES, by_hand, strict=True):
        assert abs(F(getattr(account.so_far.coin, name)) - amount) < F(1, 10**24), name
    final = equity_coin(account.now.book, D(3498))
    assert abs(F(final) - 100 - sum(by_hand)) < F(1, 10**22)
    assert rounded(account.so_far.coin, 6) == {
        "spot": "0.000000",
        "futures": "14.002326",
        "basis": "0.091283",
        "funding": "0.005462",
        "fees": "-0.055008",
        "execution": "-0.015279",
        "flows": "-10.000000",
    }
    assert round(account.so_far.coin.total, 6) == D("4.028785")


def test_profit_leaves_out_what_was_paid_in_or_taken_out() -> None:
    terms = Terms(*(D(2) ** power for power in range(7)))

    assert terms.total == 127
    assert terms.profit == 63
    assert terms.total - terms.profit == terms.flows


def test_the_exchange_part_of_the_futures_term_is_what_the_coin_profit_gained_in_price() -> None:
    book = BagBook(D(100), D(0), book_at_entry(D(-400_100), D(4_001)))

    account = over_interval(book, marks(4000, 4001), marks(3500, 3498))

    closed_form = F(-400_100) * 500**2 / (4001 * 3500)
    assert abs(F(account.futures_fx_usd) - closed_form) < F(1, 10**18)
    rest = account.usd.futures - account.futures_fx_usd
    assert abs(rest - account.coin.futures * 4000) < D("1e-18")


def test_a_bag_without_futures_only_has_a_spot_term() -> None:
    account = over_interval(BagBook(D(3), D(2), FLAT), marks(100, 101), marks(90, 95))

    assert account == Attribution(Terms(spot=D(-50)), Terms())


def test_a_transfer_between_wallets_appears_nowhere() -> None:
    before = BagBook(D(3), D(2), FLAT)
    transfer = Flowed(outside_coin=D(-1), wallet_coin=D(1))

    assert of_event(transfer, marks(100, 101)) == NOTHING
    assert after_event(before, transfer) == BagBook(D(2), D(3), FLAT)


def test_coins_come_to_the_place_that_the_flow_names() -> None:
    before = BagBook(D(3), D(2), FLAT)

    assert after_event(before, Flowed(outside_coin=D(1))) == BagBook(D(4), D(2), FLAT)
    assert after_event(before, Flowed(wallet_coin=D(1))) == BagBook(D(3), D(3), FLAT)


# Properties over random histories, against an account of the same bag kept in exact fractions.


@dataclass
class Ledger:
    """A bag kept the textbook way: average entry, realised profit, exact fractions."""

    outside: Fraction
    wallet: Fraction
    face: Fraction
    entry: Fraction

    def take(self, event: Event) -> None:
        match event:
            case Traded(change, price):
                self.fill(F(change), F(price))
            case FeePaid(fee):
                self.wallet -= F(fee)
            case FundingReceived(received):
                self.wallet += F(received)
            case Flowed(outside, wallet):
                self.outside += F(outside)
                self.wallet += F(wallet)

    def fill(self, change: Fraction, price: Fraction) -> None:
        closed = -max(-abs(self.face), -abs(change)) if self.face * change < 0 else F(0)
        closed = closed if change > 0 else -closed
        self.wallet += closed * (1 / price - 1 / self.entry)
        self.face += closed
        opened = change - closed
        if opened:
            cost = self.face / self.entry + opened / price
            self.face += opened
            self.entry = self.face / cost

    def coins(self, mark: Decimal) -> Fraction:
        return self.outside + self.wallet + self.face * (1 / self.entry - 1 / F(mark))

    def value(self, at: Marks) -> Fraction:
        return F(at.spot_usd) * self.coins(at.mark_usd)


spots = st.integers(10_000, 10_000_000).map(lambda cents: D(cents) / 100)
bases = st.integers(-200, 200).map(lambda bps: D(bps) / 10_000)
markets = st.builds(
    lambda spot, basis: Marks(spot, (spot * (1 + basis)).quantize(D("0.01"))), spots, bases
)
sizes = st.integers(-4_000, 4_000).map(lambda contracts: D(contracts) * 100)
amounts = st.integers(-20_000, 20_000).map(lambda grains: D(grains) / 1_000)
pennies = st.integers(-10_000, 10_000).map(lambda grains: D(grains) / 10**6)
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Traded, sizes, spots),
    st.builds(FeePaid, pennies),
    st.builds(FundingReceived, pennies),
    st.builds(Flowed, amounts, amounts),
)
# A history always trades and always moves, so that no example is idle.
stretches: st.SearchStrategy[list[Marks | Event]] = st.builds(
    lambda trade, happenings, market: [trade, *happenings, market],
    st.builds(Traded, sizes, spots),
    st.lists(events, max_size=3),
    markets,
)
steps = st.lists(stretches, min_size=3, max_size=8).map(lambda parts: list(chain(*parts)))
holdings = st.integers(1, 20_000).map(lambda grains: D(grains) / 1_000)
openings = st.builds(
    lambda outside, wallet, at: Observation(BagBook(outside, wallet, FLAT), at),
    holdings,
    holdings,
    markets,
)


def follow(account: RunningAccount, step: Marks | Event) -> RunningAccount:
    return account.moved(step) if isinstance(step, Marks) else account.happened(step)


@given(openings, steps)
def test_the_terms_sum_to_the_change_in_value_after_every_step(
    opening: Observation, history: list[Marks | Event]
) -> None:
    account = RunningAccount(opening)
    ledger = Ledger(F(opening.book.outside_coin), F(opening.book.wallet_coin), F(0), F(1))
    value_before, coins_before = ledger.value(opening.marks), ledger.coins(opening.marks.mark_usd)
    gross_usd, gross_coin = abs(value_before) + 1, abs(coins_before) + 1

    for step in history:
        account = follow(account, step)
        if not isinstance(step, Marks):
            ledger.take(step)
        value, coins = ledger.value(account.now.marks), ledger.coins(account.now.marks.mark_usd)
        gross_usd, gross_coin = gross_usd + abs(value), gross_coin + abs(coins)

        usd, coin = account.so_far.usd, account.so_far.coin
        assert abs(F(usd.total) - (value - value_before)) <= RELATIVE * gross_usd
        assert abs(F(coin.total) - (coins - coins_before)) <= RELATIVE * gross_coin
        shown = F(value_usd(account.now.book, account.now.marks))
        assert abs(shown - value) <= RELATIVE * gross_usd


@given(openings, steps, markets)
def test_price_terms_follow_their_definitions(
    opening: Observation, history: list[Marks | Event], later: Marks
) -> None:
    account = RunningAccount(opening)
    for step in history:
        account = follow(account, step)
    book, before = account.now.book, account.now.marks
    spot, spot_then = F(before.spot_usd), F(later.spot_usd)
    mark, mark_then = F(before.mark_usd), F(later.mark_usd)
    short, cost = -F(book.futures.face_usd), F(book.futures.coin_cost)
    equity = F(book.outside_coin) + F(book.wallet_coin) + cost + short / mark
    discount, discount_then = spot / mark, spot_then / mark_then
    expected_usd = (
        equity * (spot_then - spot),
        -short / mark * (spot_then - spot),
        short * (discount_then - discount),
    )
    expected_coin = (
        F(0),
        short * discount * (1 / spot_then - 1 / spot),
        short / spot_then * (discount_then - discount),
    )

    moved = over_interval(book, before, later)

    scale = 1 + abs(equity) * (spot + spot_then) + abs(short) * (1 + spot_then / spot)
    for terms, expected in ((moved.usd, expected_usd), (moved.coin, expected_coin)):
        assert terms == Terms(terms.spot, terms.futures, terms.basis)
        for found, wanted in zip((terms.spot, terms.futures, terms.basis), expected, strict=True):
            assert abs(F(found) - wanted) <= RELATIVE * scale
    exchange = -short * (spot_then - spot) ** 2 / (mark * spot_then)
    assert abs(F(moved.futures_fx_usd) - exchange) <= RELATIVE * scale * (1 + spot / spot_then)
    net_delta = equity - short / mark
    assert abs(F(moved.usd.spot + moved.usd.futures) - net_delta * (spot_then - spot)) <= (
        RELATIVE * scale
    )


@given(markets, events)
def test_an_event_fills_its_own_term_and_no_other(at: Marks, event: Event) -> None:
    found = of_event(event, at)

    spot, mark = F(at.spot_usd), F(at.mark_usd)
    coins = dict.fromkeys(NAMES, F(0))
    match event:
        case Traded(face_change, price):
            coins["execution"] = -F(face_change) * (1 / mark - 1 / F(price))
        case FeePaid(fee):
            coins["fees"] = -F(fee)
        case FundingReceived(received):
            coins["funding"] = F(received)
        case Flowed(outside, wallet):
            coins["flows"] = F(outside) + F(wallet)
    for other, wanted in coins.items():
        assert abs(F(getattr(found.coin, other)) - wanted) < F(1, 10**20)
        assert abs(F(getattr(found.usd, other)) - spot * wanted) < F(1, 10**15)


@given(openings, steps, st.data())
def test_cutting_a_period_anywhere_changes_nothing(
    opening: Observation, history: list[Marks | Event], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(history)))
    whole = first = RunningAccount(opening)
    for step in history:
        whole = follow(whole, step)
    for step in history[:cut]:
        first = follow(first, step)
    second = RunningAccount(first.now)
    for step in history[cut:]:
        second = follow(second, step)

    joined = first.so_far + second.so_far

    assert second.now == whole.now
    assert abs(joined.usd.total - whole.so_far.usd.total) <= D("1e-12")
    for name in NAMES:
        found, wanted = getattr(joined.usd, name), getattr(whole.so_far.usd, name)
        assert abs(found - wanted) <= D("1e-12")
    assert abs(joined.futures_fx_usd - whole.so_far.futures_fx_usd) <= D("1e-12")


# Two looks at a living bag.


def seen_after(before: Observation, happenings: list[Event], later: Marks) -> Observation:
    book = before.book
    for event in happenings:
        book = after_event(book, event)
    return Observation(book, later)


hedged = st.builds(
    lambda outside, wallet, face, entry, at: Observation(
        BagBook(outside, wallet, book_at_entry(face, entry)), at
    ),
    holdings,
    holdings,
    sizes,
    spots,
    markets,
)


@given(hedged, st.lists(events, max_size=8), markets)
def test_two_looks_and_all_events_leave_nothing_unexplained(
    before: Observation, happenings: list[Event], later: Marks
) -> None:
    after = seen_after(before, happenings, later)

    explained = between(before, after, happenings)

    assert explained.unexplained_coin == 0
    assert explained.unexplained_usd == 0
    change = value_usd(after.book, later) - value_usd(before.book, before.marks)
    gross = 1 + abs(value_usd(after.book, later)) + abs(value_usd(before.book, before.marks))
    assert abs(F(explained.attribution.usd.total - change)) <= RELATIVE * F(gross)


@given(hedged, st.lists(events, min_size=1, max_size=8), markets, st.data())
def test_an_event_that_nobody_reported_stays_apart_from_the_terms(
    before: Observation, happenings: list[Event], later: Marks, data: st.DataObject
) -> None:
    missed = data.draw(st.integers(0, len(happenings) - 1))
    reported = happenings[:missed] + happenings[missed + 1 :]
    after = seen_after(before, happenings, later)
    worth = of_event(happenings[missed], later)
    assume(worth.coin.total)

    explained = between(before, after, reported)

    tolerance = D("1e-18") * (1 + abs(equity_coin(after.book, later.mark_usd)))
    assert abs(explained.unexplained_coin - worth.coin.total) <= tolerance
    assert abs(explained.unexplained_usd - worth.usd.total) <= tolerance * later.spot_usd
    change = value_usd(after.book, later) - value_usd(before.book, before.marks)
    told = explained.attribution.usd.total + explained.unexplained_usd
    assert abs(told - change) <= tolerance * (later.spot_usd + before.marks.spot_usd) * 10


def test_events_between_two_looks_are_valued_at_the_later_prices() -> None:
    before = Observation(BagBook(D(10), D(0), FLAT), marks(100, 100))
    deposit = Flowed(outside_coin=D(1))
    after = seen_after(before, [deposit], marks(120, 121))

    explained = between(before, after, [deposit])

    assert explained.attribution.usd == Terms(spot=D(200), flows=D(120))
    assert explained.attribution.coin == Terms(flows=D(1))


@pytest.mark.parametrize("field", NAMES)
def test_every_term_is_part_of_the_sum(field: str) -> None:
    one = replace(Terms(), **{field: D(1)})

    assert one.total == 1
    assert (one + one).total == 2
    assert getattr(one + one, field) == 2


def test_reducing_costs_its_execution_and_nothing_else() -> None:
    book = BagBook(D(80), D(20), InverseBook(D(-400_000), D(-100)))
    at = marks(3_600, 3_598)

    account = RunningAccount(Observation(book, at)).happened(Traded(D(36_000), D(3_599)))

    change = value_usd(account.now.book, at) - value_usd(book, at)
    assert abs(account.so_far.usd.execution - change) < D("1e-20")
    assert account.so_far.usd.total == account.so_far.usd.execution < 0
