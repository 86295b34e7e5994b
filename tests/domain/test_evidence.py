"""A position is believed where two sources agree, and a change of it is called by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.account import EntryKind, LedgerEntry, Wallet
from bot.domain.evidence import (
    ChangeKind,
    MarginWitness,
    Word,
    booked_kind,
    changes_by,
    explaining,
    margin_witness,
)
from bot.domain.orders import Fill, FillCause, Side
from tests.kit.domain import (
    BTC_USD,
    ETH_USD,
    NOON,
    a_balance,
    a_fill,
    a_position,
    a_snapshot,
    an_order,
)

D = Decimal


def trades(*contracts: int, cause: FillCause = FillCause.ORDER) -> list[Fill]:
    """Trades of somebody else, negative for a sale."""
    return [
        a_fill(
            side=Side.BUY if number > 0 else Side.SELL,
            contracts=abs(number),
            trade_id=f"t{place}",
            order_id=None,
            cause=cause,
        )
        for place, number in enumerate(contracts)
    ]


@pytest.mark.parametrize(
    ("listed", "jump", "found"),
    [
        ([1_000], 1_000, [1_000]),
        ([500, 1_000], 1_000, [1_000]),  # the first was part of the last look
        ([1_000, 300], 1_000, [1_000]),  # the last came after this look
        ([5, 600, 400, 7], 1_000, [600, 400]),
        ([600, 400, 5, 1_000], 1_000, [600, 400]),
        ([1_000, -200, 200], 1_000, [1_000, -200, 200]),
        ([999], 1_000, []),
        ([-1_000], 1_000, []),
        ([], 1_000, []),
    ],
)
def test_the_longest_run_of_trades_that_adds_up_explains_a_jump(
    listed: list[int], jump: int, found: list[int]
) -> None:
    run = explaining(trades(*listed), D(jump))
    assert [fill.signed_contracts for fill in run] == found


sizes = st.integers(-500, 500).filter(bool)


@given(
    st.lists(sizes, max_size=5),
    st.lists(sizes, min_size=1, max_size=5),
    st.lists(sizes, max_size=5),
)
def test_whatever_run_there_is_a_run_is_found_that_adds_up(
    before: list[int], middle: list[int], after: list[int]
) -> None:
    jump = D(sum(middle))
    run = explaining(trades(*before, *middle, *after), jump)
    assert sum((fill.signed_contracts for fill in run), D(0)) == (jump if run else 0)
    assert run or not jump


@given(st.lists(sizes, max_size=6), sizes)
def test_no_run_that_does_not_add_up_is_ever_given(listed: list[int], jump: int) -> None:
    run = explaining(trades(*listed), D(jump))
    assert not run or sum((fill.signed_contracts for fill in run), D(0)) == jump


def test_changes_are_called_by_their_cause_the_gravest_first() -> None:
    fills = [
        *trades(-100, 300),
        *trades(50, cause=FillCause.DELEVERAGING),
        *trades(20, cause=FillCause.SETTLEMENT),
        *trades(400, cause=FillCause.LIQUIDATION),
    ]
    changes = changes_by(fills)
    assert [(c.kind, int(c.contracts)) for c in changes] == [
        (ChangeKind.LIQUIDATION, 400),
        (ChangeKind.DELEVERAGING, 50),
        (ChangeKind.SETTLEMENT, 20),
        (ChangeKind.BY_HAND, 200),
    ]
    assert str(changes[0]) == "a liquidation changed the position by 400 contracts"
    assert [changes[3].face_usd, changes[3].cost_coin] == [20_000, D("0.4")]


def line(kind: EntryKind, *, symbol: str | None = BTC_USD, after_s: int = 1) -> LedgerEntry:
    at = NOON + timedelta(seconds=after_s)
    return LedgerEntry("e1", at, Wallet.MARGIN, "BTC", kind, D("0.1"), symbol)


@pytest.mark.parametrize(
    ("entry", "ours", "kind"),
    [
        (line(EntryKind.LIQUIDATION), False, ChangeKind.LIQUIDATION),
        (line(EntryKind.LIQUIDATION), True, ChangeKind.LIQUIDATION),
        (line(EntryKind.REALISED), False, ChangeKind.BY_HAND),
        (line(EntryKind.REALISED), True, None),  # our own buying back books a profit too
        (line(EntryKind.REALISED, symbol=ETH_USD), False, None),
        (line(EntryKind.REALISED, after_s=0), False, None),  # part of the last look already
        (line(EntryKind.FUNDING), False, None),
        (line(EntryKind.FEE), False, None),
    ],
)
def test_what_was_booked_may_say_what_shrank_the_short(
    entry: LedgerEntry, ours: bool, kind: ChangeKind | None
) -> None:
    assert booked_kind([entry], BTC_USD, after=NOON, ours=ours) is kind


@pytest.mark.parametrize(
    ("bound", "word"),
    [
        ("1.0", Word.AGREES),
        ("1.05", Word.AGREES),  # some venues add the fee of closing
        ("1.2", Word.SILENT),
        ("1.5", Word.SILENT),
        ("1.8", Word.DISAGREES),
        ("2.0", Word.DISAGREES),
        ("0", Word.SILENT),  # nothing bound fits neither
        ("9", Word.SILENT),
        (None, Word.SILENT),
    ],
)
def test_margin_speaks_for_what_it_fits_and_for_nothing_else(bound: str | None, word: Word) -> None:
    """The position read needs one coin, our own ledger two."""
    witness = MarginWitness(None if bound is None else D(bound), D(1), D(2))
    assert witness.word is word


def test_a_small_jump_is_not_told_apart_by_the_margin() -> None:
    assert MarginWitness(D("1.01"), D(1), D("1.02")).word is Word.SILENT


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_margin_never_speaks_for_both(bound: int, read: int, ledger: int) -> None:
    one = MarginWitness(D(bound), D(read), D(ledger)).word
    other = MarginWitness(D(bound), D(ledger), D(read)).word
    if read != ledger:
        assert (one, other) not in {
            (Word.AGREES, Word.AGREES),
            (Word.DISAGREES, Word.DISAGREES),
        }


def witness(*positions: object, used: object = 1, orders: bool = False) -> MarginWitness:
    margin = a_balance(5, Wallet.MARGIN, used=used)  # type: ignore[arg-type]
    account = a_snapshot(
        a_balance(7, used=3),
        margin,
        positions=positions,  # type: ignore[arg-type]
        open_orders=(an_order(),) if orders else (),
    )
    return margin_witness(
        account,
        asset="BTC",
        symbol=BTC_USD,
        ledger_face_usd=D(-500_000),
        mark_usd=D(50_000),
        leverage=D(5),
    )


def test_margin_is_that_of_every_contract_in_the_coin_at_its_own_leverage() -> None:
    other = a_position(100_000, symbol="BTC/USD:BTC-260327")
    seen = witness(a_position(250_000), other, a_position(4_000, symbol=ETH_USD))
    assert [seen.bound_coin, seen.read_coin, seen.ledger_coin] == [1, 5 + 2, 10 + 2]


def test_where_no_position_says_its_leverage_that_of_the_settings_counts() -> None:
    seen = witness()
    assert [seen.read_coin, seen.ledger_coin] == [0, 2]


def test_margin_says_nothing_where_orders_bind_some_or_the_venue_does_not_tell() -> None:
    assert witness(orders=True).bound_coin is None
    assert witness(used=None).bound_coin is None
    assert "does not say" in str(witness(used=None))


def test_of_two_runs_that_are_as_long_the_first_explains_a_jump() -> None:
    listed = trades(600, 400, -7, 700, 300)
    assert [fill.signed_contracts for fill in explaining(listed, D(1_000))] == [600, 400]
    longer = trades(1_000, 5, 700, 200, 100)
    assert [fill.signed_contracts for fill in explaining(longer, D(1_000))] == [700, 200, 100]


@pytest.mark.parametrize(
    ("bound", "read", "ledger", "word"),
    [
        ("1.1", "1", "2", Word.AGREES),  # as far from it as may be
        ("1.1001", "1", "2", Word.SILENT),
        ("1.01", "1", "1.03", Word.AGREES),  # twice as far from the other
        ("1.01", "1", "1.0299", Word.SILENT),
        ("1.1", "2", "1", Word.DISAGREES),
        ("1.1001", "2", "1", Word.SILENT),
        ("1.01", "1.03", "1", Word.DISAGREES),
        ("1.01", "1.0299", "1", Word.SILENT),
        ("1e-8", "0", "1", Word.AGREES),  # a grain is no margin
        ("1.1e-8", "0", "1", Word.SILENT),
    ],
)
def test_a_witness_is_near_to_one_and_twice_as_far_from_the_other(
    bound: str, read: str, ledger: str, word: Word
) -> None:
    assert MarginWitness(D(bound), D(read), D(ledger)).word is word


def test_a_witness_is_told_with_its_figures() -> None:
    said = MarginWitness(D("1.123456789"), D("2.123456789"), D("3.123456789"))
    assert str(said) == (
        "1.12345679 coins of margin are bound, the position read needs 2.12345679 and our own "
        "ledger 3.12345679"
    )


@pytest.mark.parametrize(("told", "usual", "counts"), [(0, 5, 5), (0, "0.5", 1), ("0.5", 4, 4)])
def test_a_position_without_a_leverage_has_the_usual_one(
    told: int, usual: int | str, counts: int
) -> None:
    """500,000 dollars at 50,000 bind ten coins at a leverage of one."""
    position = replace(a_position(500_000), leverage=D(told))
    witness = margin_witness(
        a_snapshot(a_balance(10, Wallet.MARGIN, used=2), positions=(position,)),
        asset="BTC",
        symbol=BTC_USD,
        ledger_face_usd=D(-500_000),
        mark_usd=D(50_000),
        leverage=D(usual),
    )
    assert (witness.read_coin, witness.ledger_coin) == (D(10) / counts, D(10) / counts)
