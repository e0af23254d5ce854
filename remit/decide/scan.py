"""All topics of a playbook in one pass over a text, by Aho-Corasick."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, Implementation

from remit.decide.text import Part, line, literal, parts_of, pattern, sign
from remit.model import Topic


@dataclass(slots=True)
class _Sign:
    """What one string of letters tells where it stands in a line."""

    said: int = 0
    """The topics that have such a word."""
    unsaid: int = 0
    """The topics that have it under `not`."""
    only_if: tuple[tuple[re.Pattern[str], int, int], ...] = ()
    """(pattern that the line must hold besides, as `said`, as `unsaid`)."""


class Scan:
    """Which topics a text holds, as a bitset in the order in which they were given."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        signs: dict[str, _Sign] = {}
        for number, topic in enumerate(topics):
            for phrase in topic.words:
                _learn(signs, parts_of(phrase), 1 << number, 0)
            for phrase in topic.without:
                _learn(signs, parts_of(phrase), 0, 1 << number)
        self._signs = tuple((each.said, each.unsaid, each.only_if) for each in signs.values())
        self._find = (
            AhoCorasick(list(signs), implementation=Implementation.DFA).find_matches_as_indexes
            if signs
            else None
        )

    def held(self, text: str) -> int:
        """The topics whose words stand in the text, and none of their `not`."""
        if self._find is None:
            return 0
        words = line(text)
        said = unsaid = 0
        for number, _, _ in self._find(words, overlapping=True):
            here, against, only_if = self._signs[number]
            said |= here
            unsaid |= against
            for wanted, more, more_against in only_if:
                if (more & ~said or more_against & ~unsaid) and wanted.search(words):
                    said |= more
                    unsaid |= more_against
        return said & ~unsaid


def _learn(signs: dict[str, _Sign], parts: tuple[Part, ...], said: int, unsaid: int) -> None:
    if not parts:  # nothing but punctuation: no text holds it
        return
    whole = literal(parts)
    known = signs.setdefault(sign(parts) if whole is None else whole, _Sign())
    if whole is None:
        known.only_if = (*known.only_if, (pattern(parts), said, unsaid))
    else:
        known.said |= said
        known.unsaid |= unsaid
