"""First match over the clauses that some kinds of events can reach."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from remit.decide.axes import Axis
from remit.decide.clauses import Clause, Shift
from remit.decide.openings import Openings
from remit.decide.tables import NamedRows, NumberRows, Row, bitset, ones, rows_of
from remit.model import Channel, Decision

_MOST_KNOWN = 4096
"""Combinations of topics, or of roles at work, whose rows are kept."""
_PLACE = frozenset({"channel", "platform"})


@dataclass(frozen=True, slots=True)
class Ranked:
    """A clause, the number of its rule, and the atoms that it takes of each axis that it tests."""

    rule: int
    clause: Clause
    atoms: Mapping[str, int]

    def beside(self, field: str) -> Ranked:
        """The same without its test of that field, where it is known to pass."""
        atoms = {name: each for name, each in self.atoms.items() if name != field}
        return Ranked(self.rule, self.clause, atoms)


class _Fields:
    """Axes whose values stand in one mapping, under these names."""

    def __init__(self, rows: Mapping[str, NamedRows | NumberRows]) -> None:
        self.named = tuple(
            (name, each.table.get, each.rest)
            for name, each in rows.items()
            if isinstance(each, NamedRows)
        )
        self.numbers = tuple(
            (name, each.cuts, each.found, each.missing)
            for name, each in rows.items()
            if isinstance(each, NumberRows)
        )
        self.missing: Row = -1
        for each in rows.values():
            self.missing &= each.missing
        self.asks = bool(rows)


@dataclass(frozen=True, slots=True)
class Context:
    """What a plan needs of the playbook beside its clauses. Topics and roles have numbers."""

    channels: Mapping[str, Channel]
    topics: Mapping[str, int]
    roles: Mapping[str, int]
    openings: Openings
    decisions: Sequence[Decision]
    """By number of a rule: its decision on an event without topics."""


class Plan:
    """Clauses in the order of their rules, and how an event finds the first that takes it."""

    def __init__(
        self, ranked: Sequence[Ranked], axes: Mapping[str, Axis], context: Context
    ) -> None:
        self.rules = tuple(each.rule for each in ranked)
        """By clause: the number of its rule."""
        self.decisions = tuple(context.decisions[each.rule] for each in ranked)
        """By clause: the decision of its rule on an event without topics."""
        tested = dict.fromkeys(field for each in ranked for field in each.atoms)
        rows = {field: self._rows(field, axes[field], ranked) for field in tested}
        place = _Place(rows, context.channels) if _PLACE & rows.keys() else None
        self._event = _Fields({name: rows[name] for name in rows if _holder(name) == ""})
        self._author = _Fields(_below(rows, "author"))
        self._own = _Fields(_below(rows, "fields"))
        self._every = (1 << len(ranked)) - 1
        self._topics = _TopicRows(ranked, context.topics, self._every)
        self._shifts = _ShiftRows(ranked, context.roles, self._every)
        self._openings = context.openings
        # Taken apart in one step: a decision is so short that looking each up would be felt.
        self._parts = (
            self._topics.known,
            place,
            self._event.named,
            self._event.numbers,
            self._author if self._author.asks else None,
            self._author.named,
            self._author.numbers,
            self._own if self._own.asks else None,
            self._shifts.asking,
        )

    @staticmethod
    def _rows(field: str, axis: Axis, ranked: Sequence[Ranked]) -> NamedRows | NumberRows:
        masks = {
            number: each.atoms[field] for number, each in enumerate(ranked) if field in each.atoms
        }
        return rows_of(axis, masks, len(ranked))

    def first(self, said: Mapping[str, Any], held: int, among: Row | None = None) -> int:  # noqa: C901 - a call for each kind of field would be a tenth of it
        """The first clause that takes an event, -1 where none does.

        `said`: the event's fields. `held`: the topics of its text as a bitset. `among`: the clauses
        that may take it.
        """
        known, place, names, numbers, author, author_names, author_numbers, own, asking = (
            self._parts
        )
        row, sure = known.get(held) or self._topics.row(held)
        if among is not None:
            row &= among
        elif sure is not None:
            return sure
        if place is not None:
            here = place.declared.get(said["channel"])
            row &= place.elsewhere(said) if here is None else here
        for name, get, rest in names:
            row &= get(said[name], rest)
        for name, cuts, found, missing in numbers:
            value = said[name]
            row &= missing if value is None else found[bisect_right(cuts, value)]
        if author is not None:
            writer = said["author"]
            if writer is None:
                row &= author.missing
            else:
                writer = writer.__dict__
                for name, get, rest in author_names:
                    row &= get(writer[name], rest)
                for name, cuts, found, missing in author_numbers:
                    value = writer[name]
                    row &= missing if value is None else found[bisect_right(cuts, value)]
        if own is not None:
            # The brand's own fields may hold anything, so the type is asked as well.
            written = said["fields"]
            for name, get, rest in own.named:
                value = written.get(name)
                row &= get(value if type(value) is str else None, rest)
            for name, cuts, found, missing in own.numbers:
                value = written.get(name)
                row &= found[bisect_right(cuts, value)] if type(value) is Decimal else missing
        if row & asking:
            row &= self._shifts.row(self._openings.at(said["time"]))
        return (row & -row).bit_length() - 1

    def of_rule(self, rule: int) -> Row:
        """The clauses of a rule; they stand side by side."""
        return (1 << bisect_right(self.rules, rule)) - (1 << bisect_left(self.rules, rule))


class _Place:
    """Channel and platform together: a declared channel fixes its platform."""

    def __init__(
        self,
        rows: Mapping[str, NamedRows | NumberRows],
        channels: Mapping[str, Channel],
    ) -> None:
        channel, platform = rows.get("channel"), rows.get("platform")
        self._platform = platform if isinstance(platform, NamedRows) else None
        known = channel if isinstance(channel, NamedRows) else None
        self._none: Row = -1 if known is None else known.missing
        self._other: Row = -1 if known is None else known.rest
        self.declared: dict[str | None, Row] = {
            name: (-1 if known is None else known.table[name]) & self._on(each.platform)
            for name, each in channels.items()
        }

    def _on(self, platform: str) -> Row:
        rows = self._platform
        return -1 if rows is None else rows.table.get(platform, rows.rest)

    def elsewhere(self, said: Mapping[str, Any]) -> Row:
        """Where the channel is not declared, or not said."""
        named = self._none if said["channel"] is None else self._other
        return named & self._on(said["platform"])


class _TopicRows:
    """Which clauses a set of topics passes. A clause's groups fill slots: of each it needs one."""

    def __init__(self, ranked: Sequence[Ranked], topics: Mapping[str, int], every: Row) -> None:
        self._every = every
        count = len(ranked)
        plain = [at for at, each in enumerate(ranked) if not each.atoms and not each.clause.shifts]
        self._plain = bitset(plain, count)
        """The clauses that test nothing but topics."""
        slots = max((len(each.clause.groups) for each in ranked), default=0)
        free: list[list[int]] = [[] for _ in range(slots)]
        takes: list[dict[int, list[int]]] = [{} for _ in range(slots)]
        spoils: dict[int, list[int]] = {}
        for number, each in enumerate(ranked):
            groups = each.clause.groups
            for slot in range(slots):
                if slot >= len(groups):
                    free[slot].append(number)
                    continue
                for name in groups[slot]:
                    takes[slot].setdefault(topics[name], []).append(number)
            for name in each.clause.never:
                spoils.setdefault(topics[name], []).append(number)
        self._slots = [
            (
                bitset(free[slot], count),
                {topic: bitset(some, count) for topic, some in takes[slot].items()},
            )
            for slot in range(slots)
        ]
        self._spoils = {topic: bitset(some, count) for topic, some in spoils.items()}
        self.known: dict[int, tuple[Row, int | None]] = {}

    def row(self, held: int) -> tuple[Row, int | None]:
        """The clauses, and the first where no other field can change it (-1: there is none)."""
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        row = self._made(held)
        first = row & -row
        sure = first.bit_length() - 1 if first & self._plain or not row else None
        self.known[held] = row, sure
        return row, sure

    def _made(self, held: int) -> Row:
        row = self._every
        topics = tuple(ones(held))
        for free, takes in self._slots:
            some = free
            for topic in topics:
                some |= takes.get(topic, 0)
            row &= some
        for topic in topics:
            row &= ~self._spoils.get(topic, 0)
        return row


