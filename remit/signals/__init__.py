"""What a text says of itself. Begins with its language."""

from __future__ import annotations

from remit.signals.language import identify, with_language

__all__ = ["identify", "with_language"]
