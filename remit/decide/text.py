"""The one normalisation of phrases and texts, and whether a text holds a phrase.

Character classes come from `regex`, whose Unicode tables do not depend on the Python that runs.
`normal` and `words` say what is meant, `line` says the same in a tenth of the time: one look at
each character in C, and Python only where a letter repeats or a symbol stands.
"""

from __future__ import annotations

import codecs
import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from unicodedata import combining

import regex
from ahocorasick_rs import BytesAhoCorasick, Implementation

from remit.model import InputError, Topic

_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")
_REPEATED = regex.compile(r"(\p{L})\1+")
_LETTERS = r"\p{L}\p{M}\p{Nd}_"
_WORD = rf"[{_LETTERS}]+|[^{_LETTERS}\s\p{{Z}}\p{{P}}\p{{Cc}}\p{{Cf}}\p{{Cs}}]"
_WORDS = regex.compile(_WORD)
_LETTER = regex.compile(rf"[{_LETTERS}]")
_STARRED = regex.compile(rf"(?P<lead>\*+)?(?P<word>{_WORD})(?P<trail>\*+)?|(?P<alone>\*)")

Matcher = Callable[[str], bool]
"""Takes a line of words, as `line` makes it."""


def normal(text: str) -> str:
    """NFKC, case folded, without what nobody sees, each run of the same letter as one."""
    folded = _folded(text)
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
    """The words of a text with a space on either side of each: ` uang kembali dong `."""
    return f" {b' '.join(packed(text).split()).decode()} "


def packed(text: str) -> bytes:
    """The line in UTF-8, as it is looked through: at its ends there may be more than one space."""
    data = f" {text} ".encode("ascii", _APART)
    if _HIDDEN in data:
        return f" {' '.join(words(text))} ".encode()
    data = data.translate(_ASCII)
    marks = _MARKS.find_matches_as_indexes(data, overlapping=True)
    return _mended(data, marks) if marks else data


def packed_together(texts: Sequence[str]) -> bytes:
    """The lines of some texts, each with BORDER behind it: the same as one by one, for less.

    Texts that cannot be done so are packed one by one.
    """
    data = f" {_BETWEEN.join(texts)}{_BETWEEN}".encode("ascii", _APART)
    if _HIDDEN in data or data.count(BORDER) != len(texts):
        return b"".join(packed(text) + BORDER for text in texts)
    data = data.translate(_ASCII_AND_BORDER)
    return _mended(data, _MARKS.find_matches_as_indexes(data, overlapping=True))


def matcher(phrase: str) -> Matcher:
    """Whether a line holds the phrase: consecutive whole words; `*` may lead or trail a word.

    A phrase without any word is held by no text. Raises InputError for a `*` that stands alone or
    inside a word.
    """
    parts = parts_of(phrase)
    if not parts:
        return _never
    whole = literal(parts)
    return (
        partial(_finds, re.compile(pattern(parts))) if whole is None else partial(_contains, whole)
    )


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


Part = tuple[str, bool, bool]
"""(word, whether `*` leads it, whether `*` trails it)."""


def parts_of(phrase: str) -> tuple[Part, ...]:
    """A phrase word by word. Raises InputError as `matcher` does."""
    if "*" not in phrase:
        return tuple((word, False, False) for word in words(phrase))
    parts: list[Part] = []
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
    return tuple(parts)


def literal(parts: tuple[Part, ...]) -> str | None:
    """What stands in every line that holds the phrase and in no other; None with a `*` between."""
    if any(trail for _, _, trail in parts[:-1]) or any(lead for _, lead, _ in parts[1:]):
        return None
    whole = " ".join(word for word, _, _ in parts)
    return ("" if parts[0][1] else " ") + whole + ("" if parts[-1][2] else " ")


