"""Adds the new ids of allowed groups that became supergroups; replicas announce changes of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat_upgrades",
        sa.Column("old_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("new_id", sa.BigInteger, nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER labelbot_announce AFTER INSERT OR UPDATE OR DELETE ON chat_upgrades "
            "FOR EACH ROW EXECUTE FUNCTION labelbot_announce('old_id')"
        )
