"""The journal's tables. What is searched has a column of its own, the rest is JSON text.

Decimals are text, digit for digit. Times are UTC as ISO text of one width with microseconds, so
that they sort as they read. ``number`` counts in the order of writing.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
}
"""Every index and constraint has a name that a later migration can rely on."""

metadata: Final = MetaData(naming_convention=NAMES)

_Number = BigInteger().with_variant(Integer(), "sqlite")
_Time = Text().with_variant(Text(collation="C"), "postgresql")


def _number() -> Column[int]:
    return Column("number", _Number, primary_key=True, autoincrement=True)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text(), nullable=nullable)


def _time(name: str) -> Column[str]:
    return Column(name, _Time, nullable=False)


cycles: Final = Table(
    "cycles",
    metadata,
    Column("cycle", _Number, primary_key=True, autoincrement=False),
    Column("bag", Text(), primary_key=True),
    _time("at"),
    _time("written_at"),
    _text("asset"),
    _text("account"),
    _text("symbol"),
    _text("mode"),
    _text("state"),
    _text("outcome"),
    _text("action"),
    _text("contracts"),
    _text("reason"),
    Column("age_s", Float(53), nullable=False),
    Column("took_s", Float(53), nullable=False),
    _text("memory", nullable=True),
    _text("orders"),
    _text("sight", nullable=True),
    _text("figures"),
    Index(None, "bag", "cycle"),
    Index(None, "at"),
)
"""``memory`` is what the bag remembers *after* the cycle, carried on where it learned nothing."""

orders: Final = Table(
    "orders",
    metadata,
    _number(),
    _text("client_order_id"),
    _text("bag"),
    _text("account"),
    _text("symbol"),
    _text("side"),
    _text("contracts"),
    _text("notional_usd"),
    _text("limit_usd", nullable=True),
    _text("time_in_force"),
    Column("reduce_only", Integer(), nullable=False),
    _text("position_side"),
    Column("cycle", _Number, nullable=False),
    _text("status"),
    _time("intended_at"),
    _time("updated_at"),
    _text("report", nullable=True),
    _text("note"),
    UniqueConstraint("client_order_id"),
    Index(None, "status"),
    Index(None, "cycle"),
    Index(None, "intended_at"),
    sqlite_autoincrement=True,
)

fills: Final = Table(
    "fills",
    metadata,
    _number(),
    _text("account"),
    _text("symbol"),
    _text("trade_id"),
    _text("venue_order_id"),
    _text("client_order_id", nullable=True),
    _text("side"),
    _text("contracts"),
    _text("face_usd"),
    _text("price_usd"),
    _text("fee_coin", nullable=True),
    _text("realised_coin", nullable=True),
    Column("maker", Integer(), nullable=True),
    _text("cause"),
    _time("at"),
    UniqueConstraint("account", "symbol", "trade_id"),
    Index(None, "account", "symbol", "number"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

ledger: Final = Table(
    "ledger",
    metadata,
    _number(),
    _text("account"),
    _text("entry_id"),
    _time("at"),
    _text("wallet"),
    _text("asset"),
    _text("kind"),
    _text("amount_coin"),
    _text("symbol", nullable=True),
    _text("funding_rate", nullable=True),
    UniqueConstraint("account", "entry_id"),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

flows: Final = Table(
    "flows",
    metadata,
    _number(),
    Column("cycle", _Number, nullable=False),
    _text("seen_by"),
    Column("place", Integer(), nullable=False),
    _text("bag"),
    _time("at"),
    _text("amount_coin"),
    _text("index_usd"),
    _text("note"),
    UniqueConstraint("cycle", "seen_by", "place"),
    ForeignKeyConstraint(["cycle", "seen_by"], ["cycles.cycle", "cycles.bag"]),
    Index(None, "at"),
    sqlite_autoincrement=True,
)
"""A flow has no id of its own: the cycle that saw it and its place there make it known again."""

transfers: Final = Table(
    "transfers",
    metadata,
    _number(),
    _text("transfer_id"),
    _text("account"),
    _text("asset"),
    _text("amount_coin"),
    _text("source"),
    _text("destination"),
    _text("status"),
    _time("at"),
    _text("note"),
    _text("source_before_coin", nullable=True),
    _text("destination_before_coin", nullable=True),
    UniqueConstraint("transfer_id"),
    Index(None, "status"),
    sqlite_autoincrement=True,
)

controls: Final = Table(
    "controls",
    metadata,
    Column("scope", Text(), primary_key=True),
    _text("state"),
    _text("reason"),
    _text("set_by"),
    _time("at"),
    _text("short_cap_usd", nullable=True),
)
"""What holds now, one row per scope."""

control_history: Final = Table(
    "control_history",
    metadata,
    _number(),
    _text("scope"),
    _text("state"),
    _text("reason"),
    _text("set_by"),
    _time("at"),
    _text("short_cap_usd", nullable=True),
    sqlite_autoincrement=True,
)
"""Every control that was ever set, for a person to read."""

leases: Final = Table(
    "leases",
    metadata,
    Column("name", Text(), primary_key=True),
    Column("number", _Number, nullable=False),
    _text("host"),
    Column("pid", Integer(), nullable=False),
    _text("token"),
    _time("started_at"),
    Column("taken_at", Float(53), nullable=False),
    Column("expires_at", Float(53), nullable=False),
)
"""Who may write: one row, whose number grows by one with every writer. ``taken_at`` and
``expires_at`` are seconds since 1970 by the clock of the database."""
