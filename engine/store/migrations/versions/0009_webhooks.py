"""Webhooks and their deliveries. A program of the schemas before works on with these tables."""

import sqlalchemy as sa
from alembic import op

revision = "0009_since_0007"
down_revision = "0008_since_0007"


def upgrade() -> None:
    """Add the tables, and which webhook the request of an event has named."""
    op.add_column("event", sa.Column("webhook", sa.Text()))
    op.create_table(
        "webhook",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("account", sa.Text()),
        sa.Column("application", sa.Text()),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("by_hint", sa.Boolean(), nullable=False),
        sa.Column("masked", sa.Boolean(), nullable=False),
        sa.Column("secrets", sa.JSON(), nullable=False),
    )
    op.create_table(
        "webhook_cursor",
        sa.Column("webhook", sa.Text(), primary_key=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("webhook", sa.Text(), primary_key=True),
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_try", sa.Double()),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.Text()),
    )