def pieces(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """What stands, piece by piece, in every line that holds the phrase: its words up to a `*`."""
    made = [("" if parts[0][1] else " ") + parts[0][0]]
    for (_, _, trail), (word, lead, _) in pairwise(parts):
        if trail or lead:
            made[-1] += "" if trail else " "
            made.append(("" if lead else " ") + word)
        else:
            made[-1] += f" {word}"
    made[-1] += "" if parts[-1][2] else " "
    return tuple(made)


def pattern(parts: tuple[Part, ...]) -> str:
    """The phrase as a regular expression over lines."""
    return f" {' '.join(map(_starred, parts))} "


def behind(parts: tuple[Part, ...]) -> str:
    """What stands behind the first of the phrase's pieces, as a regular expression."""
    gap = next(number for number, (one, two) in enumerate(pairwise(parts)) if one[2] or two[1])
    to_its_end = "[^ ]* " if parts[gap][2] else ""
    return f"{to_its_end}{' '.join(map(_starred, parts[gap + 1 :]))} "


def _starred(part: Part) -> str:
    word, lead, trail = part
    return ("[^ ]*" if lead else "") + re.escape(word) + ("[^ ]*" if trail else "")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _any(matchers: Iterable[Matcher], text: str) -> bool:
    return any(one(text) for one in matchers)


def _never(_: str) -> bool:
    return False


def _contains(needle: str, text: str) -> bool:
    return needle in text


def _finds(wanted: re.Pattern[str], text: str) -> bool:
    return wanted.search(text) is not None


# The fast road -----------------------------------------------------------------------------------

_APART = "remit.apart"
"""What the encoder of ASCII does with characters beyond it: it finds them the fastest."""
_HIDDEN = b"\x00"
"""Stands for what nobody sees. A text with a NUL of its own takes the slow road, and loses nothing."""
_NUL = _HIDDEN.decode()
_DROPPED = re.compile(r"\x00+(?=[\x01-\x7f]|$)")
"""Behind it stands nothing that could be composed with what stands before it."""
_TWICE = re.compile(r"([^\x00-\x7f])\1")
_SYMBOLS = b"$+<=>^`|~"
_WORDLY = (string.ascii_lowercase + string.digits + "_").encode("ascii")
_ASCII = bytes(
    lower if (lower := ord(chr(code).lower())) in _WORDLY or code in _SYMBOLS else 32
    for code in range(128)
) + bytes(range(128, 256))
BORDER = b"\x01"
"""Stands behind each of several lines. No word has it; a text that has it is packed alone."""
_BORDER = BORDER.decode()
_BETWEEN = f" {_BORDER} "
_ASCII_AND_BORDER = _ASCII[:1] + BORDER + _ASCII[2:]
_SPACE = ord(" ")
_DOUBLES = [char.encode("ascii") * 2 for char in f"{string.ascii_lowercase} "]
_MARKS = BytesAhoCorasick(
    [*_DOUBLES, *(bytes([symbol]) for symbol in _SYMBOLS)], implementation=Implementation.DFA
)


def _mended(data: bytes, marks: Sequence[tuple[int, int, int]]) -> bytes:
    """Without the first of two letters or spaces that are the same, and with each symbol apart."""
    mended = bytearray(data)
    for number, start, end in reversed(marks):
        if number < len(_DOUBLES):
            del mended[start]
            continue
        # There is a space at either end of the data, so both neighbours exist.
        before = b"" if mended[start - 1] == _SPACE else b" "
        behind = b"" if mended[end] == _SPACE else b" "
        mended[start:end] = b"%b%b%b" % (before, data[start:end], behind)
    return bytes(mended)


def _apart(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return _run_apart(error.object[error.start : error.end]), error.end


codecs.register_error(_APART, _apart)


@lru_cache(maxsize=4096)
def _run_apart(run: str) -> bytes:
    """Characters beyond ASCII in a row, as they stand in a line; nothing composes across their ends.

    Hidden, where that may not be so: a mark at the beginning belongs to a letter before it.
    """
    folded = _folded(run)
    if not folded or combining(run[0]) or combining(folded[0]):
        return _HIDDEN
    made = "".join(map(_char_apart, folded))
    if _NUL in made:
        made = _DROPPED.sub("", made)
    if _TWICE.search(made):
        made = _REPEATED.sub(r"\1", made)
    return made.encode()


def _char_apart(char: str) -> str:
    """Itself, a space, or a symbol between spaces."""
    if _IGNORABLE.match(char):
        return _NUL
    if not _WORDS.match(char):
        return " "
    return char if _LETTER.match(char) else f" {char} "
