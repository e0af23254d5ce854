"""All topics of a playbook in one pass over a text, by Aho-Corasick."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import BytesAhoCorasick, Implementation

from remit.decide.text import (
    BORDER,
    behind,
    packed,
    packed_together,
    parts_of,
    pattern,
    pieces,
)
from remit.model import Topic

_Then = tuple[re.Pattern[bytes], int, int]
"""What must stand behind the first piece of a phrase, or of several; and as `said` and `unsaid` below."""
_OnlyIf = tuple[re.Pattern[bytes], int, int]
"""The pattern of a whole phrase, which the line must hold; and the same."""
_STEM = 2
"""Letters that a stem is worth beside a whole word, where a rare piece is wanted: so it stood in the
fewest of real texts."""


@dataclass(slots=True)
class _Sign:
    """What one string of letters tells where it stands in a line."""

    said: int = 0
    """The topics that have such a word."""
    unsaid: int = 0
    """The topics that have it under `not`."""
    then: tuple[_Then, ...] = ()
    only_if: tuple[_OnlyIf, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether it must be looked around it."""
        return bool(self.then or self.only_if)


class Scan:
    """Which topics a text holds, as a bitset in the order in which they were given."""

    def __init__(self, topics: Iterable[Topic]) -> None:
        signs = _signs(list(topics))
        self._signs = tuple(
            (each.said, each.unsaid, (each.then, each.only_if) if each.asks else None)
            for each in signs.values()
        )
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
        for number, _, end in self._find(lines, overlapping=True):
            if number == border:
                found.append(said & ~unsaid)
                said = unsaid = 0
                start = end
                continue
            here, against, asked = signs[number]
            said |= here
            unsaid |= against
            if asked is None:
                continue
            then, only_if = asked
            for rest, more, more_against in then:
                if rest.match(lines, end):
                    said |= more
                    unsaid |= more_against
            for wanted, more, more_against in only_if:
                if wanted.search(lines, start, lines.index(BORDER, end)):
                    said |= more
                    unsaid |= more_against
        return found


def _signs(topics: Sequence[Topic]) -> Mapping[bytes, _Sign]:
    """What to look for. A phrase without words is held by no text, and gives nothing."""
    signs: defaultdict[bytes, _Sign] = defaultdict(_Sign)
    rests: defaultdict[tuple[bytes, int, int], list[str]] = defaultdict(list)
    for number, topic in enumerate(topics):
        phrases = [(phrase, 1 << number, 0) for phrase in topic.words]
        phrases += [(phrase, 0, 1 << number) for phrase in topic.without]
        for phrase, said, unsaid in phrases:
            parts = parts_of(phrase)
            if not parts:
                continue
            first, *rest = pieces(parts)
            if not rest:
                signs[first.encode()].said |= said
                signs[first.encode()].unsaid |= unsaid
            elif _is_whole(first):
                # Often a small word that every text has; one of the others says more.
                sign = max((first, *rest), key=_rarity).encode()
                wanted = re.compile(pattern(parts).encode())
                signs[sign].only_if += ((wanted, said, unsaid),)
            else:
                rests[first.encode(), said, unsaid].append(behind(parts))
    for (sign, said, unsaid), each in rests.items():
        wanted = re.compile("|".join(each).encode())
        signs[sign].then += ((wanted, said, unsaid),)
    return signs


def _is_whole(piece: str) -> bool:
    return piece[0] == piece[-1] == " "


def _rarity(piece: str) -> int:
    """How few texts a piece is likely to stand in: a long one in few, and a stem is seldom one of the
    small words that every text has."""
    return len(piece) + (0 if _is_whole(piece) else _STEM)
