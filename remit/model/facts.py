"""What the ledger tells to whoever measures: numbers, times and roles, no text and no handle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime, Field

from remit.model.base import Frozen, Play
from remit.model.case import State


class EventFact(Frozen):
    """A message or an act that arrived; its later edits are not counted again."""

    owner: str
    kind: str
    time: AwareDatetime
    ours: bool = False


class CaseFact(Frozen):
    """A case, as it stood when the facts were read."""

    owner: str
    rule: str
    play: Play
    state: State
    asked_at: AwareDatetime
    """The time of its first event: the clock of the first response starts here."""
    opened_at: AwareDatetime
    responded_at: AwareDatetime | None = None
    """The first reply that a person approved, or that was made outside of Remit."""
    unseen: bool = False
    """Answered from a template, without a person having seen it."""
    outcome: str | None = None
    first_response_due: AwareDatetime | None = None


class PublicationFact(Frozen):
    """Something that was published, and what the audience has done with it."""

    owner: str
    channel: str
    kind: Literal["reply", "post"]
    unseen: bool = False
    """Sent without a person having seen it."""
    published_at: AwareDatetime
    counts: Mapping[str, int] = Field(default_factory=dict)


class Facts(Frozen):
    """Everything about a brand from `since` up to, and without, `until`."""

    brand: str
    since: AwareDatetime
    until: AwareDatetime
    events: tuple[EventFact, ...] = ()
    cases: tuple[CaseFact, ...] = ()
    publications: tuple[PublicationFact, ...] = ()
