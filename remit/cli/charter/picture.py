"""The picture: a column for each role, and from top to bottom what is tried first.

It only measures; the template draws. Widths are those of a plain sans-serif letter.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from itertools import groupby

from remit.cli.charter.speech import upper
from remit.cli.charter.telling import Telling
from remit.cli.charter.views import Box, Lane, Mark, Picture
from remit.model import Rule

WIDTH = 760
"""Of the picture, where its columns fit."""
COLOURS = 8
_NARROWEST = 150
_ASIDE = 0.55
"""How wide the column of a role is that owns nothing, beside the others."""
_HEAD = 56
_LETTER = 7.7
_HEAD_LETTER = 10
_LINE = 17
_PADDING = 11
_GAP = 18
_ACROSS = 12
"""More of it where the next box stands in another column."""
_MARGIN = 8
_LINES = 4
ROWS = 30
"""Boxes above which neighbours of one owner are drawn as one, and the most that are drawn."""


def colours(telling: Telling) -> Mapping[str, str]:
    """A colour for each role; beyond eight they come again."""
    return {role: f"c{number % COLOURS}" for number, role in enumerate(telling.playbook.roles)}


def picture_of(telling: Telling) -> Picture:
    """Measured, and said in words for whoever does not see it."""
    lanes = _lanes(telling)
    runs = _runs(telling.rules)
    boxes: list[Box] = []
    marks: list[Mark] = []
    steps: list[tuple[int, int, int, int]] = []
    y = _HEAD + _GAP
    for rules in runs[:ROWS]:
        lane = lanes[rules[0].outcome.owner]
        if boxes and boxes[-1].colour != lane.colour:
            y += _ACROSS
        box = _box(telling, rules, lane, y)
        if boxes:
            above = boxes[-1]
            steps.append((_middle(above), above.y + above.height, _middle(box), box.y))
        boxes.append(box)
        marks += _marks(telling, rules, lanes, box)
        y += box.height + _GAP
    left = sum(len(rules) for rules in runs[ROWS:])
    number = telling.speech.number(left)
    return Picture(
        width=max(lane.x + lane.width for lane in lanes.values()) + _MARGIN,
        height=y,
        lanes=tuple(lanes.values()),
        boxes=tuple(boxes),
        marks=tuple(marks),
        steps=tuple(steps),
        rest=telling.labels.more_things.format(n=number) if left else "",
        said=_said(telling, runs[:ROWS]),
    )


def _lanes(telling: Telling) -> dict[str, Lane]:
    colour = colours(telling)
    shares = {role: 1.0 if telling.owned(role) else _ASIDE for role in telling.playbook.roles}
    unit = max(_NARROWEST, (WIDTH - 2 * _MARGIN) / sum(shares.values()))
    lanes: dict[str, Lane] = {}
    x = _MARGIN
    for role, share in shares.items():
        width = int(unit * share)
        title = _wrapped(telling.speech.title(role), width, 2, _HEAD_LETTER)
        lanes[role] = Lane(title, colour[role], x, width)
        x += width
    return lanes


def _runs(rules: Sequence[Rule]) -> list[tuple[Rule, ...]]:
    """What is drawn as one box."""
    if len(rules) <= ROWS:
        return [(rule,) for rule in rules]
    return [tuple(run) for _, run in groupby(rules, key=lambda rule: rule.outcome.owner)]


def _box(telling: Telling, rules: Sequence[Rule], lane: Lane, y: int) -> Box:
    lines = _wrapped(upper(telling.short(rules, 3)), lane.width - 2 * _PADDING, _LINES)
    return Box(
        lines=lines,
        colour=lane.colour,
        x=lane.x + _PADDING // 2,
        y=y,
        width=lane.width - _PADDING,
        height=len(lines) * _LINE + 2 * _PADDING - 4,
    )


def _marks(
    telling: Telling, rules: Sequence[Rule], lanes: Mapping[str, Lane], box: Box
) -> list[Mark]:
    asked = dict.fromkeys(name for rule in rules for name in rule.outcome.consulted)
    told = dict.fromkeys(name for rule in rules for name in rule.outcome.informed)
    owner = rules[0].outcome.owner
    labels = telling.labels
    marks: list[Mark] = []
    for name in dict.fromkeys([*asked, *told]):
        if name == owner or name not in lanes:
            continue
        lane = lanes[name]
        word = labels.consulted_mark if name in asked else labels.informed_mark
        marks.append(
            Mark(
                x=lane.x + lane.width // 2,
                start=box.x + box.width if lane.x > box.x else box.x,
                y=box.y + box.height // 2,
                consulted=name in asked,
                colour=lane.colour,
                said=f"{telling.speech.title(name)}: {word}",
            )
        )
    return marks


def _middle(box: Box) -> int:
    return box.x + box.width // 2


def _wrapped(text: str, width: int, most: int, letter: float = _LETTER) -> tuple[str, ...]:
    letters = max(8, int(width / letter))
    lines = textwrap.wrap(text, letters, max_lines=most, placeholder=" …")
    return tuple(lines) or ("",)


def _said(telling: Telling, runs: Sequence[Sequence[Rule]]) -> str:
    return "; ".join(
        f"{telling.speech.title(rules[0].outcome.owner)}: {telling.short(rules, 3)}"
        for rules in runs
    )
