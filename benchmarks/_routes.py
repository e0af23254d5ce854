"""Rules and events that the routers of `benchmarks.router` are compared on, in no router's form.

A rule asks for kinds, for named values, and for numbers in a range; the first that takes an event
decides. The more rules there are, the narrower they are, as in large playbooks.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from remit.model import (
    KINDS,
    RELATIONS,
    UNDER,
    AnyOf,
    Author,
    Event,
    FieldSpec,
    FieldTest,
    Outcome,
    Play,
    Playbook,
    Range,
    Role,
    Rule,
    When,
)

LANGUAGES = tuple(f"l{number}" for number in range(40))
SHOPS = tuple(f"shop{number}" for number in range(200))
LABELS: Mapping[str, Sequence[str]] = {
    "language": LANGUAGES,
    "under": UNDER,
    "author.relation": RELATIONS,
    "fields.shop": SHOPS,
}
"""Fields of named values beside the kind."""
RANGES = {"author.followers": (0, 100_000), "sentiment": (-100, 100)}
"""Fields of numbers, and where their ranges begin and end."""
_FEWEST = 4
"""Fields that every rule asks for, beside the kind, so that few and many rules are of one make."""
_SEEN = KINDS[:12]
_CONVERSATION = tuple(kind for kind in KINDS if kind.startswith("conversation."))
_START = datetime(2027, 1, 1, tzinfo=UTC)

Said = dict[str, Any]
"""An event as plain data, by the names of the fields; sentiment is a whole number of hundredths."""


@dataclass(frozen=True)
class Route:
    """One rule: kinds, named values, and numbers from the first up to, and without, the second."""

    kinds: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def routes(count: int, *, numbers: bool, seed: int = 1) -> list[Route]:
    """So narrow that an event meets two of them at the most. The same seed, the same rules."""
    dice = random.Random(seed * 1_000_003 + count)
    return [_route(dice, 2 / count, numbers=numbers) for _ in range(count)]


def _route(dice: random.Random, wanted: float, *, numbers: bool) -> Route:
    kinds = _CONVERSATION if dice.random() < 0.2 else (dice.choice(_SEEN),)
    share = len(kinds) / len(_SEEN)
    labels: dict[str, tuple[str, ...]] = {}
    ranges: dict[str, tuple[int, int]] = {}
    names = [*LABELS, *(RANGES if numbers else ())]
    for name in dice.sample(names, len(names)):
        if share <= wanted and len(labels) + len(ranges) >= _FEWEST:
            break
        if name in RANGES:
            low, high = RANGES[name]
            first, width = dice.randrange(low, high), dice.randrange(1, (high - low) // 2)
            ranges[name] = (first, first + width)
            share /= 3
        else:
            values = LABELS[name]
            labels[name] = tuple(dice.sample(values, dice.randint(1, min(3, len(values) - 1))))
            share *= len(labels[name]) / len(values)
    return Route(kinds, labels, ranges)


def said(count: int, seed: int = 1) -> list[Said]:
    """Events of invented people; the same seed, the same events."""
    dice = random.Random(seed)
    return [
        {
            "kind": dice.choice(_SEEN),
            "language": dice.choice(LANGUAGES),
            "under": dice.choice(UNDER),
            "author.relation": dice.choice(RELATIONS),
            "fields.shop": dice.choice(SHOPS),
            "author.followers": dice.randrange(130_000),
            "sentiment": dice.randrange(-100, 101),
        }
        for _ in range(count)
    ]


def event_of(said: Said, number: int) -> Event:
    return Event(
        id=f"m{number}",
        kind=said["kind"],
        platform="bluesky",
        time=_START + timedelta(seconds=number),
        language=said["language"],
        under=said["under"],
        author=Author(relation=said["author.relation"], followers=said["author.followers"]),
        sentiment=Decimal(said["sentiment"]) / 100,
        fields={"shop": said["fields.shop"]},
    )


def playbook_of(routes: Sequence[Route]) -> Playbook:
    """The routes as rules of a brand with two roles; rule `r7` is route 7."""
    return Playbook(
        brand="bench",
        roles={role: Role(id=role, title=role) for role in ("cm", "smm")},
        fields={"shop": FieldSpec(id="shop", values=SHOPS)},
        rules=tuple(
            Rule(
                id=f"r{number}",
                when=When(all=_tests(route)),
                outcome=Outcome(owner=("cm", "smm")[number % 2], play=Play.triage),
            )
            for number, route in enumerate(routes)
        ),
        otherwise=Rule(id="otherwise", outcome=Outcome(owner="cm", play=Play.triage)),
    )


def _tests(route: Route) -> tuple[FieldTest, ...]:
    tests = [FieldTest(field="kind", test=AnyOf(values=route.kinds))]
    tests += [
        FieldTest(field=name, test=AnyOf(values=values)) for name, values in route.labels.items()
    ]
    for name, (low, high) in route.ranges.items():
        unit = 100 if name == "sentiment" else 1
        bounds = Range(at_least=Decimal(low) / unit, less_than=Decimal(high) / unit)
        tests.append(FieldTest(field=name, test=bounds))
    return tuple(tests)


class Bare:
    """Bitmaps over a dict and nothing else: the least that a router of this kind can cost.

    A dict goes in, the number of a route or -1 comes out. Every field is in every event.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self._every = (1 << len(routes)) - 1
        self._labels: list[tuple[str, dict[str, int], int]] = []
        for name in ("kind", *LABELS):
            asked = [route.kinds if name == "kind" else route.labels.get(name) for route in routes]
            free = sum(1 << number for number, values in enumerate(asked) if values is None)
            rows: dict[str, int] = {}
            for number, values in enumerate(asked):
                for value in values or ():
                    rows[value] = rows.get(value, free) | 1 << number
            self._labels.append((name, rows, free))
        self._numbers: list[tuple[str, list[int], list[int]]] = []
        for name in RANGES:
            ranges = [
                (number, *route.ranges[name])
                for number, route in enumerate(routes)
                if name in route.ranges
            ]
            row = self._every & ~sum(1 << number for number, _, _ in ranges)
            toggles: dict[int, list[int]] = {}
            for number, low, high in ranges:
                toggles.setdefault(low, []).append(number)
                toggles.setdefault(high, []).append(number)
            cuts, found = sorted(toggles), [row]
            for cut in cuts:
                for number in toggles[cut]:
                    row ^= 1 << number
                found.append(row)
            if ranges:
                self._numbers.append((name, cuts, found))

    def decide(self, said: Said) -> int:
        row = self._every
        for name, rows, free in self._labels:
            row &= rows.get(said[name], free)
        for name, cuts, found in self._numbers:
            row &= found[bisect_right(cuts, said[name])]
        return (row & -row).bit_length() - 1


