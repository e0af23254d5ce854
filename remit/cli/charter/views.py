"""What the templates lay out: words that are already said. Whatever stands here is escaped there."""

from __future__ import annotations

from dataclasses import dataclass

from remit.cli.charter.tongue import Labels


@dataclass(frozen=True, slots=True)
class Owned:
    """One rule, told to its owner."""

    what: str
    example: str
    notes: str


@dataclass(frozen=True, slots=True)
class Group:
    """What is done alike."""

    title: str
    items: tuple[Owned, ...]
    rest: str
    """How many are left out; empty: none."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line, and what is listed below it."""

    line: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where two roles meet: the first goes first with some things, even where they are others too."""

    first: Listed
    even: Listed
    example: str


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A text to paste."""

    title: str
    opening: tuple[str, ...]
    tasks: tuple[Listed, ...]
    not_tasks: tuple[Listed, ...]
    judged: tuple[str, ...]
    closing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleView:
    """All about one role."""

    anchor: str
    colour: str
    title: str
    mission: str
    scope: str
    people: str
    count: str
    groups: tuple[Group, ...]
    owns_nothing: str
    not_owned: tuple[Listed, ...]
    owns_all: str
    meetings: tuple[Meeting, ...]
    meets: tuple[str, ...]
    hours: tuple[str, ...]
    approvals: tuple[str, ...]
    escalations: tuple[str, ...]
    goals: tuple[str, ...]
    vacancy: Vacancy


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list of everything."""

    number: int
    what: str
    owner: str
    consulted: str
    informed: str
    example: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The column of a role in the picture."""

    title: tuple[str, ...]
    colour: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Box:
    """What a role owns, in the picture."""

    lines: tuple[str, ...]
    colour: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Mark:
    """In the column of a role that is heard or told."""

    x: int
    start: int
    """Where the line to it leaves its box."""
    y: int
    consulted: bool
    colour: str
    said: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Who owns what, from top to bottom."""

    width: int
    height: int
    lanes: tuple[Lane, ...]
    boxes: tuple[Box, ...]
    marks: tuple[Mark, ...]
    steps: tuple[tuple[int, int, int, int], ...]
    """Lines from a box to the next: x, y, x, y."""
    rest: str
    said: str
    """The same for whoever does not see it."""


@dataclass(frozen=True, slots=True)
class Page:
    """The charter."""

    language: str
    title: str
    say: Labels
    lead: str
    foreseen: str
    roles: tuple[RoleView, ...]
    everything: tuple[Row, ...]
    picture: Picture
