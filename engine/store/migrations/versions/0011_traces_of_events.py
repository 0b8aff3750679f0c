"""Traces of events. A program of the schemas before works on with these tables."""

import sqlalchemy as sa
from alembic import op

revision = "0011_since_0007"
down_revision = "0010_since_0007"


def upgrade() -> None:
    """Add the column."""
    op.add_column("event", sa.Column("traceparent", sa.Text()))
