"""What a text says of itself. Begins with its language."""

from __future__ import annotations

from remit.signals.language import identify, with_language

SUPPLIES = frozenset({"language"})
"""The fields of an event that are filled here."""

__all__ = ["SUPPLIES", "identify", "with_language"]
