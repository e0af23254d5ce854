"""First match over the rules of a playbook, and the trace that says why.

A decision reads each field once and looks up which clauses its value passes (`tables`, `plan`); the
rules themselves are walked only for a trace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from remit.decide.axes import Axis, axes_of
from remit.decide.clauses import Clause, clauses
from remit.decide.facts import Facts
from remit.decide.match import KIND, shown
from remit.decide.openings import Openings
from remit.decide.plan import Context, Plan, Ranked
from remit.decide.scan import Scan
from remit.decide.trace import Traced
from remit.model import (
    KINDS,
    OTHERWISE,
    Decision,
    Event,
    FieldTest,
    HolidayCalendar,
    InputError,
    Playbook,
    Refused,
    Rule,
    Tried,
)

_KINDS = frozenset(KINDS)
_MOST_KNOWN = 65_536
"""Sets of topics whose names, and decisions by rule and topics, that are kept."""


class Router:
    """Decides events by one playbook. Holds no state that an event could change."""

    def __init__(self, playbook: Playbook, holidays: HolidayCalendar | None = None) -> None:
        self._playbook = playbook
        self._holidays = holidays
        self._last = len(playbook.rules)
        self._topic_names = tuple(playbook.topics)
        self._scan = Scan(playbook.topics.values())
        self._ranked, self._axes = _compile(playbook)
        asked = {
            role for each in self._ranked for shift in each.clause.shifts for role in shift.roles
        }
        # A role that the playbook does not have never works.
        known = [role for role in playbook.roles.values() if role.id in asked]
        self._roles = {role.id: number for number, role in enumerate(known)}
        self._openings = Openings(known, playbook.timezone, holidays)
        self._plans: dict[str, Plan] = {}
        self._shared: dict[tuple[int, ...], Plan] = {}
        self._names: dict[int, tuple[str, ...]] = {0: ()}
        self._plain = tuple(
            Decision(rule=rule.id, outcome=rule.outcome) for rule in playbook.rules
        ) + _otherwise(playbook)
        """The decision of each rule on an event without topics."""
        self._by_topics: dict[tuple[int, int], Decision] = {}

    def decide(self, event: Event) -> Decision:
        """The first rule that matches, else `otherwise`.

        Raises Refused("no_rule") where neither is there.
        """
        # A model's own mapping: what `event.text` would find, in half the time.
        said = event.__dict__
        text = said["text"]
        held = self._scan.held(text) if text else 0
        # As below: a decision is so short that one more call would be felt.
        plan = self._plans.get(said["kind"]) or self._plan(said["kind"])
        if plan is None or (clause := plan.first(said, held)) < 0:
            return self._decision(self._last, held)
        return self._decision(plan.rules[clause], held) if held else plan.decisions[clause]

    def decide_each(self, events: Sequence[Event]) -> list[Decision]:
        """The same of several events; a few dozen together cost the least."""
        told = [event.__dict__ for event in events]
        texts = [text for said in told if (text := said["text"])]
        found = iter(self._scan.held_by_each(texts))
        held = [next(found) if said["text"] else 0 for said in told]
        return list(map(self._decide, told, held))

    def _decide(self, said: Mapping[str, Any], held: int) -> Decision:
        plan = self._plans.get(said["kind"]) or self._plan(said["kind"])
        if plan is None or (clause := plan.first(said, held)) < 0:
            return self._decision(self._last, held)
        if not held:
            return plan.decisions[clause]
        rule = plan.rules[clause]
        return self._by_topics.get((rule, held)) or self._decision(rule, held)

    def next(self, event: Event) -> Decision:
        """The decision if the rule that takes the event were not there.

        Raises Refused("no_rule") where nobody would have it.
        """
        held = self._scan.held(event.text) if event.text else 0
        plan = self._plan(event.kind)
        clause = -1 if plan is None else plan.first(event.__dict__, held)
        if plan is not None and clause >= 0:
            others = ~plan.of_rule(plan.rules[clause])
            clause = plan.first(event.__dict__, held, others)
        rule = self._last if plan is None or clause < 0 else plan.rules[clause]
        return self._decision(rule, held)

    def explain(self, event: Event) -> tuple[Decision, tuple[Tried, ...]]:
        """The decision, and every rule that was tried for it."""
        facts = Facts(event, self._playbook, self.topics, self._holidays)
        known = event.kind in _KINDS
        strange = f"kind: {shown(event.kind)} is not a kind of event, so otherwise decides"
        held = self._scan.held(event.text) if event.text else 0
        tried: list[Tried] = []
        for number, rule in enumerate(self._traced):
            failed = rule.failed(facts) if known else strange
            tried.append(Tried(rule=rule.id, matched=failed is None, failed=failed))
            if failed is None:
                return self._decision(number, held), tuple(tried)
        decision = self._decision(self._last, held)
        return decision, (*tried, Tried(rule=OTHERWISE, matched=True))

    def topics(self, text: str) -> tuple[str, ...]:
        """Names of the topics that a text holds, in the order of the playbook."""
        return self._names_of(self._scan.held(text))

    @cached_property
    def _traced(self) -> tuple[Traced, ...]:
        return tuple(map(Traced, self._playbook.rules))

    def _plan(self, kind: str) -> Plan | None:
        """Made for the first event of that kind; kinds that reach the same clauses share it.

        A kind that is not in the hierarchy is decided by otherwise alone.
        """
        if kind not in _KINDS:
            return None
        if kind not in self._plans:
            bit = 1 << KINDS.index(kind)
            reached = tuple(
                number for number, each in enumerate(self._ranked) if each.atoms.get(KIND, -1) & bit
            )
            if reached not in self._shared:
                ranked = [self._ranked[number].beside(KIND) for number in reached]
                self._shared[reached] = self._make(ranked)
            self._plans[kind] = self._shared[reached]
        return self._plans[kind]

    def _make(self, ranked: Sequence[Ranked]) -> Plan:
        topics = {name: number for number, name in enumerate(self._topic_names)}
        context = Context(self._playbook.channels, topics, self._roles, self._openings, self._plain)
        return Plan(ranked, self._axes, context)

    def _decision(self, number: int, held: int) -> Decision:
        if number == len(self._plain):
            raise Refused(
                "no_rule",
                "no rule takes this event and the playbook has no `otherwise`; "
                "add one that says who owns what nobody foresaw",
            )
        plain = self._plain[number]
        if not held:
            return plain
        known = self._by_topics.get((number, held))
        if known is not None:
            return known
        decision = plain.model_copy(update={"topics": self._names_of(held)})
        if len(self._by_topics) >= _MOST_KNOWN:
            self._by_topics.clear()
        self._by_topics[number, held] = decision
        return decision

    def _names_of(self, held: int) -> tuple[str, ...]:
        names = self._names.get(held)
        if names is None:
            if len(self._names) >= _MOST_KNOWN:
                self._names.clear()
            names = self._names[held] = tuple(
                name for number, name in enumerate(self._topic_names) if held >> number & 1
            )
        return names


def _otherwise(playbook: Playbook) -> tuple[Decision, ...]:
    if playbook.otherwise is None:
        return ()
    return (Decision(rule=OTHERWISE, outcome=playbook.otherwise.outcome),)


def _compile(playbook: Playbook) -> tuple[list[Ranked], dict[str, Axis]]:
    """The clauses that some event can pass, in the order of the rules, and the axes they test.

    Raises InputError for a test that its field does not know, with the rule's name.
    """
    found: list[tuple[int, Clause]] = []
    for number, rule in enumerate(playbook.rules):
        with _naming(rule):
            found += [(number, clause) for clause in clauses(rule, playbook)]
    try:
        axes = axes_of(playbook, [test for _, clause in found for test in clause.tests])
    except InputError:
        for number, clause in found:
            with _naming(playbook.rules[number]):
                axes_of(playbook, clause.tests)
        raise
    masks: dict[FieldTest, int] = {}
    ranked: list[Ranked] = []
    for number, clause in found:
        atoms: dict[str, int] = {}
        for test in clause.tests:
            if test not in masks:
                with _naming(playbook.rules[number]):
                    masks[test] = axes[test.field].mask(test.test)
            atoms[test.field] = atoms.get(test.field, -1) & masks[test]
        if all(atoms.values()):
            ranked.append(Ranked(number, clause, atoms))
    return ranked, axes


@contextmanager
def _naming(rule: Rule) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(f"rule {rule.id}: {error}") from error
