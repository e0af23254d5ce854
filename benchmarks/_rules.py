"""Playbooks of any length, made up: rules that hardly overlap, or that overlap at random."""

from __future__ import annotations

import random
from collections.abc import Iterator

from remit.model import KINDS, RELATIONS, UNDER

SHAPES = ("disjoint", "overlapping")
_OWNERS = ("cm", "smm", "lead", "care")
_LANGUAGES = ("id", "en", "jv", "su", "ms", "zh", "ja", "ko", "th", "vi", "tl", "ar")
_HEAD = """\
remit: 1
brand: made-up
timezone: Asia/Jakarta
people: {sari: {name: Sari}}
roles:
  cm: {title: Community Manager, people: [sari], hours: {mon-fri: "08:00-22:00"}}
  smm: {title: Social Media Manager, people: [sari], hours: {mon-fri: "09:00-18:00"}}
  lead: {title: Head of Brand, people: [sari]}
  care: {title: Customer Care, people: [sari]}
fields:
  tier: {values: [gold, silver, none]}
  order_value: {number: {at_least: 0}}
approvals: {replies: {by: [cm]}}
"""


def playbook(shape: str, count: int, seed: int = 1) -> str:
    """The YAML of a playbook with so many rules; the same seed, the same rules."""
    chance = random.Random(seed)
    topics = [f"t{number}" for number in range(max(20, count // 25))]
    lines = [_HEAD, "topics:"]
    lines += [f"  {name}: [{_phrase(chance)}, {_phrase(chance)}]" for name in topics]
    lines.append("rules:")
    made = _disjoint(chance, count) if shape == "disjoint" else _overlapping(chance, count, topics)
    for number, when in enumerate(made):
        owner = chance.choice(_OWNERS)
        lines.append(f"  - {{id: r{number}, when: {{{when}}}, owner: {owner}, play: triage}}")
    lines.append("otherwise: {owner: cm, play: log}")
    return "\n".join(lines) + "\n"


def _phrase(chance: random.Random) -> str:
    letters = "abcdefghijklmnoprstu"
    words = ("".join(chance.choices(letters, k=chance.randint(4, 8))) for _ in range(2))
    return " ".join(words) + chance.choice(("", "", "*"))


def _disjoint(chance: random.Random, count: int) -> Iterator[str]:
    """Each a place of its own in a grid; one of fifty is wider by a field."""
    platforms = [f"p{number}" for number in range(max(4, count // 250))]
    grid = [
        (
            f"kind: {kind}",
            f"platform: {platform}",
            f"author.relation: {relation}",
            f"under: {under}",
        )
        for kind in KINDS
        for platform in platforms
        for relation in RELATIONS
        for under in UNDER
    ]
    for place in chance.sample(grid, count):
        tests = list(place)
        if chance.random() < 0.02:
            tests.pop(chance.randrange(1, 4))
        yield ", ".join(tests)


def _overlapping(chance: random.Random, count: int, topics: list[str]) -> Iterator[str]:
    """A kind and three or four of the other fields, at random; one of ten has fewer."""
    tops = sorted({kind.split(".")[0] for kind in KINDS})
    platforms = [f"p{number}" for number in range(20)]

    def bounds(low: int, high: int, over: int) -> str:
        start = chance.randint(low, high)
        width = chance.randint(1, max(1, (high - low) // 4))
        least, most = start / over, (start + width) / over
        return f"{{at_least: {least:g}, less_than: {most:g}}}"

    for _ in range(count):
        kind = chance.choice(KINDS) if chance.random() < 0.8 else chance.choice(tops)
        others = {
            "platform": chance.choice(platforms),
            "language": chance.choice(_LANGUAGES),
            "topic": f"[{', '.join(chance.sample(topics, chance.randint(1, 3)))}]",
            "author.relation": f"[{', '.join(chance.sample(RELATIONS, chance.randint(1, 2)))}]",
            "under": chance.choice(UNDER),
            "author.followers": bounds(0, 100_000, 1),
            "sentiment": bounds(-100, 100, 100),
            "fields.tier": chance.choice(("gold", "silver", "none", "{not: gold}")),
            "fields.order_value": bounds(0, 10_000, 100),
        }
        few = chance.random() < 0.1
        fields = chance.sample(
            sorted(others), chance.randint(1, 2) if few else chance.randint(3, 4)
        )
        yield ", ".join([f"kind: {kind}", *(f"{name}: {others[name]}" for name in fields)])
