"""The process that owes the answer to a request with an Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make room for its name; of those that are open now nobody knows it."""
    op.add_column("request", sa.Column("owner", sa.Text()))
    op.create_index(
        "request_open",
        "request",
        ["owner"],
        sqlite_where=sa.text("status IS NULL"),
        postgresql_where=sa.text("status IS NULL"),
    )
