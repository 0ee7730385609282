"""Adds the time zones of chats, and an index that finds the answers about a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("chats") as chats:
        chats.add_column(sa.Column("time_zone", sa.String(64)))
    op.create_index("answers_asked", "answers", ["chat_id", "asked_message_id"])
