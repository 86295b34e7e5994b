"""Whatever is written comes back digit for digit, through every kind of journal."""

from __future__ import annotations

import itertools
import types
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import EnumMeta
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.journal.encoding import memory_from, memory_text
from bot.domain.account import LedgerEntry
from bot.domain.decision import Pursuit
from bot.domain.limits import Approved
from bot.domain.orders import Fill, OrderIntent, OrderReport
from bot.domain.quantities import ClientOrderId
from bot.domain.records import BagMemory, Control, CycleRecord, Flow, OrderRecord, Transfer
from bot.errors import InvariantBroken
from bot.ports import Journal
from tests.adapters.journal.records import a_cycle
from tests.kit.domain import NOON

T = TypeVar("T")

ANYTHING: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    Decimal: st.decimals(allow_nan=False),
    float: st.floats(0.0, 1e9, allow_subnormal=False),
    int: st.integers(0, 2**31),
    bool: st.booleans(),
    type(None): st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(fold=0)),
}
fresh = itertools.count(1)
"""Numbers to make ids of that no journal has seen."""

every_kind = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def anything(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type, so that a field that is new in a record is covered on its first day."""
    if hint in ANYTHING:
        return ANYTHING[hint]
    if isinstance(hint, NewType):
        return anything(hint.__supertype__)
    if isinstance(hint, EnumMeta):
        return st.sampled_from(list(hint))
    if get_origin(hint) in (Union, types.UnionType):
        return st.one_of(*(anything(one) for one in get_args(hint)))
    if get_origin(hint) is tuple:
        return st.lists(anything(get_args(hint)[0]), max_size=3).map(tuple)
    assert isinstance(hint, type), f"nothing is known of {hint}"
    assert is_dataclass(hint), f"nothing is known of {hint}"
    hints = get_type_hints(hint)
    return st.builds(hint, **{f.name: anything(hints[f.name]) for f in fields(hint)})


def any_record(kind: type[T]) -> st.SearchStrategy[T]:
    """Any record of a kind."""
    return anything(kind)


@every_kind
@given(record=any_record(CycleRecord), memory=any_record(BagMemory))
async def test_a_cycle_and_a_memory(
    journal: Journal, record: CycleRecord, memory: BagMemory
) -> None:
    record = replace(record, cycle=next(fresh))
    await journal.record(record, memory)
    assert repr(await journal.cycles(cycle=record.cycle)) == repr((record,))
    assert repr(await journal.memory(record.bag)) == repr(memory)


@every_kind
@given(intent=any_record(OrderIntent), at=ANYTHING[datetime], report=any_record(OrderReport))
async def test_an_order_and_its_report(
    journal: Journal, intent: OrderIntent, at: datetime, report: OrderReport
) -> None:
    intent = replace(intent, client_order_id=ClientOrderId(str(next(fresh))))
    await journal.intend(Approved(intent), cycle=1, at=NOON)
    await journal.settle(intent.client_order_id, report, at=at)
    order = OrderRecord(intent, 1, report.status, NOON, at, report, "")
    assert repr(await journal.orders(limit=1)) == repr((order,))


@every_kind
@given(
    fill=any_record(Fill),
    entry=any_record(LedgerEntry),
    flow=any_record(Flow),
    account=ANYTHING[str],
)
async def test_what_was_seen(
    journal: Journal, fill: Fill, entry: LedgerEntry, flow: Flow, account: str
) -> None:
    number = next(fresh)
    fill = replace(fill, trade_id=str(number))
    entry = replace(entry, entry_id=str(number))
    await journal.record(
        a_cycle(number), None, fills=((account, fill),), ledger=((account, entry),), flows=(flow,)
    )
    assert repr((account, fill)) in map(repr, await journal.fills(since=fill.at))
    assert repr((account, entry)) in map(repr, await journal.ledger(since=entry.at))
    assert repr(flow) in map(repr, await journal.flows(since=flow.at))


@every_kind
@given(transfer=any_record(Transfer))
async def test_a_transfer(journal: Journal, transfer: Transfer) -> None:
    transfer = replace(transfer, transfer_id=str(next(fresh)))
    await journal.write_transfer(transfer)
    assert repr((await journal.transfers())[-1]) == repr(transfer)


@every_kind
@given(control=any_record(Control))
async def test_a_control(journal: Journal, control: Control) -> None:
    await journal.set_control(control)
    assert repr(control) in map(repr, await journal.controls())


async def test_a_time_without_a_zone_is_not_guessed_at(url: str, writer: Journal) -> None:
    with pytest.raises(InvariantBroken, match="without a zone"):
        await writer.record(a_cycle(at=NOON.replace(tzinfo=None)), None)


def test_what_a_bag_remembered_before_there_was_more_to_remember_is_read_as_nothing_more() -> None:
    old = (
        '{"bag":"savings","at":"2026-01-01T12:00:00.000000+00:00","coins":"10",'
        '"contracts":"-5000","fill_number":3,"base_coin":"10","pursuit":"none","policy":"f00d",'
        '"ledger_seen_at":"2026-01-01T12:00:00.000000+00:00"}'
    )
    memory = memory_from(old)
    assert memory == BagMemory(
        "savings", NOON, Decimal(10), Decimal(-5000), 3, NOON, Decimal(10), Pursuit.NONE, "f00d"
    )
    assert len(memory_text(memory)) == len(old)
