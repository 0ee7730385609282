"""Adds what people say about answers, and the setting that asks them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("chats") as chats:
        chats.add_column(sa.Column("corrections", sa.String(8)))
    op.create_table(
        "corrections",
        sa.Column("chat_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("photo_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("model", sa.String(128), primary_key=True),
        sa.Column("voter_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("asker_id", sa.BigInteger()),
        sa.Column("certainty", sa.String(8), nullable=False),
        sa.Column("said", sa.Text()),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("label", sa.Text()),
        sa.Column("voted_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("corrections_voted_at", "corrections", ["voted_at"])
