"""The event log. A program of the schema before works on with these tables."""

import sqlalchemy as sa
from alembic import op

revision = "0008_since_0007"
down_revision = "0007"


def upgrade() -> None:
    """Add the table, and the counter of its events; of earlier calls there are none."""
    op.create_table(
        "event",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("received", sa.Double(), nullable=False),
        sa.Column("application_uuid", sa.Text()),
        sa.Column("account", sa.Text()),
        sa.Column("application", sa.Text()),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
    )
    op.create_index("event_received", "event", ["received"])
    op.execute("INSERT INTO counter (name, value) VALUES ('events', 0)")
