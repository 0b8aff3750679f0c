"""Recordings of calls. A program of the schemas before works on with these tables."""

import sqlalchemy as sa
from alembic import op

revision = "0013_since_0007"
down_revision = "0012_since_0007"


def upgrade() -> None:
    """Add the table, what an application says of recordings, and which those of a call are."""
    op.create_table(
        "recording",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("application_uuid", sa.Text()),
        sa.Column("account", sa.Text()),
        sa.Column("application", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.Column("file", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_try", sa.Double()),
        sa.Column("due", sa.Double()),
        sa.Column("local_until", sa.Double()),
        sa.Column("remote_until", sa.Double()),
        sa.Column("error", sa.Text()),
    )
    op.create_index("recording_started", "recording", ["started", "id"])
    op.create_index("recording_call", "recording", ["call"])
    op.create_index("recording_due", "recording", ["node", "due"])
    op.add_column(
        "application",
        sa.Column("record", sa.Text(), nullable=False, server_default="never"),
    )
    op.add_column("record", sa.Column("recordings", sa.Text()))
