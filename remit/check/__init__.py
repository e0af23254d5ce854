"""What can be known of a playbook before anything happens. Pure."""

from __future__ import annotations

from remit.check.prove import examples, prove
from remit.check.study import Away, Given, Study

__all__ = ["Away", "Given", "Study", "examples", "prove"]
