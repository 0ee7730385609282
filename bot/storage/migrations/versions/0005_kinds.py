"""Kinds of things in the cache of labels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("predictions") as predictions:
        predictions.add_column(sa.Column("kind", sa.String(64)))
        predictions.add_column(sa.Column("kind_probability", sa.Float()))
    # No kind can be summed from the ten labels of a row. It is a cache: the photos are labelled anew.
    op.execute("DELETE FROM predictions")
