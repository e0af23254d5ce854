"""Markdown for what Prefect shows. Everything that a stranger wrote is escaped here, once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NOBODY = "—"
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def escaped(text: str) -> str:
    """Text from outside as one line of inert markdown: no markup, no HTML, no link."""
    # Prefect's UI shows a backslash escape as CommonMark has it, and an entity as it stands.
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def quoted(text: str) -> str:
    """Text from outside as an inert block quote."""
    return "\n".join(f"> {escaped(line)}  " for line in text.splitlines() or [""])


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table; the cells must be inert already."""
    lines = [f"| {' | '.join(header)} |", "|" + "---|" * len(header)]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)
