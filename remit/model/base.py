"""What every value of the vocabulary shares."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value: equal by content, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Severity(StrEnum):
    """How loud a case is; the order of the members is the order of strength."""

    low = "low"
    normal = "normal"
    high = "high"
    critical = "critical"

    @property
    def rank(self) -> int:
        """0 for low up to 3 for critical."""
        return list(Severity).index(self)

    @property
    def band(self) -> str:
        """`urgent` for high and critical, else `normal`: the work queue that serves it."""
        return "urgent" if self.rank >= Severity.high.rank else "normal"


class Play(StrEnum):
    """What is done about an event."""

    reply = "reply"
    campaign = "campaign"
    triage = "triage"
    log = "log"

    @property
    def opens_case(self) -> bool:
        """`log` keeps the event and asks nobody."""
        return self is not Play.log
