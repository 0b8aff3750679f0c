"""The process that owes the answer to a request with an Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; the owners of claims that are open now are unknown."""
    op.add_column("request", sa.Column("owner", sa.Text()))
    op.create_index(
        "request_open",
        "request",
        ["owner"],
        sqlite_where=sa.text("status IS NULL"),
        postgresql_where=sa.text("status IS NULL"),
    )
