"""Words, from templates and approved knowledge. Text from outside enters as data only."""

from __future__ import annotations

from remit.draft.compose import Composed, compose
from remit.draft.plan import plan_text, variant_problems

__all__ = ["Composed", "compose", "plan_text", "variant_problems"]