def zen_content(routes: Sequence[Route]) -> dict[str, Any]:
    """The routes as a decision table of zen-engine, first hit."""
    columns = {name: f"i{number}" for number, name in enumerate(("kind", *LABELS, *RANGES))}
    rules = []
    for number, route in enumerate(routes):
        cells: dict[str, str] = {"_id": str(number), "o": str(number)}
        for name, values in {"kind": route.kinds, **route.labels}.items():
            cells[columns[name]] = ", ".join(f'"{value}"' for value in values)
        for name, (low, high) in route.ranges.items():
            cells[columns[name]] = f"[{low}..{high})"
        rules.append({**dict.fromkeys(columns.values(), ""), **cells})
    table = {
        "id": "table",
        "name": "table",
        "type": "decisionTableNode",
        "position": {"x": 0, "y": 0},
        "content": {
            "hitPolicy": "first",
            "inputs": [
                {"id": column, "name": name, "field": name.replace(".", "_")}
                for name, column in columns.items()
            ],
            "outputs": [{"id": "o", "name": "route", "field": "route"}],
            "rules": rules,
        },
    }
    ends = [
        {"id": end, "name": end, "type": f"{end}Node", "position": {"x": 0, "y": 0}}
        for end in ("input", "output")
    ]
    edges = [
        {"id": "a", "sourceId": "input", "targetId": "table", "type": "edge"},
        {"id": "b", "sourceId": "table", "targetId": "output", "type": "edge"},
    ]
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [*ends, table],
        "edges": edges,
    }


def zen_event(said: Said) -> dict[str, Any]:
    return {name.replace(".", "_"): value for name, value in said.items()}
