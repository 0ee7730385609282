"""Models that admins chose, by chat; and people and chats that the bot ignores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_choices",
        sa.Column("chat_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("model", sa.String(64)),
        sa.Column("previous", sa.String(64)),
    )
    op.create_table("bans", sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False))
