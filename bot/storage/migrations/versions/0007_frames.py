"""Adds the frames of animations to the cache of labels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("predictions") as predictions:
        predictions.add_column(sa.Column("frames", sa.JSON()))
    # The labels of an animation were those of its first frame. The table is a cache, so the photos are labelled again.
    op.execute("DELETE FROM predictions")
