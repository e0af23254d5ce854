"""Real playbooks, damaged as keyboards, editors, merges and disks damage them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from remit.model import Bundle
from remit.playbook import read_bundle

ROOT = Path(__file__).parents[2]
# Small ones more often: what they can teach is the same, and it takes a tenth of the time.
SOURCES = {
    "tests/flows/warung": 30,
    "tests/flows/kedai": 30,
    "tests/playbook/good": 6,
    "remit/cli/starter": 4,
    "playbooks/kopi": 1,
}
SCRAPS = (
    b"", b" ", b"\n", b"\t", b":", b": ", b"- ", b"[", b"]", b"{", b"}", b"*", b"&a ", b"*a", b"!!int ",
    b"'", b'"', b"#", b"|", b">", b"?", b"---\n", b"...\n", b"<<: ", b"~", b"null", b"true", b"no", b"12:30",
    b"1e400", b"-1", b".inf", b"[]", b"{}", b"any", b"otherwise", b"owner", b"\x00", b"\xff", b"\xed\xa0\x80",
    b"\xc2\x85", b"\xe2\x80\xa8", b'"\\ud800"', b'"\\0"', b"99999d", b"2027-03-01T09:00+07:00",
    b"0001-01-01T00:00+14:00", b"\r", b"\xf0\x9f\x98\x80", b"," * 50, b"[" * 50, b"a" * 300, b"9" * 300,
    b"%TAG ! x\n", b"\xef\xbb\xbf", b"0m", b"24:00", b"*racun*", b"Asia/Jakarta", b"{at_least: 1e30}",
)  # fmt: skip
_TOKEN = re.compile(rb"[\w.*-]+|[^\w\s]")
_VALUE = re.compile(rb"(?<=: )[^,}\]\n]+")

Mutation = Callable[[bytes, random.Random], bytes]


@cache
def sources() -> tuple[tuple[Bundle, ...], tuple[int, ...]]:
    """Whole folders, and how often each is taken."""
    bundles = tuple(read_bundle(ROOT / folder) for folder in SOURCES)
    return bundles, tuple(SOURCES.values())


def mutant(chance: random.Random) -> Bundle:
    """One brand's folder with one file damaged, once or a few times over."""
    bundles, weights = sources()
    (bundle,) = chance.choices(bundles, weights)
    texts = [name for name in sorted(bundle.files) if not name.endswith(".png")]
    name = chance.choice([*texts, "playbook.yaml", "playbook.yaml", "playbook.yaml"])
    content = bundle.files[name]
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        content = chance.choice(MUTATIONS)(content, chance)
    return Bundle(files={**bundle.files, name: content}, hash="of a mutant")


def flipped(content: bytes, chance: random.Random) -> bytes:
    """Some bytes are others."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 3, 20))):
        if damaged:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def patched(content: bytes, chance: random.Random) -> bytes:
    """A scrap is put in."""
    at = chance.randrange(len(content) + 1)
    return content[:at] + chance.choice(SCRAPS) + content[at:]


def cut(content: bytes, chance: random.Random) -> bytes:
    """A part is missing; now and then all that follows."""
    at = chance.randrange(len(content) + 1)
    return content[:at] + (
        content[at + chance.randrange(1, 40) :] if chance.random() < 0.9 else b""
    )


def reordered(content: bytes, chance: random.Random) -> bytes:
    """A line stands elsewhere, or twice."""
    lines = content.splitlines(keepends=True) or [b""]
    line = (
        chance.choice(lines) if chance.random() < 0.5 else lines.pop(chance.randrange(len(lines)))
    )
    lines.insert(chance.randrange(len(lines) + 1), line)
    return b"".join(lines)


def indented(content: bytes, chance: random.Random) -> bytes:
    """A line is further in or out."""
    lines = content.splitlines(keepends=True) or [b""]
    at = chance.randrange(len(lines))
    less = lines[at].removeprefix(b"  ")
    lines[at] = chance.choice((b" " + lines[at], b"  " + lines[at], b"\t" + lines[at], less))
    return b"".join(lines)


def swapped(content: bytes, chance: random.Random) -> bytes:
    """Two tokens have changed places, or one stands for the other."""
    tokens = list(_TOKEN.finditer(content))
    if len(tokens) < 2:
        return content
    one, two = sorted(chance.sample(tokens, 2), key=lambda token: token.start())
    first = two[0] if chance.random() < 0.5 else one[0]
    between = content[one.end() : two.start()]
    return content[: one.start()] + two[0] + between + first + content[two.end() :]


def revalued(content: bytes, chance: random.Random) -> bytes:
    """A whole value is another, which parses more often than noise does."""
    values = list(_VALUE.finditer(content))
    if not values:
        return content
    value, other = chance.choice(values), chance.choice(values)
    new = chance.choice((chance.choice(SCRAPS), other[0]))
    return content[: value.start()] + new + content[value.end() :]


def spliced(content: bytes, chance: random.Random) -> bytes:
    """Some lines are those of another file, as a bad merge leaves them."""
    bundles, weights = sources()
    (other,) = chance.choices(bundles, weights)
    donor = other.files[chance.choice(sorted(other.files))].splitlines(keepends=True) or [b""]
    lines = content.splitlines(keepends=True) or [b""]
    start, length = chance.randrange(len(donor)), chance.randrange(1, 30)
    at, gone = chance.randrange(len(lines) + 1), chance.choice((0, 0, length))
    return b"".join([*lines[:at], *donor[start : start + length], *lines[at + gone :]])


MUTATIONS: tuple[Mutation, ...] = (
    flipped,
    patched,
    cut,
    reordered,
    indented,
    swapped,
    revalued,
    spliced,
)
