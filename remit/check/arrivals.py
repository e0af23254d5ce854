"""When an event can come to a rule, and an event that does.

A rule that tests hours, or stands below rules that do, gets its events at some hours only: who is
there at other hours is nothing to it. The last number of a rule is `otherwise`.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from remit.check.bitsets import bitset
from remit.check.days import instant
from remit.check.given import Given
from remit.check.instances import event_of, event_of_no_kind
from remit.check.reach import Answer, Reach
from remit.check.roster import Roster
from remit.check.space import Box
from remit.check.trial import Trial
from remit.decide import clock
from remit.decide.clauses import clauses
from remit.decide.domains import covers
from remit.model import Event, Playbook

CONVERSATION = "conversation"


class Arrivals:
    """With a channel, a question is about what comes by it and can be answered."""

    def __init__(
        self, playbook: Playbook, given: Given, roster: Roster, reach: Reach, trial: Trial
    ) -> None:
        self._playbook = playbook
        self._given = given
        self._roster = roster
        self._reach = reach
        self._trial = trial
        self._space = reach.search.space
        self._segments = {segment.name: segment for segment in self._space.segments}
        self._hours: dict[frozenset[str], int] = {}
        self._answers: dict[tuple[int, int, str | None], Answer] = {}

    def instants(self, rule: int, channel: str | None = None) -> int:
        """When an event can come, in cells of the roster. What cannot be decided is possible."""
        if self._falls_through(rule, channel):
            return self._roster.around
        found = 0
        for atom, pattern in enumerate(self._patterns):
            answer = self._answer(rule, atom, channel)
            if answer.found is not None or answer.undecided:
                found |= self._when(pattern)
        return found

    def event(self, rule: int, at: int, channel: str | None = None) -> Event | None:
        """An event of that instant which the Router gives to the rule; None where none is found."""
        cell = self._roster.grid.cell(at)
        atom = next((n for n, each in enumerate(self._patterns) if self._when(each) & cell), None)
        if atom is None:
            return None
        found = self._answer(rule, atom, channel).found
        if found is not None:
            event = event_of(self._space, found)
        elif self._falls_through(rule, channel):
            event = event_of_no_kind(self._space)
        else:
            return None
        said: dict[str, object] = {"time": clock.local(instant(at), self._playbook.timezone)}
        if channel is not None:
            # No rule tells it from the channel of the example.
            said |= {"channel": channel, "platform": self._playbook.channels[channel].platform}
        event = event.model_copy(update=said)
        taken = rule if rule < len(self._playbook.rules) else None
        return event if self._trial.first(event) == taken else None

    # ---------------------------------------------------------------------------------------------

    def _falls_through(self, rule: int, channel: str | None) -> bool:
        """Kinds outside the hierarchy come to `otherwise` at any time."""
        return rule == len(self._playbook.rules) and channel is None

    @cached_property
    def _asked(self) -> frozenset[str]:
        """The roles whose hours some rule tests."""
        return frozenset(
            role
            for rule in self._playbook.rules
            for clause in clauses(rule, self._playbook)
            for shift in clause.shifts
            for role in shift.roles
        )

    @cached_property
    def _patterns(self) -> tuple[frozenset[str], ...]:
        """By atom of the hours: which of those roles work."""
        if not self._asked:
            return (frozenset(),)
        patterns: list[frozenset[str]] = []
        for sample in self._segments["hours"].samples:
            at = sample["time"]
            assert isinstance(at, datetime)
            patterns.append(frozenset(role for role in self._asked if self._works(role, at)))
        return tuple(patterns)

    def _works(self, role: str, at: datetime) -> bool:
        playbook = self._playbook
        return clock.is_open(playbook.roles[role], playbook.timezone, at, self._given.holidays)

    def _when(self, pattern: frozenset[str]) -> int:
        """The instants at which just these of the asked roles work."""
        if pattern not in self._hours:
            found = self._roster.around
            for role in self._asked:
                works = self._roster.works(role)
                found &= works if role in pattern else ~works
            self._hours[pattern] = found
        return self._hours[pattern]

    def _answer(self, rule: int, atom: int, channel: str | None) -> Answer:
        key = (rule, atom, channel)
        if key not in self._answers:
            self._answers[key] = self._ask(*key)
        return self._answers[key]

    def _ask(self, rule: int, atom: int, channel: str | None) -> Answer:
        last = rule == len(self._playbook.rules)
        if len(self._patterns) == 1 and channel is None:
            return self._reach.gap if last else self._reach.answers[rule]
        narrow = Box(self._narrow("hours", 1 << atom) & self._coming_by(channel))
        boxes = (narrow,) if last else self._reach.boxes[rule]
        met = (self._reach.search.meet(box, narrow) for box in boxes)
        return self._reach.ask((box for box in met if box is not None), self._reach.above[rule])

    def _coming_by(self, channel: str | None) -> int:
        """Conversations of a declared channel. Where no rule tests channels its platform is all
        that counts, and where none tests platforms every place is the same."""
        if channel is None:
            return self._space.full
        kinds = bitset(
            atom
            for atom, sample in enumerate(self._segments["kind"].samples)
            if covers(CONVERSATION, str(sample["kind"]))
        )
        places = self._segments["place"].samples
        platform = self._playbook.channels[channel].platform
        atom = next(
            atom
            for field, value in (("channel", channel), ("platform", platform), (None, None))
            for atom, sample in enumerate(places)
            if field is None or sample[field] == value
        )
        return self._narrow("kind", kinds) & self._narrow("place", 1 << atom)

    def _narrow(self, name: str, atoms: int) -> int:
        segment = self._segments[name]
        return self._space.full & ~segment.bits | atoms << segment.offset
