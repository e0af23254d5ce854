"""Which draft the newest form of a case shows: only that one can be decided on there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "case",
        sa.Column(
            "form_draft", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
    )
