"""The ladder of each call."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make room for it in the records; those that exist have none."""
    op.add_column("record", sa.Column("ladder", sa.Text()))
