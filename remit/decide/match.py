"""Tests of a playbook as functions of an event, and in the words of the playbook."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from remit.decide.domains import covers
from remit.decide.facts import HOURS, TOPIC, Facts, Getter, Value, getter
from remit.model import (
    AnyOf,
    Exists,
    FieldTest,
    HoldsTopics,
    InputError,
    NoneOf,
    Range,
    Scalar,
    Test,
)

Passes = Callable[[Facts], bool]

_BOUNDS = ("at_least", "more_than", "at_most", "less_than")
KIND = "kind"
_LONGEST = 60
"""Characters of a value from outside that a trace shows."""


def compiled(asked: FieldTest) -> Passes:
    """Whether an event passes. Raises InputError for a test that its field does not know."""
    field, test = asked.field, asked.test
    if field == TOPIC:
        return _topics(test)
    if field in HOURS:
        return _hours(test, working=HOURS[field])
    if isinstance(test, HoldsTopics):
        raise InputError(f"{field} cannot be tested for topics; write that test under `topic`")
    if field == KIND:
        return lambda facts: takes_kind(test, facts.event.kind)
    read = getter(field)
    if isinstance(test, Range):
        return _range(read, test)
    if isinstance(test, Exists):
        wanted = test.exists
        return lambda facts: (read(facts) is not None) is wanted
    return _values(read, test)


def described(asked: FieldTest, facts: Facts) -> str:
    """The test in the words of the playbook, and what was found. Never the text of a message."""
    return f"{asked.field}: {written(asked.test)} (found {_found(asked.field, facts)})"


def takes_kind(test: Test, kind: str) -> bool:
    """Whether a test of `kind` passes for that kind, whatever else the event says."""
    if isinstance(test, Exists):
        return test.exists
    if not isinstance(test, AnyOf | NoneOf):
        return False
    named = any(covers(value, kind) for value in test.values if isinstance(value, str))
    return named is isinstance(test, AnyOf)


def _values(read: Getter, test: AnyOf | NoneOf) -> Passes:
    wanted = frozenset(map(_key, test.values))
    if isinstance(test, NoneOf):
        return lambda facts: (found := read(facts)) is None or _key(found) not in wanted
    return lambda facts: (found := read(facts)) is not None and _key(found) in wanted


def _key(value: Value) -> tuple[bool, Value]:
    """1 and true are one to Python, and two to a playbook."""
    return isinstance(value, bool), value


def _range(read: Getter, test: Range) -> Passes:
    low, above, high, below = (getattr(test, bound) for bound in _BOUNDS)

    def passes(facts: Facts) -> bool:
        found = read(facts)
        if isinstance(found, bool) or not isinstance(found, int | Decimal):
            return False
        return (
            (low is None or found >= low)
            and (above is None or found > above)
            and (high is None or found <= high)
            and (below is None or found < below)
        )

    return passes


def _topics(test: Test) -> Passes:
    if isinstance(test, Exists):
        wanted = test.exists
        return lambda facts: bool(facts.topics) is wanted
    if isinstance(test, AnyOf | NoneOf):
        names = tuple(map(str, test.values))
        positive = isinstance(test, AnyOf)
        test = HoldsTopics(any=names) if positive else HoldsTopics(none=names)
    if not isinstance(test, HoldsTopics):
        raise InputError("topic is not a number; give it a name, a list, all or none")
    some, every, none = frozenset(test.any), frozenset(test.all), frozenset(test.none)

    def passes(facts: Facts) -> bool:
        held = facts.topics
        if not held:
            return not some and not every
        return (
            (not some or not some.isdisjoint(held))
            and every.issubset(held)
            and none.isdisjoint(held)
        )

    return passes


def _hours(test: Test, *, working: bool) -> Passes:
    if isinstance(test, Exists):
        wanted = test.exists
        return lambda _: wanted
    if not isinstance(test, AnyOf | NoneOf):
        raise InputError("within_hours and outside_hours take a role, a list of roles, or `not`")
    roles = tuple(map(str, test.values))
    positive = isinstance(test, AnyOf)
    return lambda facts: any(facts.is_open(role) is working for role in roles) is positive


def written(test: Test) -> str:
    """The test as the playbook would write it."""
    match test:
        case AnyOf():
            return _list(map(shown, test.values))
        case NoneOf():
            return f"{{not: {_list(map(shown, test.values))}}}"
        case Exists():
            return f"{{exists: {shown(test.exists)}}}"
        case Range():
            bounds = ((bound, getattr(test, bound)) for bound in _BOUNDS)
            given = (f"{bound}: {shown(value)}" for bound, value in bounds if value is not None)
            return f"{{{', '.join(given)}}}"
        case HoldsTopics():
            if test.any and not test.all and not test.none:
                return _list(test.any)
            parts = (("any", test.any), ("all", test.all), ("none", test.none))
            given = (f"{part}: [{', '.join(names)}]" for part, names in parts if names)
            return f"{{{', '.join(given)}}}"


def _found(field: str, facts: Facts) -> str:
    if field == TOPIC:
        return ", ".join(facts.topics) or "none"
    if field in HOURS:
        return facts.local_time
    value = getter(field)(facts)
    if value is not None:
        return shown(value)
    said = facts.said(field)
    return "nothing" if said is None else f"{shown(said)}, which counts as missing"


def _list(values: Iterable[str]) -> str:
    names = tuple(values)
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def shown(value: Scalar | int) -> str:
    """A value as the playbook would write it, short and printable."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    text = str(value)
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    return "".join(char if char.isprintable() else "�" for char in text)
