"""All events that one playbook, or several side by side, can tell apart, as boxes of bitmasks.

A *cell* gives one atom to every axis; no rule tells two events of a cell apart, but for their
topics. A *box* is a set of atoms for each axis, packed into one integer with a segment for each.
Three axes are joint, because their fields are related: *place* (a declared channel fixes its
platform), *hours* (which roles work at one instant) and, outside the boxes, the topics of a text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from operator import lt
from zoneinfo import ZoneInfo

from remit.check.bitsets import bits, bitset, runs
from remit.check.texts import Texts
from remit.decide import is_open
from remit.decide.axes import Axis, Numbers, axis_of
from remit.decide.clauses import Clause, clause_of, clauses
from remit.decide.domains import OTHER_CHANNEL
from remit.model import (
    AnyOf,
    FieldTest,
    HolidayCalendar,
    NoneOf,
    Playbook,
    Range,
    Scalar,
)

DAYS = 366
Sample = Mapping[str, object]
"""What an event of one atom says, by field."""
_PLACE = ("channel", "platform")
_UNNAMED = "elsewhere"


@dataclass(frozen=True, slots=True)
class Box:
    """Events within `mask` whose text holds a topic of each group and none of `never`.

    Topics are numbers of `Texts`.
    """

    mask: int
    groups: tuple[frozenset[int], ...] = ()
    never: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Segment:
    """Where an axis lies in a packed mask."""

    name: str
    offset: int
    full: int
    samples: tuple[Sample, ...]

    def of(self, mask: int) -> int:
        return (mask >> self.offset) & self.full

    @property
    def bits(self) -> int:
        return self.full << self.offset


@dataclass(frozen=True, slots=True)
class _View:
    """One playbook's eyes on one axis: the atom of its own axis for each joint atom."""

    axis: Axis
    atoms: tuple[int, ...]
    ascending: bool
    """The first joint atom is *missing*, the others are in the order of the axis."""

    @classmethod
    def of(cls, axis: Axis, atoms: tuple[int, ...]) -> _View:
        others = atoms[1:]
        return cls(axis, atoms, atoms[:1] == (axis.missing,) and all(map(lt, others, others[1:])))

    def mask(self, test: FieldTest) -> int:
        own = self.axis.mask(test.test)
        if not self.ascending:
            return bitset(number for number, atom in enumerate(self.atoms) if own >> atom & 1)
        assert self.axis.missing is not None
        found = own >> self.axis.missing & 1
        for first, last in runs(own):
            start = bisect_left(self.atoms, first, 1)
            found |= (1 << bisect_right(self.atoms, last, 1)) - (1 << start)
        return found