class _ShiftRows:
    """Which clauses the roles at work pass."""

    def __init__(self, ranked: Sequence[Ranked], roles: Mapping[str, int], every: Row) -> None:
        self._every = every
        self._roles = roles
        asking: dict[Shift, list[int]] = {}
        for number, each in enumerate(ranked):
            for shift in each.clause.shifts:
                asking.setdefault(shift, []).append(number)
        self._by_shift = [(shift, bitset(some, len(ranked))) for shift, some in asking.items()]
        self.asking: Row = 0
        """The clauses that ask."""
        for _, some in self._by_shift:
            self.asking |= some
        self._known: dict[int, Row] = {}

    def row(self, at_work: int) -> Row:
        row = self._known.get(at_work)
        if row is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            row = self._known[at_work] = self._made(at_work)
        return row

    def _made(self, at_work: int) -> Row:
        present = frozenset(role for role, number in self._roles.items() if at_work >> number & 1)
        row = self._every
        for shift, some in self._by_shift:
            if not shift.passes(present):
                row &= ~some
        return row


def _holder(field: str) -> str:
    """Where an event keeps a field: `author`, `fields`, or itself; the place has rows of its own."""
    return "place" if field in _PLACE else field.partition(".")[0] if "." in field else ""


def _below(
    rows: Mapping[str, NamedRows | NumberRows], holder: str
) -> dict[str, NamedRows | NumberRows]:
    return {
        field.removeprefix(f"{holder}."): each
        for field, each in rows.items()
        if _holder(field) == holder
    }
