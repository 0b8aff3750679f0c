"""Campaigns. A program of the schemas before works on with these tables."""

import sqlalchemy as sa
from alembic import op

revision = "0014_since_0007"
down_revision = "0013_since_0007"


def upgrade() -> None:
    """Add the objects, the contacts, the attempts, and which campaign a record is of."""
    _add_objects()
    _add_runs()
    _add_lists()
    for name in ("campaign", "contact", "campaign_outcome"):
        op.add_column("record", sa.Column(name, sa.Text()))


def _add_objects() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("pace", sa.JSON(), nullable=False),
        sa.Column("retries", sa.JSON(), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("default_zone", sa.Text()),
        sa.Column("holidays", sa.Text()),
        sa.Column("suppressions", sa.JSON(), nullable=False),
        sa.Column("opt_out", sa.JSON()),
        sa.Column("caller_ids", sa.Text()),
        sa.Column("caller_id_choice", sa.Text(), nullable=False),
        sa.Column("breaker", sa.JSON(), nullable=False),
        sa.Column("hints", sa.JSON(), nullable=False),
    )
    op.create_table(
        "caller_ids",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("daily_cap", sa.Integer()),
        sa.Column("rest_after", sa.Integer()),
        sa.Column("min_answer_rate", sa.Double()),
        sa.Column("rest_s", sa.Integer(), nullable=False),
    )
    op.create_table(
        "window_rule",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("prefixes", sa.JSON(), nullable=False),
        sa.Column("windows", sa.JSON(), nullable=False),
        sa.Column("max_per_day", sa.Integer()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
    )


def _add_runs() -> None:
    op.create_table(
        "campaign_run",
        sa.Column("campaign", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("started", sa.Double()),
        sa.Column("holder", sa.Text()),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
    )
    op.create_table(
        "campaign_count",
        sa.Column("campaign", sa.Text(), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "contact",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True
        ),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("zone", sa.Text()),
        sa.Column("region", sa.Text()),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.Double()),
        sa.Column("not_after", sa.Double()),
        sa.Column("parameters", sa.Text()),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("last_outcome", sa.Text()),
        sa.Column("end", sa.Text()),
        sa.Column("caller_id", sa.Text()),
        sa.Column("invalid", sa.Integer(), nullable=False),
    )
    op.create_table(
        "attempt",
        sa.Column("contact", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("n", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("reserved", sa.Double(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("not_after", sa.Double()),
        sa.Column("caller_id", sa.Text()),
        sa.Column("outcome", sa.Text()),
        sa.Column("sip_status", sa.Integer()),
        sa.Column("answered", sa.Double()),
        sa.Column("greeting_end", sa.Double()),
        sa.Column("agent_at", sa.Double()),
        sa.Column("agent", sa.Text()),
        sa.Column("ended", sa.Double()),
    )
    op.create_index("contact_key", "contact", ["campaign", "key"], unique=True)
    waits, is_open = sa.text("state = 'waiting'"), sa.text("ended IS NULL")
    op.create_index(
        "contact_due",
        "contact",
        ["campaign", "priority", "due"],
        sqlite_where=waits,
        postgresql_where=waits,
    )
    op.create_index("attempt_call", "attempt", ["call"], unique=True)
    op.create_index("attempt_number", "attempt", ["number", "reserved"])
    op.create_index("attempt_campaign", "attempt", ["campaign", "reserved"])
    op.create_index(
        "attempt_open",
        "attempt",
        ["campaign", "reserved"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _add_lists() -> None:
    op.create_table(
        "suppression",
        sa.Column("list", sa.Text(), primary_key=True),
        sa.Column("number", sa.Text(), primary_key=True),
        sa.Column("added", sa.Double(), nullable=False),
        sa.Column("until", sa.Double()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("proof", sa.Text(), nullable=False),
    )
    op.create_table(
        "caller_id_use",
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("last_used", sa.Double(), nullable=False),
        sa.Column("resting_until", sa.Double()),
    )
    op.create_table(
        "agent",
        sa.Column("campaign", sa.Text(), primary_key=True),
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("endpoint", sa.Text()),
        sa.Column("call", sa.Text()),
    )
