"""How long a proxy may be silent, or without a ringing response, before the next is tried."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns; proxies that are there get the default."""
    op.add_column(
        "proxy",
        sa.Column(
            "first_response_ms", sa.Integer(), nullable=False, server_default="4000"
        ),
    )
    op.add_column("proxy", sa.Column("progress_timeout_ms", sa.Integer()))
