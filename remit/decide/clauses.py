"""A rule as an *or* of clauses, each an *and*: the form that the Router and the prover share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from remit.decide.facts import HOURS, TOPIC
from remit.model import (
    AnyOf,
    Exists,
    FieldTest,
    HoldsTopics,
    InputError,
    NoneOf,
    Playbook,
    Rule,
    Test,
)


@dataclass(frozen=True, slots=True)
class Shift:
    """Whether, at the event's time, any of these roles works (or with `working` false, does not);
    with `positive` false, that none does."""

    roles: frozenset[str]
    working: bool
    positive: bool

    def passes(self, open_roles: frozenset[str]) -> bool:
        return any((role in open_roles) is self.working for role in self.roles) is self.positive


@dataclass(frozen=True, slots=True)
class Clause:
    """All of it must hold."""

    tests: tuple[FieldTest, ...] = ()
    """Tests of fields of one value."""
    groups: tuple[frozenset[str], ...] = ()
    """Of each group of topics the text holds at least one."""
    never: frozenset[str] = frozenset()
    """Topics that the text does not hold."""
    shifts: tuple[Shift, ...] = ()


def clauses(rule: Rule, playbook: Playbook) -> tuple[Clause, ...]:
    """The clauses of a rule, in the order of its `any`. Raises InputError for an impossible test."""
    together = rule.when.all
    if not rule.when.any:
        return (clause_of(together, playbook),)
    return tuple(clause_of((*together, *mapping), playbook) for mapping in rule.when.any)


def clause_of(asked: Iterable[FieldTest], playbook: Playbook) -> Clause:
    """Tests that must hold together. Raises InputError for an impossible one."""
    tests: list[FieldTest] = []
    groups: list[frozenset[str]] = []
    never: set[str] = set()
    shifts: list[Shift] = []
    for one in asked:
        if one.field == TOPIC and isinstance(one.test, Exists) and one.test.exists:
            groups.append(frozenset(playbook.topics))  # without any topic nothing holds one
        elif one.field == TOPIC:
            held = _topics(one.test, playbook)
            groups += [frozenset(held.any)] if held.any else []
            groups += [frozenset({name}) for name in held.all]
            never.update(held.none)
        elif one.field in HOURS:
            shifts.append(_shift(one))
        else:
            tests.append(one)
    return Clause(tuple(tests), tuple(dict.fromkeys(groups)), frozenset(never), tuple(shifts))


def _topics(test: Test, playbook: Playbook) -> HoldsTopics:
    if isinstance(test, HoldsTopics):
        return test
    if isinstance(test, Exists):
        return HoldsTopics(none=tuple(playbook.topics))
    if isinstance(test, AnyOf):
        return HoldsTopics(any=tuple(map(str, test.values)))
    if isinstance(test, NoneOf):
        return HoldsTopics(none=tuple(map(str, test.values)))
    raise InputError("topic is not a number; give it a name, a list, all or none")


def _shift(asked: FieldTest) -> Shift:
    working = HOURS[asked.field]
    if isinstance(asked.test, AnyOf | NoneOf):
        roles = frozenset(map(str, asked.test.values))
        return Shift(roles, working, isinstance(asked.test, AnyOf))
    if isinstance(asked.test, Exists):
        # Every event has a time: `exists: true` always holds, and no role at all never works.
        return Shift(frozenset(), working, positive=not asked.test.exists)
    raise InputError("within_hours and outside_hours take a role, a list of roles, or `not`")
