"""The one normalisation of phrases and texts, and whether a text holds a phrase.

Character classes come from `regex`, whose Unicode tables do not depend on the Python that runs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import partial

import regex

from remit.model import InputError, Topic

_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")
_REPEATED = regex.compile(r"(\p{L})\1+")
_LETTERS = r"\p{L}\p{M}\p{Nd}_"
_WORD = rf"[{_LETTERS}]+|[^{_LETTERS}\s\p{{Z}}\p{{P}}\p{{Cc}}\p{{Cf}}\p{{Cs}}]"
_WORDS = regex.compile(_WORD)
_STARRED = regex.compile(rf"(?P<lead>\*+)?(?P<word>{_WORD})(?P<trail>\*+)?|(?P<alone>\*)")

Matcher = Callable[[str], bool]
"""Takes a line of words, as `line` makes it."""


def normal(text: str) -> str:
    """NFKC, case folded, without what nobody sees, each run of the same letter as one."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # An invisible character can keep a letter from its accent: compose again where one was dropped.
    seen, dropped = _IGNORABLE.subn("", folded)
    if dropped:
        seen = unicodedata.normalize("NFKC", seen)
    collapsed: str = _REPEATED.sub(r"\1", seen)
    return collapsed


def words(text: str) -> tuple[str, ...]:
    """Runs of letters, marks, digits and `_`; every other symbol is a word of its own."""
    return tuple(_WORDS.findall(normal(text)))


def line(text: str) -> str:
    """The words of a text with a space on either side of each, for `matcher`."""
    return f" {' '.join(words(text))} "


def matcher(phrase: str) -> Matcher:
    """Whether a line holds the phrase: consecutive whole words; `*` may lead or trail a word.

    A phrase without any word is held by no text. Raises InputError for a `*` that stands alone or
    inside a word.
    """
    parts = _parts(phrase)
    if not parts:
        return _never
    whole = " ".join(word for word, _, _ in parts)
    head = "" if parts[0][1] else " "
    tail = "" if parts[-1][2] else " "
    inner = any(trail for _, _, trail in parts[:-1]) or any(lead for _, lead, _ in parts[1:])
    if not inner:
        return partial(_contains, head + whole + tail)
    pattern = " ".join(
        ("[^ ]*" if lead else "") + re.escape(word) + ("[^ ]*" if trail else "")
        for word, lead, trail in parts
    )
    return partial(_finds, re.compile(f" {pattern} "))


def holds(text: str, phrase: str) -> bool:
    """Whether a text holds one phrase."""
    return matcher(phrase)(line(text))


def topic_matcher(topic: Topic) -> Matcher:
    """Whether a line has one of the topic's words and none of its `not`."""
    wanted = tuple(map(matcher, topic.words))
    unwanted = tuple(map(matcher, topic.without))

    def held(text: str) -> bool:
        return _any(wanted, text) and not _any(unwanted, text)

    return held


def _any(matchers: Iterable[Matcher], text: str) -> bool:
    return any(one(text) for one in matchers)


def _never(_: str) -> bool:
    return False


def _contains(needle: str, text: str) -> bool:
    return needle in text


def _finds(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.search(text) is not None


def _parts(phrase: str) -> list[tuple[str, bool, bool]]:
    """(word, whether `*` leads it, whether `*` trails it)."""
    parts: list[tuple[str, bool, bool]] = []
    end = -1
    for found in _STARRED.finditer(normal(phrase)):
        lead, trail = found["lead"] is not None, found["trail"] is not None
        joined = found.start() == end and parts and (lead or parts[-1][2])
        if found["alone"] is not None or joined:
            raise InputError(
                f"the phrase {phrase!r} has a `*` that neither leads nor trails a word; "
                "write it against a word, like `refund*` or `*racun*`"
            )
        parts.append((found["word"], lead, trail))
        end = found.end()
    return parts
