"""What the Router says of an event."""

from __future__ import annotations

from remit.model.base import Frozen
from remit.model.playbook import Outcome


class Tried(Frozen):
    """One line of a trace."""

    rule: str
    matched: bool
    failed: str | None = None
    """The first test that failed, in the words of the playbook, or None."""


class Decision(Frozen):
    """The first match, and what it says. `rule` is `otherwise` where no rule matched."""

    rule: str
    outcome: Outcome
    topics: tuple[str, ...] = ()
    """Names of the topics that the text holds, in the order of the playbook."""
