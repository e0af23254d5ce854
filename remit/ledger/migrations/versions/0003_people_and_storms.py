"""Clocks that wait and warn, claims by people, leave, one-time codes, reminders and storms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name, kind in (
        ("next_response_due", _Instant),
        ("waiting_since", _Instant),
        ("waiting_for", sa.String()),
        ("claimed_until", _Instant),
        ("reopened_at", _Instant),
        ("warned_at", _Instant),
        ("resolution_overdue_at", _Instant),
        ("incident", _Id),
        ("place_at", _Instant),
        ("thread_read_at", _Instant),
    ):
        op.add_column("case", sa.Column(name, kind, nullable=True))
    op.create_index("ix_case_incident", "case", ["incident"])
    op.create_index("ix_event_time", "event", ["brand", "time"])
    op.add_column("hold", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("hold", sa.Column("confirmed_by", sa.String(), nullable=True))
    op.add_column("hold", sa.Column("confirmed_at", _Instant, nullable=True))
    op.create_table(
        "overheard",
        sa.Column("case", _Id, nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("revision", sa.String(), nullable=False),
        sa.Column("parent", sa.String()),
        sa.Column("author_id", sa.String()),
        sa.Column("handle", sa.String()),
        sa.Column("text", sa.Text()),
        sa.Column("url", sa.String()),
        sa.Column("time", _Instant, nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("read_at", _Instant, nullable=False),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_overheard_case_case")),
        sa.PrimaryKeyConstraint("case", "message", name=op.f("pk_overheard")),
    )
    op.create_index("ix_overheard_author_id", "overheard", ["author_id"])
    op.create_table(
        "absence",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("cover", sa.String()),
        sa.Column("recorded_by", sa.String()),
        sa.Column("recorded_at", _Instant, nullable=False),
        sa.Column("withdrawn_by", sa.String()),
        sa.Column("withdrawn_at", _Instant),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_brand", "absence", ["brand", "until"])
    op.create_table(
        "enrolment",
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("enrolled_at", _Instant, nullable=False),
        sa.Column("last_step", _Id, nullable=False),
        sa.PrimaryKeyConstraint("brand", "person", name=op.f("pk_enrolment")),
    )
    op.create_table(
        "reminder",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("role", sa.String()),
        sa.Column("case", _Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("made_at", _Instant, nullable=False),
        sa.Column("after", _Instant, nullable=False),
        sa.Column("told_at", _Instant),
        sa.Column("code", sa.String()),
        sa.ForeignKeyConstraint(["case"], ["case.id"], name=op.f("fk_reminder_case_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("person", "case", "key", name="uq_reminder_once"),
    )
    op.create_index("ix_reminder_untold", "reminder", ["brand", "told_at"])
    op.create_table(
        "incident",
        sa.Column("id", _Id, autoincrement=True, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("topic", sa.String()),
        sa.Column("channel", sa.String()),
        sa.Column("opened_at", _Instant, nullable=False),
        sa.Column("closed_at", _Instant),
        sa.Column("event", _Id),
        sa.Column("case", _Id),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("baseline", sa.Float(), nullable=False),
        sa.Column("statement", _Id),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_brand", "incident", ["brand", "closed_at"])
