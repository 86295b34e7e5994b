"""What both wallets of a transfer held before it, to find out whether it arrived."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transfers", sa.Column("source_before_coin", sa.Text(), nullable=True))
    op.add_column("transfers", sa.Column("destination_before_coin", sa.Text(), nullable=True))
