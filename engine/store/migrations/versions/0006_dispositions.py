"""What has become of each call, who has ended it, and how its application has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns; of earlier records nothing is known."""
    for name in (
        "client_result",
        "disposition",
        "refused_by",
        "hangup_by",
        "end_requester",
        "hangup_text",
        "application_end",
        "application_error",
    ):
        op.add_column("record", sa.Column(name, sa.Text()))
