"""Words with a form of their own: zones, phrases, cron, addresses, and where a secret is kept."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from remit.playbook.nodes import Broken, Node, Word
from remit.playbook.notes import Reading
from remit.playbook.scalars import Schema, Shape, Text

VERSION = 1
"""Of the playbook language."""
_LONGEST_ADDRESS = 2_000
_LONGEST_PHRASE = 200
"""Nobody types the same sentence twice."""

LANGUAGE = Text(
    "the code of a language",
    r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*",
    "write it like id, en or pt-BR",
    example="id",
)


class Version(Shape[int]):
    """The version of the language; there is one so far."""

    wants = f"the version of the playbook language, {VERSION}"
    remedy = f"write remit: {VERSION}"

    def read(self, node: Node, reading: Reading) -> int | None:
        if isinstance(node, Word) and node.plain and node.text == str(VERSION):
            return VERSION
        return self.wrong(node, reading)

    def schema(self) -> Schema:
        return {"const": VERSION}

    def example(self) -> object:
        return VERSION


class Zone(Text):
    """A time zone by its name."""

    def __init__(self) -> None:
        super().__init__(
            "the name of a time zone",
            remedy="write it like Asia/Jakarta or UTC",
            example="Asia/Jakarta",
        )

    def read(self, node: Node, reading: Reading) -> str | None:
        name = super().read(node, reading)
        if name is None:
            return None
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            return self.wrong(node, reading)
        return name


class Phrase(Text):
    """Words that a text may hold; `*` leads or trails a word."""

    def __init__(self) -> None:
        super().__init__("a phrase", example="uang kembali")

    def read(self, node: Node, reading: Reading) -> str | None:
        phrase = super().read(node, reading)
        if phrase is None:
            return None
        if len(phrase) > _LONGEST_PHRASE:
            return self.wrong(node, reading, f"write at most {_LONGEST_PHRASE} characters")
        marked = [_marks(char) for char in phrase]
        if not any(marked):
            return self.wrong(node, reading, "write words: this holds none")
        for place, char in enumerate(phrase):
            if char == "*":
                before = place > 0 and marked[place - 1] == "word"
                after = place + 1 < len(phrase) and marked[place + 1] == "word"
                if before == after:
                    return self.wrong(
                        node, reading, "let * lead or trail a word, as in duit* or *racun*"
                    )
        return phrase


def _marks(char: str) -> str:
    """word, symbol, or nothing for space and punctuation."""
    kind = unicodedata.category(char)[0]
    if kind in "LM" or char == "_" or unicodedata.category(char) == "Nd":
        return "word"
    return "symbol" if kind in "NS" else ""


class Cron(Text):
    """Five fields, as cron has them."""

    _names = ("jan feb mar apr may jun jul aug sep oct nov dec", "sun mon tue wed thu fri sat")
    _ranges = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))

    def __init__(self) -> None:
        super().__init__(
            "five fields of cron", remedy='write it like "0 9 * * mon"', example="0 9 * * mon"
        )

    def read(self, node: Node, reading: Reading) -> str | None:
        text = super().read(node, reading)
        if text is None:
            return None
        fields = text.lower().split()
        if (
            len(text) > 200
            or len(fields) != len(self._ranges)
            or not all(
                self._fits(part, place)
                for place, field in enumerate(fields)
                for part in field.split(",")
            )
        ):
            return self.wrong(node, reading)
        return text

    def _fits(self, part: str, place: int) -> bool:
        match = re.fullmatch(r"(\*|([0-9a-z]{1,3})(?:-([0-9a-z]{1,3}))?)(?:/([1-9]\d?))?", part)
        if match is None:
            return False
        low, high = self._ranges[place]
        ends = [self._value(end, place) for end in (match[2], match[3]) if end]
        return all(end is not None and low <= end <= high for end in ends)

    def _value(self, text: str, place: int) -> int | None:
        if text.isdigit() and text.isascii():
            return int(text)
        names = self._names[place - 3].split() if place >= 3 else []
        return names.index(text) + (place == 3) if text in names else None

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^\s*\S+(\s+\S+){4}\s*$"}


class Secret(Shape[str]):
    """Where a secret is kept. What stands here is never shown: it may be the secret itself."""

    def read(self, node: Node, reading: Reading) -> str | None:
        if isinstance(node, Word) and re.fullmatch(self._pattern, node.text):
            return node.text
        if not isinstance(node, Broken):
            reading.note(
                node.line,
                f"{reading.key} must say where the secret is kept; found something else, which is "
                "not shown here; write env:NAME or file:PATH, and change the secret if it stood here",
            )
        return None

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^(?:{self._pattern})$"}

    def example(self) -> object:
        return "env:KOPI_BLUESKY"

    _pattern = r"env:[A-Za-z_][A-Za-z0-9_]*|file:[^\s\x00-\x1f][^\x00-\x1f]*"


class Address(Shape[str]):
    """The address of a server, without a password in it."""

    wants = "an address such as https://forum.example.com"
    remedy = "write it whole, from https:// on"

    def read(self, node: Node, reading: Reading) -> str | None:
        if not isinstance(node, Word) or len(node.text) > _LONGEST_ADDRESS:
            return self.wrong(node, reading)
        try:
            parts = urlsplit(node.text)
            good = parts.scheme in {"http", "https"} and bool(parts.hostname)
            if "@" in parts.netloc:
                reading.note(
                    node.line,
                    f"{reading.key} must hold no name or password; found one, which is not shown "
                    "here; keep it in credentials as env:NAME or file:PATH",
                )
                return None
            _ = parts.port
        except ValueError:
            good = False
        if not good or not node.text.isprintable() or " " in node.text:
            return self.wrong(node, reading)
        return node.text

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^https?://[^@\s]+$"}

    def example(self) -> object:
        return "https://forum.example.com"
