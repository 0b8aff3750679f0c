"""Audio streams. A program of the schemas before works on with these tables."""

import sqlalchemy as sa
from alembic import op

revision = "0012_since_0007"
down_revision = "0011_since_0007"


def upgrade() -> None:
    """Add what streams need to accounts and applications, and what records tell of them."""
    op.add_column("account", sa.Column("auth_token", sa.Text()))
    op.add_column("application", sa.Column("stream", sa.JSON()))
    op.add_column("record", sa.Column("stream", sa.Text()))
