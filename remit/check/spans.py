"""Sets of instants: spans of whole seconds, each with its end left out, sorted and apart."""

from __future__ import annotations

from collections.abc import Iterable

Spans = tuple[tuple[int, int], ...]


def join(spans: Iterable[tuple[int, int]]) -> Spans:
    """The set of all of them; those that touch become one."""
    made: list[tuple[int, int]] = []
    for since, until in sorted(spans):
        if made and since <= made[-1][1]:
            if until > made[-1][1]:
                made[-1] = (made[-1][0], until)
        elif since < until:
            made.append((since, until))
    return tuple(made)


def length(spans: Spans) -> int:
    """How many seconds they are together."""
    return sum(until - since for since, until in spans)
