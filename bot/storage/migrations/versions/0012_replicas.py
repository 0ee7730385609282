"""Adds what replicas of the bot share: the replicas, leases of chats, the pace of sends, and notices of changes.

Only PostgreSQL uses these tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Tables that replicas cache, each with the column that says which part of the cache is affected.
CACHED = {
    "chats": "id",
    "bans": "id",
    "model_choices": "chat_id",
    "claimed_admins": "id",
    "taught_classes": "chat_id",
    "taught_photos": "chat_id",
    "teach_requests": "chat_id",
}
ANNOUNCE = """
CREATE OR REPLACE FUNCTION labelbot_announce() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
BEGIN
    PERFORM pg_notify('labelbot_changes', json_build_object(
        'table', TG_TABLE_NAME, 'key', changed -> TG_ARGV[0], 'deleted', TG_OP = 'DELETE',
        'by', current_setting('application_name'))::text);
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "replicas",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("pid", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
        sa.Column("leads", sa.Boolean, nullable=False),
        sa.Column("fenced", sa.Boolean, nullable=False),
    )
    op.create_table(
        "chat_leases",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("replica_id", sa.BigInteger),
        sa.Column("last_replica_id", sa.BigInteger, nullable=False),
        sa.Column("moves", sa.BigInteger, nullable=False),
        sa.Column("arrived", sa.BigInteger, nullable=False),
        sa.Column("pending", sa.Boolean, nullable=False),
        sa.Column("pending_at", sa.Double, nullable=False),
        sa.Column("served_at", sa.Double, nullable=False),
    )
    op.create_index("chat_leases_served_at", "chat_leases", ["served_at"])
    op.create_table(
        "send_pace",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("next_at", sa.Double, nullable=False),
    )
    unfinished = sa.text("done_at IS NULL")
    op.create_index("inbox_unfinished", "inbox", ["chat_id"], postgresql_where=unfinished, sqlite_where=unfinished)
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(ANNOUNCE)
    for table, key in CACHED.items():
        op.execute(f"DROP TRIGGER IF EXISTS labelbot_announce ON {table}")
        op.execute(
            f"CREATE TRIGGER labelbot_announce AFTER INSERT OR UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION labelbot_announce('{key}')"
        )
