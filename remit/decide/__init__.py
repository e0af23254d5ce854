"""What is decided, by nothing but its arguments: no network, file, clock, log or template."""

from __future__ import annotations

from remit.decide.approvals import Judgement, content_hash, judge
from remit.decide.autopilot import may_go_unseen
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
from remit.decide.tally import Tally, eligible, tally

__all__ = [
    "TRANSITIONS",
    "Judgement",
    "Router",
    "Tally",
    "acknowledged",
    "add",
    "advance",
    "content_hash",
    "correlation_key",
    "due_times",
    "eligible",
    "is_open",
    "judge",
    "may_go_unseen",
    "may_join",
    "may_send",
    "next_due",
    "step",
    "tally",
]
