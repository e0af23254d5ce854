"""What the rooms ask of each other without knowing each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from remit.model.base import Frozen
from remit.model.content import Content, Counts, Prepared, Receipt
from remit.model.decision import Decision
from remit.model.event import Arrival, Event, Message, Thread
from remit.model.playbook import Duration


class Limits(Frozen):
    """What a network takes in one post."""

    graphemes: int
    images: int = 4
    image_bytes: int = 1_000_000
    alt_graphemes: int = 2000
    mimes: tuple[str, ...] = ("image/png", "image/jpeg")
    reply_window: Duration | None = None
    """How long after a message its author can still be answered; None: for ever."""


class Capability(Frozen):
    """One line of a platform's capability file."""

    status: str
    """done, todo or exempt."""
    proof: str | None = None
    """A: on a real server. B: against the vendor's description. C: unverified."""
    reason: str | None = None


class Batch(Frozen):
    """What one poll brought. Ingested in one transaction with its cursor."""

    arrivals: tuple[Arrival, ...]
    cursor: str
    more: bool = False
    """True: poll again at once."""


class Platform(Protocol):
    """One account on one network. Raises only `remit.model.errors.PlatformError` families."""

    platform: str
    limits: Limits
    idempotent: bool
    """True: sending the same Prepared again can never publish twice."""
    settle: timedelta
    """How long after a write the platform may still hide it. Nobody reads back before."""

    absence_is_proof: bool
    """True: when `find` returns None after `settle`, it certainly was not published."""

    async def listen(self, cursor: str | None, since: datetime | None = None) -> Batch:
        """All that is new since `cursor`; with None, start at now (or at `since`)."""
        ...

    async def thread(self, message: str) -> Thread:
        """The conversation around a message, with its root. Raises Gone."""
        ...

    async def prepare(self, content: Content, key: str, now: datetime) -> Prepared:
        """Fix the final bytes (facets, uploaded blobs, creation time). Publishes nothing."""
        ...

    async def send(self, prepared: Prepared, deadline: datetime) -> Receipt:
        """Publish once; no byte leaves after `deadline`.

        Raises OutcomeUnknown where it may have been done, Retryable where it certainly was not.
        """
        ...

    async def find(self, prepared: Prepared) -> Receipt | None:
        """Read back by key: the receipt if it is published, None if it certainly is not there."""
        ...

    async def measure(self, ids: Sequence[str]) -> Mapping[str, Counts]:
        """Counts by the platform's ids; ids that are gone are left out."""
        ...

    async def own_messages(self) -> Sequence[Message]:
        """All that the platform shows of this account, oldest first: what an audit compares with.

        Raises PlatformError where it cannot show all of it.
        """
        ...

    async def close(self) -> None: ...


class Decider(Protocol):
    """The Router, as the ledger sees it."""

    def decide(self, event: Event) -> Decision: ...


class HolidayCalendar(Protocol):
    """Public holidays by country, handed down by a higher room."""

    def closed(self, country: str, joint_leave: bool, day: date) -> bool: ...

    def named(self, country: str, joint_leave: bool, day: date) -> str | None:
        """What such a day is called; None where it is no holiday."""
        ...

    def estimated(self, country: str, joint_leave: bool, day: date) -> bool:
        """True: the day is only reckoned, and may move when it is announced."""
        ...
