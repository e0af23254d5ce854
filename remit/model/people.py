"""Who is not there: facts of the ledger, beside the hours and shifts that the playbook decides."""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime

from remit.model.base import Frozen


class Absence(Frozen):
    """A person's leave, both days included, on the brand's calendar."""

    id: int
    brand: str
    person: str
    since: date
    until: date
    cover: str | None = None
    """The person who stands in."""
    recorded_by: str | None = None
    recorded_at: AwareDatetime
    withdrawn_by: str | None = None
    withdrawn_at: AwareDatetime | None = None

    def on(self, day: date) -> bool:
        """Whether the person is away on that day."""
        return self.withdrawn_at is None and self.since <= day <= self.until


REMINDERS = (
    "escalation",
    "new",
    "due_soon",
    "breached",
    "waited_long",
    "handed_to_you",
    "approval_expired",
    "consulted",
    "informed",
)
"""What people are told of a case. A step of an escalation is told at once, and here if it waits."""
