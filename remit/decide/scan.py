"""All topics of a playbook in one pass over a text, by Aho-Corasick."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import BytesAhoCorasick, Implementation

from remit.decide.text import Part, literal, packed, parts_of, pattern, pieces
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
        self._find = (
            BytesAhoCorasick(list(signs), implementation=Implementation.DFA).find_matches_as_indexes
            if signs
            else None
        )

    def held(self, text: str) -> int:
        """The topics whose words stand in the text, and none of their `not`."""
        if self._find is None:
            return 0
        line = packed(text)
        signs = self._signs
        words = ""
        said = unsaid = 0
        for number, _, _ in self._find(line, overlapping=True):
            here, against, only_if = signs[number]
            said |= here
            unsaid |= against
            if only_if and not words:
                words = line.decode()  # text is searched three times as fast as bytes
            for other, wanted, more, more_against in only_if:
                if other in words and wanted.search(words):
                    said |= more
                    unsaid |= more_against
        return said & ~unsaid


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
    for parts, said, unsaid in starred:
        # A long piece stands in few texts; one that many phrases of the playbook have, in many.
        first, second, *_ = sorted(pieces(parts), key=_commonness(plain))
        found = (second, re.compile(pattern(parts)), said, unsaid)
        signs[first.encode()].only_if += (found,)
    return signs


def _commonness(lines: Sequence[str]) -> Callable[[str], float]:
    """How often a piece is likely to stand in a text, by no measure but its own."""
    everything = "".join(lines)
    return lambda piece: everything.count(piece) / 2 ** (len(piece) / 2)
