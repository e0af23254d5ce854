"""All topics of a playbook in one pass over a text, by Aho-Corasick."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from ahocorasick_rs import BytesAhoCorasick, Implementation

from remit.decide.text import (
    BORDER,
    Part,
    literal,
    packed,
    packed_together,
    parts_of,
    pattern,
    pieces,
)
from remit.model import Topic

_OnlyIf = tuple[str, re.Pattern[str], int, int]
"""A phrase with a `*` between its words: another piece, which must stand somewhere in the line; the
pattern that the line must hold then; and as `said` and `unsaid` below."""


@dataclass(slots=True)
class _Sign:
    """What one string of letters tells where it stands in a line."""

    said: int = 0
    """The topics that have such a word."""
    unsaid: int = 0
    """The topics that have it under `not`."""
    only_if: tuple[_OnlyIf, ...] = ()
    """Phrases that may be held where it stands."""


class Scan:
    """Which topics a text holds, as a bitset in the order in which they were given."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        signs = _signs(list(topics))
        self._signs = tuple((each.said, each.unsaid, each.only_if) for each in signs.values())
        wanted = [*signs, BORDER]
        self._find = BytesAhoCorasick(
            wanted, implementation=Implementation.DFA
        ).find_matches_as_indexes

    def held(self, text: str) -> int:
        """The topics whose words stand in the text, and none of their `not`."""
        return self._look(packed(text) + BORDER)[0]

    def held_by_each(self, texts: Sequence[str]) -> list[int]:
        """The same of several texts, which costs less together."""
        return self._look(packed_together(texts))

    def _look(self, lines: bytes) -> list[int]:
        """Of each line up to its BORDER."""
        signs = self._signs
        border = len(signs)
        found: list[int] = []
        said = unsaid = start = 0
        words = ""
        for number, _, end in self._find(lines, overlapping=True):
            if number == border:
                found.append(said & ~unsaid)
                said = unsaid = 0
                start, words = end, ""
                continue
            here, against, only_if = signs[number]
            said |= here
            unsaid |= against
            if only_if and not words:
                # Text is searched three times as fast as bytes.
                words = lines[start : lines.index(BORDER, start)].decode()
            for other, wanted, more, more_against in only_if:
                if other in words and wanted.search(words):
                    said |= more
                    unsaid |= more_against
        return found


def _signs(topics: Sequence[Topic]) -> Mapping[bytes, _Sign]:
    """What to look for. A phrase without words is held by no text, and gives nothing."""
    signs: defaultdict[bytes, _Sign] = defaultdict(_Sign)
    starred: list[tuple[tuple[Part, ...], int, int]] = []
    plain: list[str] = []
    for number, topic in enumerate(topics):
        phrases = [(phrase, 1 << number, 0) for phrase in topic.words]
        phrases += [(phrase, 0, 1 << number) for phrase in topic.without]
        for phrase, said, unsaid in phrases:
            parts = parts_of(phrase)
            whole = literal(parts) if parts else ""
            if whole is None:
                starred.append((parts, said, unsaid))
            elif whole:
                signs[whole.encode()].said |= said
                signs[whole.encode()].unsaid |= unsaid
            plain.append(f" {' '.join(word for word, _, _ in parts)} ")
    common = _commonness(plain)
    for parts, said, unsaid in starred:
        # A long piece stands in few texts; one that many phrases of the playbook have, in many.
        first, second, *_ = sorted(pieces(parts), key=common)
        found = (second, re.compile(pattern(parts)), said, unsaid)
        signs[first.encode()].only_if += (found,)
    return signs


def _commonness(lines: Sequence[str]) -> Callable[[str], float]:
    """How often a piece is likely to stand in a text, by no measure but its own."""
    everything = "".join(lines)
    return cache(lambda piece: everything.count(piece) / 2 ** (len(piece) / 2))
