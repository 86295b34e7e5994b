"""The journal's statements, each built once and used for as long as the process lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Insert,
    Select,
    Table,
    Text,
    Update,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import sqlite

from bot.adapters.journal.tables import (
    control_history,
    controls,
    cycles,
    fills,
    flows,
    ledger,
    orders,
    transfers,
)
from bot.domain.orders import OrderStatus
from bot.domain.records import TransferStatus

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

_TESTS: Final[Mapping[str, Callable[[Table], ColumnElement[bool]]]] = {
    "bag": lambda table: table.c.bag == bindparam("bag"),
    "cycle": lambda table: table.c.cycle == bindparam("cycle"),
    "since": lambda table: _moment(table) >= bindparam("since"),
    "until": lambda table: _moment(table) < bindparam("until"),
}


def _moment(table: Table) -> ColumnElement[Any]:
    return orders.c.intended_at if table is orders else table.c.at


@cache
def _find(
    table: Table, order: tuple[ColumnElement[Any], ...], asked: frozenset[str]
) -> Select[Any]:
    statement = select(table).order_by(*order)
    for name in sorted(asked - {"limit"}):
        statement = statement.where(_TESTS[name](table))
    return statement.limit(bindparam("limit")) if "limit" in asked else statement


_CYCLES_ORDER: Final = (cycles.c.cycle.desc(), cycles.c.bag)
_ORDERS_ORDER: Final = (orders.c.number.desc(),)
_EVENT_ORDER: Final = {t: (t.c.at, t.c.number) for t in (fills, ledger, flows)}


def find_cycles(asked: frozenset[str]) -> Select[Any]:
    """Cycles, newest first, by any of bag, since, until, cycle and limit."""
    return _find(cycles, _CYCLES_ORDER, asked)


def find_orders(asked: frozenset[str]) -> Select[Any]:
    """Orders, newest first, by any of bag, since and limit."""
    return _find(orders, _ORDERS_ORDER, asked)


def find_events(table: Table, asked: frozenset[str]) -> Select[Any]:
    """Fills, ledger lines or flows, oldest first, by any of bag, since and until."""
    return _find(table, _EVENT_ORDER[table], asked)


def _one_of(
    column: ColumnElement[str], values: tuple[OrderStatus | TransferStatus, ...]
) -> ColumnElement[bool]:
    return or_(*(column == literal_column(f"'{value.value}'") for value in values))


LAST_CYCLE: Final = select(
    select(func.max(cycles.c.cycle)).scalar_subquery().label("recorded"),
    select(func.max(orders.c.cycle)).scalar_subquery().label("intended"),
)
_LATEST: Final = cycles.c.bag == bindparam("bag"), cycles.c.cycle.desc()
MEMORY: Final = select(cycles.c.memory).where(_LATEST[0]).order_by(_LATEST[1]).limit(1)
WRITTEN_AT: Final = select(cycles.c.written_at).where(_LATEST[0]).order_by(_LATEST[1]).limit(1)
UNSETTLED_ORDERS: Final = (
    select(orders)
    .where(_one_of(orders.c.status, tuple(s for s in OrderStatus if not s.is_final)))
    .order_by(orders.c.number)
)
ORDER: Final = select(orders).where(orders.c.client_order_id == bindparam("client_order_id"))
TRANSFERS: Final = select(transfers).order_by(transfers.c.number)
UNSETTLED_TRANSFERS: Final = TRANSFERS.where(
    _one_of(transfers.c.status, (TransferStatus.INTENDED, TransferStatus.SENT))
)
CONTROLS: Final = select(controls).order_by(controls.c.scope)


def _own_fills() -> CompoundSelect[Any]:
    own = (
        select(fills.c.number, fills.c.side, fills.c.contracts)
        .join(orders, orders.c.client_order_id == fills.c.client_order_id)
        .where(
            fills.c.account == bindparam("account"),
            fills.c.symbol == bindparam("symbol"),
            fills.c.number > bindparam("after"),
        )
    )
    highest = select(
        func.coalesce(func.max(fills.c.number), 0), cast(null(), Text), cast(null(), Text)
    )
    return union_all(own, highest)


OWN_FILLS: Final = _own_fills()
"""Our own orders' fills above a number and, without a side, the highest number of all: one
statement, so that no fill comes between the two answers."""

SETTLE: Final[Update] = update(orders).where(orders.c.client_order_id == bindparam("settled_id"))


def _insert_of(dialect: str) -> Callable[[Table], sqlite.Insert | postgresql.Insert]:
    if dialect == "sqlite":
        return sqlite.insert
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - it takes long to load

    return postgresql.insert


class Writes:
    """The statements that write, in the words of one dialect."""

    def __init__(self, dialect: str) -> None:
        insert = _insert_of(dialect)
        remembered = (
            select(cycles.c.memory)
            .where(cycles.c.bag == bindparam("remembered_by"))
            .order_by(cycles.c.cycle.desc())
            .limit(1)
            .scalar_subquery()
        )
        self.cycle: Insert = (
            insert(cycles)
            .values(memory=func.coalesce(bindparam("remembered", type_=Text), remembered))
            .on_conflict_do_nothing()
        )
        self.order: Insert = insert(orders).on_conflict_do_nothing().returning(orders.c.number)
        self.fill: Insert = insert(fills).on_conflict_do_nothing()
        self.ledger: Insert = insert(ledger).on_conflict_do_nothing()
        self.flow: Insert = insert(flows).on_conflict_do_nothing()
        transfer = insert(transfers)
        self.transfer: Insert = transfer.on_conflict_do_update(
            index_elements=[transfers.c.transfer_id],
            set_={
                column.name: transfer.excluded[column.name]
                for column in transfers.c
                if column.name not in ("number", "transfer_id")
            },
        )
        control = insert(controls)
        self.control: Insert = control.on_conflict_do_update(
            index_elements=[controls.c.scope],
            set_={
                column.name: control.excluded[column.name]
                for column in controls.c
                if column.name != "scope"
            },
        )
        self.control_history: Insert = insert(control_history)
