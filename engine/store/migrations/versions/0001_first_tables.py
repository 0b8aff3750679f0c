"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables, the licence without a limit, and the counters at zero."""
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("call_limit", sa.Integer()),
        sa.Column("calls_per_second", sa.Double()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text()),
        sa.Column("call_limit", sa.Integer()),
        sa.Column("calls_per_second", sa.Double()),
        sa.Column("start_limit_ms", sa.Integer(), nullable=False),
        sa.Column("ring_timeout_ms", sa.Integer()),
        sa.Column("max_duration_ms", sa.Integer()),
        sa.Column("on_wait_timeout", sa.Text(), nullable=False),
        sa.Column("on_client_disconnect", sa.Text(), nullable=False),
        sa.Column("proxy_group", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "credential",
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("ha1", sa.Text(), nullable=False),
        sa.Column("qop", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("realm"),
    )
    op.create_table(
        "group",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("failover", sa.JSON(), nullable=False),
        sa.Column("default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "header",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "key",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("last_used", sa.Double()),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "licence",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("calls", sa.Integer()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "proxy",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("caller_id", sa.Text()),
        sa.Column("rtp_mode", sa.Text(), nullable=False),
        sa.Column("call_limit", sa.Integer()),
        sa.Column("calls_per_second", sa.Double()),
        sa.Column("ping_interval_ms", sa.Integer()),
        sa.Column("down_retry_ms", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "record",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("received", sa.Double(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("application_uuid", sa.Text()),
        sa.Column("account", sa.Text()),
        sa.Column("application", sa.Text()),
        sa.Column("action", sa.Text()),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("launched_type", sa.Text(), nullable=False),
        sa.Column("to", sa.Text()),
        sa.Column("from_uri", sa.Text()),
        sa.Column("ani", sa.Text()),
        sa.Column("dnis", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("wait_ran_out", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.Column("sip_status", sa.Integer()),
        sa.Column("sip_reason", sa.Text()),
        sa.Column("sip_origin", sa.Text()),
        sa.Column("q850_cause", sa.Integer()),
        sa.Column("headers", sa.Text()),
        sa.Column("call_id", sa.Text()),
        sa.Column("proxy", sa.Text()),
        sa.Column("attempts", sa.Text()),
        sa.Column("termination_reason", sa.Text()),
        sa.Column("answered_after_cancel", sa.Boolean(), nullable=False),
        sa.Column("forced", sa.Boolean(), nullable=False),
        sa.Column("admitted", sa.Double()),
        sa.Column("invite", sa.Double()),
        sa.Column("trying", sa.Double()),
        sa.Column("ringing", sa.Double()),
        sa.Column("answered", sa.Double()),
        sa.Column("ack", sa.Double()),
        sa.Column("cancel", sa.Double()),
        sa.Column("bye", sa.Double()),
        sa.Column("ended", sa.Double()),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("record_application_uuid", "record", ["application_uuid"])
    op.create_index("record_call_id", "record", ["call_id"])
    op.create_index("record_change", "record", ["change"], unique=True)
    op.create_index(
        "record_live",
        "record",
        ["received", "id"],
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    )
    op.create_index("record_received", "record", ["received", "id"])
    op.create_table(
        "request",
        sa.Column("key_digest", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("application_uuid", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("created", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key_digest", "idempotency_key"),
    )
    op.create_index("request_created", "request", ["created"])
    op.create_table(
        "rule",
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("allow", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("pattern"),
    )
    op.execute("INSERT INTO licence (id) VALUES ('licence')")
    op.execute("INSERT INTO counter (name, value) VALUES ('objects', 0)")
    op.execute("INSERT INTO counter (name, value) VALUES ('records', 0)")
    op.execute("INSERT INTO counter (name, value) VALUES ('ping', 0)")
