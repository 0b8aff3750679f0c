"""What has answered each call, and whether answers wait for it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; earlier records have no call progress."""
    op.add_column("record", sa.Column("call_progress", sa.Text()))
    waits: sa.Column[bool] = sa.Column(
        "answer_after_call_progress",
        sa.Boolean(),
        nullable=False,
        server_default=sa.false(),
    )
    op.add_column("application", waits)
