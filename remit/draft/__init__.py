"""Words, from templates and approved knowledge. Text from outside enters as data only."""

from __future__ import annotations

from remit.draft.compose import Composed, compose
from remit.draft.plan import plan_text, variant_problems
from remit.draft.trial import template_findings

__all__ = ["Composed", "compose", "plan_text", "template_findings", "variant_problems"]
