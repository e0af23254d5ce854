"""Files made to exhaust whoever reads them. Each is a function, as together they weigh 200 MB."""

from __future__ import annotations

import random
from collections.abc import Callable

LARGEST = 8 * 1024 * 1024
HEAD = """\
remit: 1
brand: kopi
people: {sari: {name: Sari W.}}
roles:
  cm: {title: Community Manager, people: [sari]}
approvals: {replies: {by: [cm]}}
defaults: {reply: {approval: replies}}
"""
RULE = "  - {{id: r{0}, when: {{kindd: x}}, owner: cmm, play: replay, over: [rr{0}]}}\n"


def filled(unit: str) -> str:
    """As many of it as a file may hold."""
    return unit * (LARGEST // len(unit.encode()) - 1)


def laughs() -> str:
    """A billion, had aliases a meaning."""
    levels = [
        f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
    ]
    return "a0: &a0 [ha]\n" + "".join(levels)


def mistakes() -> str:
    """Some thousands that differ."""
    return HEAD + "rules:\n" + "".join(RULE.format(number) for number in range(2_000))


def unknown_names() -> str:
    """Each to be compared with very many that it could mean."""
    topics = "".join(f"  topic-{number}: [a]\n" for number in range(30_000))
    uses = [
        f"  - {{id: r{n}, when: {{topic: topik-{n}}}, owner: cm, play: log}}\n"
        for n in range(2_000)
    ]
    return HEAD + "topics:\n" + topics + "rules:\n" + "".join(uses)


BOMBS: dict[str, Callable[[], str | bytes]] = {
    "fifty megabytes": lambda: "a: b\n" * 10_000_000,
    "laughs": laughs,
    "open brackets": lambda: "[" * 4_000_000,
    "open braces": lambda: "{a: " * 2_000_000,
    "lists in lists": lambda: "- " * 4_000_000,
    "keys in keys": lambda: "".join(" " * depth + "a:\n" for depth in range(4_000)),
    "items": lambda: filled("- a\n"),
    "one line of items": lambda: "[" + filled("a,")[:-2] + "]",
    "one line of lists": lambda: "a: [" + filled("[],")[:-9] + "]",
    "a million keys": lambda: "".join(f"k{number:x}: 1\n" for number in range(900_000)),
    "a long word": lambda: "brand: " + "a" * 8_000_000,
    "a long quote": lambda: 'brand: "' + "a\n  " * 2_000_000 + '"',
    "a long key": lambda: "a" * 8_000_000 + ": 1",
    "a long number": lambda: "remit: " + "9" * 8_000_000,
    "a long phrase": lambda: HEAD + "topics: {a: [" + "a " * 4_000_000 + "]}",
    "a long language": lambda: HEAD + "languages: [aa" + "-aa" * 2_500_000 + "!]",
    "escapes": lambda: 'brand: "' + "\\u0041" * 1_300_000 + '"',
    "anchors": lambda: filled("- &a\n"),
    "tags": lambda: filled("- !a\n"),
    "directives": lambda: "".join(f"%TAG !t{number}! x\n" for number in range(300_000)),
    "late directives": lambda: "a: 1\n...\n" + "%TAG !t! x\n" * 300_000,
    "documents": lambda: filled("---\n"),
    "a key again and again": lambda: filled("a: 1\r\n"),
    "mistakes": mistakes,
    "unknown names": unknown_names,
    "spaces": lambda: filled(" "),
    "zeros": lambda: b"\0" * (LARGEST - 1),
    "noise": lambda: random.Random(1).randbytes(LARGEST - 1),
    "noise of signs": lambda: "".join(
        random.Random(2).choices(" \n\t:-[]{}&*!|>'\"@`#,?abc01", k=1_000_000)
    ),
}
