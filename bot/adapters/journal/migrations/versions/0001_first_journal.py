"""The first journal: cycles, orders, fills, ledger, flows, transfers, controls."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "cycles",
        sa.Column("cycle", NUMBER, autoincrement=False, nullable=False),
        sa.Column("bag", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("written_at", TIME, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("contracts", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("age_s", sa.Float(53), nullable=False),
        sa.Column("took_s", sa.Float(53), nullable=False),
        sa.Column("memory", sa.Text(), nullable=True),
        sa.Column("orders", sa.Text(), nullable=False),
        sa.Column("sight", sa.Text(), nullable=True),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cycle", "bag", name="pk_cycles"),
    )
    op.create_index("ix_cycles_bag_cycle", "cycles", ["bag", "cycle"])
    op.create_index("ix_cycles_at", "cycles", ["at"])
    op.create_table(
        "orders",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=False),
        sa.Column("bag", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("contracts", sa.Text(), nullable=False),
        sa.Column("notional_usd", sa.Text(), nullable=False),
        sa.Column("limit_usd", sa.Text(), nullable=True),
        sa.Column("time_in_force", sa.Text(), nullable=False),
        sa.Column("reduce_only", sa.Integer(), nullable=False),
        sa.Column("position_side", sa.Text(), nullable=False),
        sa.Column("cycle", NUMBER, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("intended_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.UniqueConstraint("client_order_id", name="uq_orders_client_order_id"),
        sa.PrimaryKeyConstraint("number", name="pk_orders"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_orders_status", "orders", ["status"])
    op.create_index("ix_orders_cycle", "orders", ["cycle"])
    op.create_index("ix_orders_intended_at", "orders", ["intended_at"])
    op.create_table(
        "fills",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=False),
        sa.Column("trade_id", sa.Text(), nullable=False),
        sa.Column("venue_order_id", sa.Text(), nullable=False),
        sa.Column("client_order_id", sa.Text(), nullable=True),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("contracts", sa.Text(), nullable=False),
        sa.Column("face_usd", sa.Text(), nullable=False),
        sa.Column("price_usd", sa.Text(), nullable=False),
        sa.Column("fee_coin", sa.Text(), nullable=True),
        sa.Column("realised_coin", sa.Text(), nullable=True),
        sa.Column("maker", sa.Integer(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.UniqueConstraint(
            "account", "symbol", "trade_id", name="uq_fills_account_symbol_trade_id"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_fills"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fills_account_symbol_number", "fills", ["account", "symbol", "number"])
    op.create_index("ix_fills_at", "fills", ["at"])
    op.create_table(
        "ledger",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_coin", sa.Text(), nullable=False),
        sa.Column("symbol", sa.Text(), nullable=True),
        sa.Column("funding_rate", sa.Text(), nullable=True),
        sa.UniqueConstraint("account", "entry_id", name="uq_ledger_account_entry_id"),
        sa.PrimaryKeyConstraint("number", name="pk_ledger"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ledger_at", "ledger", ["at"])
    op.create_table(
        "flows",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("cycle", NUMBER, nullable=False),
        sa.Column("seen_by", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("bag", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("amount_coin", sa.Text(), nullable=False),
        sa.Column("index_usd", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.UniqueConstraint("cycle", "seen_by", "place", name="uq_flows_cycle_seen_by_place"),
        sa.ForeignKeyConstraint(
            ["cycle", "seen_by"], ["cycles.cycle", "cycles.bag"], name="fk_flows_cycles"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_flows"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_flows_at", "flows", ["at"])
    op.create_table(
        "transfers",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("transfer_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("amount_coin", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.UniqueConstraint("transfer_id", name="uq_transfers_transfer_id"),
        sa.PrimaryKeyConstraint("number", name="pk_transfers"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_transfers_status", "transfers", ["status"])
    op.create_table(
        "controls",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("short_cap_usd", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("scope", name="pk_controls"),
    )
    op.create_table(
        "control_history",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("short_cap_usd", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_control_history"),
        sqlite_autoincrement=True,
    )
