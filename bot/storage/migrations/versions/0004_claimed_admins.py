"""People who became admins by a link."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "claimed_admins",
        sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
    )
