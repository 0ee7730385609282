"""Settings of groups, received updates, sent messages, answers, and counters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("chats") as chats:
        chats.alter_column("top_k", existing_type=sa.Integer(), nullable=True)
        chats.add_column(sa.Column("mode", sa.String(8)))
        chats.add_column(sa.Column("language", sa.String(16)))
        chats.add_column(sa.Column("threshold", sa.Float()))
        chats.add_column(sa.Column("quiet_from", sa.Integer()))
        chats.add_column(sa.Column("quiet_to", sa.Integer()))
        chats.add_column(sa.Column("utc_offset_min", sa.Integer()))
        chats.add_column(sa.Column("answer_by", sa.String(8)))
        chats.add_column(sa.Column("channel_posts", sa.String(8)))
        chats.add_column(sa.Column("inactive_since", sa.BigInteger()))
        chats.add_column(sa.Column("privacy_mode_told_at", sa.BigInteger()))
    with op.batch_alter_table("predictions") as predictions:
        # A 32-bit INTEGER in PostgreSQL cannot hold times after 2038.
        predictions.alter_column("created_at", existing_type=sa.Integer(), type_=sa.BigInteger())
    _create_inbox()
    _create_answers()
    op.create_table(
        "counters",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
    )


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("update_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("chat_id", sa.BigInteger()),
        sa.Column("body", sa.JSON()),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.BigInteger()),
    )
    op.create_index("inbox_done_at", "inbox", ["done_at"])
    op.create_table(
        "sends",
        sa.Column("update_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("ordinal", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("sends_claimed_at", "sends", ["claimed_at"])


def _create_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("chat_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("message_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("asked_message_id", sa.BigInteger(), nullable=False),
        sa.Column("asker_id", sa.BigInteger()),
        sa.Column("media_group_id", sa.String(64)),
        sa.Column("photos", sa.JSON(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("answers_album", "answers", ["chat_id", "media_group_id"])
    op.create_index("answers_answered_at", "answers", ["answered_at"])
