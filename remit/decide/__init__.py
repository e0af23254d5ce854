"""What is decided, by nothing but its arguments: no network, file, clock, log or template."""

from __future__ import annotations

from remit.decide.approvals import Judgement, content_hash, eligible, judge
from remit.decide.cases import (
    TRANSITIONS,
    acknowledged,
    advance,
    correlation_key,
    may_join,
    next_due,
    step,
)
from remit.decide.clock import add, due_times, is_open
from remit.decide.router import Router
from remit.decide.sending import may_send

__all__ = [
    "TRANSITIONS",
    "Judgement",
    "Router",
    "acknowledged",
    "add",
    "advance",
    "content_hash",
    "correlation_key",
    "due_times",
    "eligible",
    "is_open",
    "judge",
    "may_join",
    "may_send",
    "next_due",
    "step",
]
