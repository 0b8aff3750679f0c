"""Places of exports in the event log. A program of the schemas before works on with these tables."""

import sqlalchemy as sa
from alembic import op

revision = "0010_since_0007"
down_revision = "0009_since_0007"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "export_cursor",
        sa.Column("target", sa.Text(), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("expires", sa.Double(), nullable=False),
    )