class Space:
    """The axes that the rules of these playbooks test, and their rules as boxes."""

    def __init__(
        self, playbooks: Sequence[Playbook], since: date, holidays: HolidayCalendar | None = None
    ) -> None:
        self.playbooks = tuple(playbooks)
        parts = [[clauses(rule, book) for rule in book.rules] for book in self.playbooks]
        every = [clause for book in parts for rule in book for clause in rule]
        self.texts = Texts([list(book.topics.values()) for book in self.playbooks])
        self.segments: list[Segment] = []
        self._views: dict[tuple[int, str], _View] = {}
        self._patterns: list[tuple[frozenset[str], ...]] = []
        self._add_fields(every)
        self._add_hours(parts, since, holidays)
        self._by_name = {segment.name: segment for segment in self.segments}
        self.full = sum(segment.bits for segment in self.segments)
        self._masks: dict[Hashable, int] = {}
        self.rules: tuple[tuple[tuple[Box, ...], ...], ...] = tuple(
            tuple(self._boxes(number, rule) for rule in book) for number, book in enumerate(parts)
        )
        """By playbook, by rule: boxes that are not empty by themselves."""

    def cell(self, mask: int) -> Sample:
        """What an event of a box says: the first atom of each axis, but for its topics."""
        said: dict[str, object] = {}
        for segment in self.segments:
            atoms = segment.of(mask)
            said |= segment.samples[(atoms & -atoms).bit_length() - 1]
        return said

    def empty(self, mask: int) -> bool:
        return any(not mask & segment.bits for segment in self.segments)

    def axis(self, field: str) -> Axis:
        """The first playbook's axis of a field."""
        return self._views[0, field].axis

    def own_atoms(self, field: str, atoms: int) -> int:
        """Atoms of a segment as atoms of the first playbook's axis."""
        view = self._views[0, field]
        return bitset(view.atoms[atom] for atom in bits(atoms))

    def box(self, tests: Sequence[FieldTest]) -> Box | None:
        """What passes all of these tests, of the first playbook's rules; None for nothing."""
        return self._box(0, clause_of(tests, self.playbooks[0]))

    # Building ------------------------------------------------------------------------------------

    def _add(self, name: str, samples: Sequence[Sample]) -> None:
        offset = self.segments[-1].offset + len(self.segments[-1].samples) if self.segments else 0
        self.segments.append(Segment(name, offset, (1 << len(samples)) - 1, tuple(samples)))

    def _add_fields(self, every: Sequence[Clause]) -> None:
        named: dict[str, dict[Scalar, None]] = {"kind": {}}
        for clause in every:
            for test in clause.tests:
                named.setdefault(test.field, {}).update(dict.fromkeys(_named(test)))
        for field, values in named.items():
            if field not in _PLACE:
                self._add_field(field, [*values, *self._limits(field)])
        self._add_place(named)

    def _limits(self, field: str) -> Iterator[Scalar]:
        """Where the playbooks disagree on what a number can be, it is told apart there."""
        specs = (book.fields.get(field.removeprefix("fields.")) for book in self.playbooks)
        if field.startswith("fields.") and len(self.playbooks) > 1:
            for spec in specs:
                for limit in () if spec is None else (spec.at_least, spec.at_most):
                    if limit is not None:
                        yield limit

    def _add_field(self, field: str, values: list[Scalar]) -> None:
        axes: dict[int, Axis] = {}
        for number, book in enumerate(self.playbooks):
            if not field.startswith("fields.") or field[7:] in book.fields:
                axes[number] = axis_of(book, field, values)
        samples: dict[tuple[int, ...], object] = {}
        for axis in axes.values():
            for value in _values_of(axis):
                samples.setdefault(tuple(_atom(one, value) for one in axes.values()), value)
        for at, (number, axis) in enumerate(axes.items()):
            self._views[number, field] = _View.of(axis, tuple(key[at] for key in samples))
        self._add(field, [{field: value} for value in samples.values()])

    def _add_place(self, named: Mapping[str, Iterable[Scalar]]) -> None:
        tests_channel, tests_platform = "channel" in named, "platform" in named
        declared: dict[str, str] = {}
        for book in self.playbooks:
            declared |= {
                name: channel.platform
                for name, channel in book.channels.items()
                if name not in declared
            }
        platforms = [*dict.fromkeys([*declared.values(), *map(str, named.get("platform", ()))])]
        places: list[tuple[str | None, str]] = list(declared.items())
        for channel in (None, *declared, _fresh(declared, OTHER_CHANNEL)):
            places += [(channel, name) for name in (*platforms, _fresh(platforms, _UNNAMED))]
        axes: dict[tuple[int, str], Axis] = {}
        for number, book in enumerate(self.playbooks):
            axes[number, "channel"] = axis_of(book, "channel", ())
            axes[number, "platform"] = axis_of(book, "platform", platforms)
        seen: dict[tuple[int, ...], tuple[str | None, str]] = {}
        for place in places:
            seen.setdefault(self._place_atoms(axes, place, tests_channel, tests_platform), place)
        for at, (number, field) in enumerate(axes):
            atoms = tuple(key[at] for key in seen)
            self._views[number, field] = _View.of(axes[number, field], atoms)
        self._add("place", [{"channel": name, "platform": on} for name, on in seen.values()])

    def _place_atoms(
        self,
        axes: Mapping[tuple[int, str], Axis],
        place: tuple[str | None, str],
        channel: bool,
        platform: bool,
    ) -> tuple[int, ...]:
        name, on = place
        atoms: list[int] = []
        for number, book in enumerate(self.playbooks):
            known = None if name is None else book.channels.get(name)
            fixed = on if known is None else known.platform
            atoms.append(_atom(axes[number, "channel"], name) if channel else 0)
            atoms.append(_atom(axes[number, "platform"], fixed) if platform else 0)
        return tuple(atoms)

    def _add_hours(
        self,
        parts: Sequence[Sequence[Sequence[Clause]]],
        since: date,
        holidays: HolidayCalendar | None,
    ) -> None:
        asked = [
            {
                role
                for rule in book
                for clause in rule
                for shift in clause.shifts
                for role in shift.roles
            }
            for book in parts
        ]
        # A working morning is the likelier example, whether or not hours are asked for.
        first = datetime.combine(since, time(10), ZoneInfo(self.playbooks[0].timezone))
        patterns: dict[tuple[frozenset[str], ...], datetime] = {}
        for at in (first, *(self._changes(asked, since) if any(asked) else ())):
            pattern = tuple(
                frozenset(
                    role for role in roles if is_open(book.roles[role], book.timezone, at, holidays)
                )
                for book, roles in zip(self.playbooks, asked, strict=True)
            )
            patterns.setdefault(pattern, at)
        self._patterns = list(patterns)
        self._add("hours", [{"time": at} for at in patterns.values()])

    def _changes(self, asked: Sequence[set[str]], since: date) -> Iterator[datetime]:
        """Every instant of a year at which one of those roles may begin or end its work."""
        instants: set[datetime] = set()
        for book, roles in zip(self.playbooks, asked, strict=True):
            zone = ZoneInfo(book.timezone)
            minutes = {0} | {
                minute % 1440
                for role in roles
                for hours in (
                    book.roles[role].hours,
                    *(one.hours for one in book.roles[role].dated),
                )
                if hours is not None
                for day in hours.week
                for span in day
                for minute in (span.since, span.until)
            }
            for offset in range(DAYS):
                day = since + timedelta(days=offset)
                instants |= {
                    datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
                    for minute in minutes
                }
        return iter(sorted(instants))

    # Rules as boxes ------------------------------------------------------------------------------

    def _boxes(self, view: int, rule: Sequence[Clause]) -> tuple[Box, ...]:
        found = (self._box(view, clause) for clause in rule)
        return tuple(dict.fromkeys(box for box in found if box is not None))

    def _box(self, view: int, clause: Clause) -> Box | None:
        mask = self.full
        for test in clause.tests:
            mask &= self._of_test(view, test)
        hours = self._by_name["hours"]
        for shift in clause.shifts:
            allowed = self._once(
                (view, shift),
                lambda shift=shift: bitset(  # type: ignore[misc]  # bound now, called at once
                    number
                    for number, pattern in enumerate(self._patterns)
                    if shift.passes(pattern[view])
                ),
            )
            mask &= self.full & ~hours.bits | allowed << hours.offset
        if self.empty(mask):
            return None
        names = self.texts.numbers[view]
        never = frozenset(names[name] for name in clause.never)
        groups = tuple(
            dict.fromkeys(frozenset(names[name] for name in group) for group in clause.groups)
        )
        return Box(mask, groups, never)

    def _of_test(self, view: int, test: FieldTest) -> int:
        """The whole space but for the atoms of one axis that fail the test."""
        segment = self._by_name["place" if test.field in _PLACE else test.field]
        passing = self._once((view, test), lambda: self._views[view, test.field].mask(test))
        return self.full & ~segment.bits | passing << segment.offset

    def _once(self, key: Hashable, make: Callable[[], int]) -> int:
        if key not in self._masks:
            self._masks[key] = make()
        return self._masks[key]


