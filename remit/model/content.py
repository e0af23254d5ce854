"""What goes out: content, its fixed bytes, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import AwareDatetime, Field

from remit.model.base import Frozen


class Media(Frozen):
    """A picture to publish."""

    name: str
    mime: str
    alt: str
    data: bytes


class Content(Frozen):
    """What a person approved, before a platform has given it its form."""

    text: str
    language: str | None = None
    media: tuple[Media, ...] = ()
    reply_to: str | None = None
    """The platform's id of the message answered; None: a post."""


class Prepared(Frozen):
    """The final bytes of a publication. Sending it twice sends the same."""

    key: str
    """Chosen by us: rkey on AT Protocol, Idempotency-Key elsewhere."""
    body: Mapping[str, object]
    """JSON: only what the adapter that made it understands. Holds no secret."""


class Receipt(Frozen):
    """The platform's word that something is published."""

    id: str
    url: str | None = None
    time: AwareDatetime


class PublicationState(StrEnum):
    prepared = "prepared"
    sending = "sending"
    published = "published"
    unknown = "unknown"
    """Nobody can tell from here: a person looks."""
    failed = "failed"
    """Certainly not published, and not tried again."""
    voided = "voided"
    """Never sent, and never will be."""


class Publication(Frozen):
    """One message out: an intent before it is sent, a receipt after."""

    id: int
    brand: str
    channel: str
    case: int | None = None
    slot: int | None = None
    state: PublicationState
    key: str
    prepared: Prepared | None = None
    hash: str
    """Of the draft or variant that was approved."""
    attempt: int = 0
    deadline: AwareDatetime | None = None
    """No byte leaves after it."""
    receipt: Receipt | None = None
    error: str | None = None
    """A coded reason."""


class SlotState(StrEnum):
    planned = "planned"
    approved = "approved"
    publishing = "publishing"
    published = "published"
    returned = "returned"
    """Its time passed under a hold or a stop: its owner re-times, changes or drops it."""
    dropped = "dropped"
    unknown = "unknown"
    failed = "failed"


class Slot(Frozen):
    """A planned time for one variant of a campaign."""

    id: int
    brand: str
    case: int
    """The case of the campaign."""
    campaign: str
    """The id of the brief."""
    post: str
    """The id of the brief's post."""
    channel: str
    owner: str
    state: SlotState
    at: AwareDatetime
    attempt: int = 1
    text: str
    media: tuple[tuple[str, str], ...] = ()
    """(file in the bundle, alt text)."""
    topics: tuple[str, ...] = ()
    language: str | None = None
    hash: str
    playbook: str


class Counts(Frozen):
    """What the audience did with a post: likes, replies, reposts, quotes, views where known."""

    counts: Mapping[str, int] = Field(default_factory=dict)
