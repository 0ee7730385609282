"""Adds the kinds of things to the cache of labels."""

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
    # A row has ten labels, too few to compute a kind's score. The table is a cache, so the photos are labelled again.
    op.execute("DELETE FROM predictions")