def _named(asked: FieldTest) -> list[Scalar]:
    test = asked.test
    if isinstance(test, AnyOf | NoneOf):
        return list(test.values)
    if isinstance(test, Range):
        bounds = (test.at_least, test.more_than, test.at_most, test.less_than)
        return [bound for bound in bounds if bound is not None]
    return []


def _values_of(axis: Axis) -> Iterator[Scalar | None]:
    """A value for each atom that an event can have; *missing* first, as the plainest."""
    if axis.missing is not None:
        yield None
    if isinstance(axis, Numbers):
        for atom in range(axis.size):
            if axis.full >> atom & 1 and (value := axis.sample(atom)) is not None:
                yield value
        return
    yield from axis.values
    if axis.other is not None:
        yield _fresh(map(str, axis.values), "other")


def _atom(axis: Axis, value: object) -> int:
    """The atom of a value; what a field cannot have counts as missing, as it does for the Router."""
    if isinstance(axis, Numbers):
        if not isinstance(value, Decimal):
            return axis.missing
        atom = axis.index(value)
        return atom if axis.full >> atom & 1 else axis.missing
    found = axis.index(value) if isinstance(value, str | bool | Decimal | None) else None
    if found is not None:
        return found
    assert axis.missing is not None
    return axis.missing


def _fresh(taken: Iterable[str], wish: str) -> str:
    names = set(taken)
    while wish in names:
        wish += "-2"
    return wish


__all__ = ["DAYS", "Box", "Sample", "Segment", "Space"]
