"""The tables of the ledger.

The journal is append-only and holds ids, times, roles, hashes and coded reasons. What somebody
wrote or is called lives in `said`, `draft`, `slot` and `publication`, which can be erased.
All times are UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger takes aware times only")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[Any]:
    return Column("id", _Id, primary_key=True, autoincrement=True)


journal = Table(
    "journal",
    metadata,
    _id(),
    Column("at", Instant, nullable=False),
    Column("brand", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("event", _Id),
    Column("case", _Id),
    Column("publication", _Id),
    Column("slot", _Id),
    Column("role", String),
    Column("person", String),
    Column("identity", String),
    Column("run", String),
    Column("code", String),
    Column("data", JSON),
    Index("ix_journal_case", "case"),
    Index("ix_journal_brand_at", "brand", "at"),
)
bundle = Table(
    "bundle",
    metadata,
    Column("hash", String, primary_key=True),
    Column("brand", String, nullable=False),
    Column("kept_at", Instant, nullable=False),
)
bundle_file = Table(
    "bundle_file",
    metadata,
    Column("hash", ForeignKey("bundle.hash"), primary_key=True),
    Column("path", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
deployed = Table(
    "deployed",
    metadata,
    Column("brand", String, primary_key=True),
    Column("hash", ForeignKey("bundle.hash"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("stopped_at", Instant),
    Column("stopped_by", String),
    Column("stop_reason", Text),
)
event = Table(
    "event",
    metadata,
    _id(),
    Column("brand", String, nullable=False),
    Column("channel", String, nullable=False),  # "" for events of no channel
    Column("platform", String, nullable=False),
    Column("platform_id", String, nullable=False),
    Column("revision", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("time", Instant, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("thread", String),
    Column("parent", String),
    Column("under", String),
    Column("language", String),
    Column("language_confidence", Float),
    Column("ours", Boolean, nullable=False, default=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("rule", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("play", String, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("playbook", String, nullable=False),
    Column("case", _Id),
    UniqueConstraint("brand", "channel", "platform_id", "revision", name="uq_event_dedupe"),
    Index("ix_event_thread", "brand", "channel", "thread"),
    Index("ix_event_case", "case"),
    Index("ix_event_time", "brand", "time"),  # what was said lately, and at this time of other days
)
said = Table(  # what somebody wrote and is called: erasable
    "said",
    metadata,
    Column("event", ForeignKey("event.id"), primary_key=True),
    Column("author_id", String),
    Column("handle", String),
    Column("text", Text),
    Column("url", String),
    Column("body", JSON, nullable=False),  # the whole Event as JSON
    Index("ix_said_author_id", "author_id"),
)
cursor = Table(
    "cursor",
    metadata,
    Column("brand", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("value", Text, nullable=False),
    Column("moved_at", Instant, nullable=False),
)
case = Table(
    "case",
    metadata,
    _id(),
    Column("brand", String, nullable=False),
    Column("state", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("assignee", String),
    Column("severity", String, nullable=False),
    Column("play", String, nullable=False),
    Column("channel", String),
    Column("platform", String, nullable=False),
    Column("thread", String),
    Column("subject", String, nullable=False),
    Column("subject_event", _Id, nullable=False),
    Column("correlation_key", String, nullable=False),
    Column("language", String),
    Column("topics", JSON, nullable=False),
    Column("template", String),
    Column("approval", String),
    Column("consulted", JSON, nullable=False),
    Column("informed", JSON, nullable=False),
    Column("escalation", JSON, nullable=False),
    Column("playbook", String, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_event_at", Instant, nullable=False),
    Column("first_response_due", Instant),
    Column("next_response_due", Instant),
    Column("resolution_due", Instant),
    Column("waiting_since", Instant),
    Column("waiting_for", String),  # coded: author, supplier ...
    Column("claimed_until", Instant),
    Column("reopened_at", Instant),
    Column("warned_at", Instant),
    Column("resolution_overdue_at", Instant),
    Column("incident", _Id),
    Column("place_at", Instant),  # when a member of a storm was given a place among the runs
    Column("thread_read_at", Instant),  # when the conversation was last read on the platform
    Column("acknowledged_at", Instant),
    Column("responded_at", Instant),
    Column("resolved_at", Instant),
    Column("outcome", String),
    Column("ladder_started_at", Instant),
    Column("ladder_step", Integer, nullable=False, default=0),
    Column("overdue_at", Instant),
    Column("attempt", Integer, nullable=False, default=1),
    Column("lease_run", String),
    Column("lease_until", Instant),
    Column("thread_revision", Integer, nullable=False, default=0),
    Column("draft", _Id),
    Column("form_round", Integer, nullable=False, default=0),
    Column("form_draft", _Id),
    Column("notice", String),  # coded reason shown on the next form: why nothing was sent
    Column("approval_expires_at", Instant),
    Column("handoff_to", String),
    Column("handoff_expires_at", Instant),
    Column("linked", _Id),
    Index("ix_case_brand_state", "brand", "state"),
    Index("ix_case_correlation", "brand", "correlation_key"),
    Index("ix_case_incident", "incident"),
)
seen = Table(  # what of a thread has counted already towards a case's thread_revision
    "seen",
    metadata,
    Column("case", ForeignKey("case.id"), primary_key=True),
    Column("message", String, primary_key=True),
    Column("revision", String, primary_key=True),  # "deleted" for a deletion
    Column("at", Instant, nullable=False),
)
overheard = Table(  # how a case's thread read on the platform, beside what came in: erasable
    "overheard",
    metadata,
    Column("case", ForeignKey("case.id"), primary_key=True),
    Column("message", String, primary_key=True),
    Column("revision", String, nullable=False),
    Column("parent", String),
    Column("author_id", String),
    Column("handle", String),
    Column("text", Text),
    Column("url", String),
    Column("time", Instant, nullable=False),
    Column("ours", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("read_at", Instant, nullable=False),
    Index("ix_overheard_author_id", "author_id"),
)
draft = Table(
    "draft",
    metadata,
    _id(),
    Column("case", ForeignKey("case.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", String, nullable=False),
    Column("destination", String, nullable=False),
    Column("writer", String),
    Column("template", String),
    Column("citations", JSON, nullable=False),
    Column("hash", String, nullable=False),
    Column("media_hash", String, nullable=False, default=""),
    Column("playbook", String, nullable=False),  # hash of the bundle it was written under
    Column("thread_revision", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("voided", String),  # coded reason
    UniqueConstraint("case", "version", name="uq_draft_version"),
)
approval = Table(
    "approval",
    metadata,
    _id(),
    Column("case", ForeignKey("case.id"), nullable=False),
    Column("draft", ForeignKey("draft.id")),
    Column("hash", String),
    Column("verdict", String),
    Column("person", String),
    Column("role", String),
    Column("identity", String, nullable=False),
    Column("via", String, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("code", String, nullable=False),  # ok, or why it was refused
    Column("reason", Text, nullable=False, default=""),
    Column("run", String),
    Column("at", Instant, nullable=False),
    Index("ix_approval_case", "case"),
)
slot = Table(
    "slot",
    metadata,
    _id(),
    Column("brand", String, nullable=False),
    Column("case", ForeignKey("case.id"), nullable=False),
    Column("campaign", String, nullable=False),
    Column("post", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("state", String, nullable=False),
    Column("at", Instant),  # null until the approval fixes a relative time
    Column("after_seconds", Integer),
    Column("attempt", Integer, nullable=False, default=1),
    Column("lease_run", String),
    Column("lease_until", Instant),
    Column("text", Text, nullable=False),
    Column("media", JSON, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("language", String),
    Column("hash", String, nullable=False),
    Column("playbook", String, nullable=False),
    Column("held_by", _Id),
    UniqueConstraint("case", "post", "channel", name="uq_slot_variant"),
    Index("ix_slot_state", "state", "at"),
)
publication = Table(
    "publication",
    metadata,
    _id(),
    Column("brand", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("case", ForeignKey("case.id")),
    Column("slot", ForeignKey("slot.id")),
    Column("draft", ForeignKey("draft.id")),
    Column("state", String, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("body", JSON),  # Prepared.body
    Column("hash", String, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("deadline", Instant),
    Column("run", String),
    Column("platform_id", String),
    Column("url", String),
    Column("published_at", Instant),
    Column("error", String),
    Column("made_at", Instant, nullable=False),
    Index("ix_publication_state", "state"),
    Index("ix_publication_platform_id", "brand", "channel", "platform_id"),
)
measurement = Table(
    "measurement",
    metadata,
    _id(),
    Column("publication", ForeignKey("publication.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("metric", String, nullable=False),
    Column("value", BigInteger, nullable=False),
    Index("ix_measurement_publication", "publication", "metric"),
)
hold = Table(
    "hold",
    metadata,
    _id(),
    Column("brand", String, nullable=False),
    Column("case", ForeignKey("case.id"), nullable=False),
    Column("role", String, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("starts", String, nullable=False),  # at_once, acknowledged
    Column("started_at", Instant),
    Column("at_most_seconds", Integer),
    Column("ends_at", Instant),
    Column("ended_at", Instant),
    Column("ended_by", String),
    Column("code", String),  # resolved, released, dropped, expired
    Column("reason", Text),  # why it was dropped, in a person's words
    Column("confirmed_by", String),
    Column("confirmed_at", Instant),
    Index("ix_hold_brand", "brand", "ended_at"),
)
step = Table(
    "step",
    metadata,
    _id(),
    Column("case", ForeignKey("case.id"), nullable=False),
    Column("ladder_started_at", Instant, nullable=False),
    Column("index", Integer, nullable=False),
    Column("notify", String, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("run", String),
    Column("lease_until", Instant),
    Column("done_at", Instant),
    Column("code", String),  # notified, acknowledged, nobody
    UniqueConstraint("case", "ladder_started_at", "index", name="uq_step_once"),
)
notification = Table(
    "notification",
    metadata,
    _id(),
    Column("step", ForeignKey("step.id")),
    Column("case", ForeignKey("case.id")),
    Column("person", String, nullable=False),
    Column("role", String),
    Column("at", Instant, nullable=False),
    Column("code", String, nullable=False),  # delivered, no_address, failed
)
handoff = Table(
    "handoff",
    metadata,
    _id(),
    Column("case", ForeignKey("case.id"), nullable=False),
    Column("from_role", String, nullable=False),
    Column("to_role", String, nullable=False),
    Column("offered_by", String),
    Column("offered_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String),
    Column("code", String),  # accepted, expired, withdrawn
    Column("reason", Text, nullable=False, default=""),
)
outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("brand", String, nullable=False),
    Column("kind", String, nullable=False),  # remit.case.opened ...
    Column("case", _Id),
    Column("slot", _Id),
    Column("step", _Id),
    Column("attempt", Integer),
    Column("role", String),
    Column("severity", String),
    Column("made_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Index("ix_outbox_unsent", "sent_at"),
)
absence = Table(  # leave and swaps: facts, not policy
    "absence",
    metadata,
    _id(),
    Column("brand", String, nullable=False),
    Column("person", String, nullable=False),
    Column("since", Date, nullable=False),  # the first day, on the brand's calendar
    Column("until", Date, nullable=False),  # the last day, included
    Column("cover", String),  # who stands in
    Column("recorded_by", String),
    Column("recorded_at", Instant, nullable=False),
    Column("withdrawn_by", String),
    Column("withdrawn_at", Instant),
    Index("ix_absence_brand", "brand", "until"),
)
enrolment = Table(  # personal one-time codes; the secret is encrypted with a key from outside
    "enrolment",
    metadata,
    Column("brand", String, primary_key=True),
    Column("person", String, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("enrolled_at", Instant, nullable=False),
    Column("last_step", _Id, nullable=False, default=0),  # the newest code that was taken
)
reminder = Table(  # what a person is to be told beside the steps of an escalation
    "reminder",
    metadata,
    _id(),
    Column("brand", String, nullable=False),
    Column("person", String, nullable=False),
    Column("role", String),
    Column("case", ForeignKey("case.id"), nullable=False),
    Column("kind", String, nullable=False),  # new, due_soon, breached, handed_to_you ...
    Column("key", String, nullable=False),  # what makes it the same reminder: told once
    Column("made_at", Instant, nullable=False),
    Column("after", Instant, nullable=False),  # not before: quiet hours, a digest
    Column("told_at", Instant),
    Column("code", String),  # delivered, no_address, failed, moot
    UniqueConstraint("person", "case", "key", name="uq_reminder_once"),
    Index("ix_reminder_untold", "brand", "told_at"),
)
incident = Table(  # a storm: many messages about one thing, told once
    "incident",
    metadata,
    _id(),
    Column("brand", String, nullable=False),
    Column("topic", String),
    Column("channel", String),
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("event", _Id),  # the metric.spike that it raised
    Column("case", _Id),  # the case that this event opened
    Column("rate", Float, nullable=False),  # messages in the window
    Column("baseline", Float, nullable=False),
    Column("statement", _Id),  # the approved draft that its members share
    Index("ix_incident_brand", "brand", "closed_at"),
)
