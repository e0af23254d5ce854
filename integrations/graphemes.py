"""How networks count the length of a text."""

from __future__ import annotations

import regex


def graphemes(text: str) -> int:
    """Characters as people see them: an emoji with its skin tone is one."""
    return len(regex.findall(r"\X", text))
