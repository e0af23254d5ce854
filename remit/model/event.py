"""What arrives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from remit.model.base import Frozen

KINDS: tuple[str, ...] = (
    "conversation.comment",
    "conversation.mention",
    "conversation.reply",
    "conversation.message",
    "conversation.review",
    "conversation.thread",
    "conversation.post",
    "conversation.flag",
    "conversation.takedown",
    "audience.follow",
    "audience.reaction",
    "audience.share",
    "content.brief",
    "content.idea",
    "content.published",
    "content.failed",
    "metric.threshold",
    "metric.spike",
    "case.overdue",
    "case.reopened",
    "case.handoff",
)
"""The closed hierarchy. Any other kind is stored, named in `remit status`, and taken by otherwise."""

RELATIONS: tuple[str, ...] = ("customer", "lead", "fan", "staff", "partner", "press", "unknown")
UNDER: tuple[str, ...] = ("campaign", "organic", "ad", "profile", "none")


def _exact(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("must be a finite number")
    _, digits, exponent = value.as_tuple()
    if len(digits) > 34 or abs(int(exponent)) > 30:
        raise ValueError("must have at most 34 digits and an exponent within 30")
    return value


Exact = Annotated[Decimal, AfterValidator(_exact)]
"""A decimal taken from its literal: at most 34 digits, exponent within 30, never NaN or infinite."""


Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC)),
]
"""An instant that any zone can show and any due time can follow."""


class Author(Frozen):
    """Who wrote it, outside."""

    id: str | None = None
    handle: str | None = None
    relation: str | None = None
    followers: Annotated[int, Field(ge=0)] | None = None
    verified: bool | None = None


class Event(Frozen):
    """An immutable fact that arrived. `id` is the platform's own."""

    id: str
    kind: str
    platform: str
    time: Moment
    channel: str | None = None
    text: str | None = None
    language: str | None = None
    under: str | None = None
    thread: str | None = None
    """The platform's id of the first message of the conversation."""
    parent: str | None = None
    """The platform's id of the message that this one answers."""
    ours: bool = False
    """Written by the brand's own account."""
    author: Author | None = None
    reach: Annotated[int, Field(ge=0)] | None = None
    sentiment: Exact | None = None
    toxicity: Exact | None = None
    metric: str | None = None
    value: Exact | None = None
    change: Exact | None = None
    fields: Mapping[str, str | bool | Exact | None] = Field(default_factory=dict)


class Arrival(Frozen):
    """An event as an adapter hands it over, with what only the platform can know of it."""

    event: Event
    revision: str = "1"
    """The platform's version of this message. An edit is a new revision."""
    deleted: bool = False
    key: str | None = None
    """The key under which we published it, where the platform shows it. Only for `ours`."""
    url: str | None = None
    """Where a person can read it."""
    language_confidence: float | None = None
    """0 to 1; None where the platform named the language."""


class Message(Frozen):
    """One message of a thread as it reads now."""

    id: str
    revision: str = "1"
    parent: str | None = None
    author_id: str
    handle: str
    text: str
    time: AwareDatetime
    ours: bool = False
    deleted: bool = False
    key: str | None = None
    url: str | None = None


class Thread(Frozen):
    """A conversation as the platform shows it at `read_at`, oldest message first."""

    root: str
    messages: tuple[Message, ...]
    read_at: datetime
    complete: bool = True
    """False where the platform cuts long threads."""
