"""Which events pass from one rule to another: what both ask for, as one rule that can be told."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from remit.check.wording import kinds
from remit.decide.match import takes_kind
from remit.model import (
    KINDS,
    AnyOf,
    FieldTest,
    HoldsTopics,
    NoneOf,
    Range,
    Rule,
    Test,
    When,
)

REGION = "region"
"""The name of a rule that stands for what two rules ask for."""
_MOST = 6
"""Alternatives of two rules that are told together; of more, those of the new rule alone."""
_KIND, _TOPIC = "kind", "topic"
Tests = tuple[FieldTest, ...]


def region(old: Rule, new: Rule, redefined: Collection[str] = ()) -> Rule:
    """A rule that asks for all that the two ask for; of redefined topics, as each of them means it."""
    # Where both ask for a topic, it holds in both of its meanings: no need to tell them apart.
    apart = set(redefined) - (_wanted(old.when) & _wanted(new.when))
    before = _dated(old.when, apart, "{}, as it was")
    after = _dated(new.when, apart, "{}, as it is now")
    either = before.any if before.any == after.any else _both(before.any, after.any)
    when = When(all=_merged((*before.all, *after.all)), any=either)
    if len(when.any) == 1:
        when = When(all=_merged((*when.all, *when.any[0])))
    return new.model_copy(update={"id": REGION, "when": when})


def _both(before: Sequence[Tests], after: Sequence[Tests]) -> tuple[Tests, ...]:
    if not before or not after:
        return tuple(before or after)
    if len(before) * len(after) > _MOST:
        return tuple(after)
    return tuple(_merged((*left, *right)) for left, right in itertools.product(before, after))


def _merged(tests: Iterable[FieldTest]) -> Tests:
    by_field: dict[str, list[Test]] = {}
    for asked in tests:
        by_field.setdefault(asked.field, []).append(asked.test)
    return tuple(
        FieldTest(field=field, test=test)
        for field, together in by_field.items()
        for test in _one_for_all(field, list(dict.fromkeys(together)))
    )


def _one_for_all(field: str, tests: list[Test]) -> list[Test]:
    """As few tests as say the same."""
    if len(tests) < 2:
        return tests
    if field == _KIND:
        return _kinds(tests)
    if field == _TOPIC:
        return _topics(tests)
    ranges = [test for test in tests if isinstance(test, Range)]
    if len(ranges) == len(tests):
        return [_narrowest(ranges)]
    named = [test for test in tests if isinstance(test, AnyOf)]
    refused = {value for test in tests if isinstance(test, NoneOf) for value in test.values}
    rest = [test for test in tests if not isinstance(test, AnyOf | NoneOf)]
    if not named:
        return tests
    values = [value for value in named[0].values if value not in refused]
    left = [value for value in values if all(value in test.values for test in named)]
    return [AnyOf(values=tuple(left)), *rest] if left else tests


def _kinds(tests: list[Test]) -> list[Test]:
    taken = [
        number for number, kind in enumerate(KINDS) if all(takes_kind(test, kind) for test in tests)
    ]
    return [AnyOf(values=tuple(kinds(taken)))] if taken else tests


def _topics(tests: list[Test]) -> list[Test]:
    held = [test for test in tests if isinstance(test, HoldsTopics)]
    if len(held) < len(tests):
        return tests
    every = dict.fromkeys(name for test in held for name in test.all)
    none = dict.fromkeys(name for test in held for name in test.none)
    some: list[tuple[str, ...]] = []
    for test in held:
        possible = tuple(name for name in test.any if name not in none)
        if len(possible) == 1:
            every[possible[0]] = None
        elif possible:
            some.append(possible)
    some = [group for group in dict.fromkeys(some) if not any(name in every for name in group)]
    first = HoldsTopics(any=some[0] if some else (), all=tuple(every), none=tuple(none))
    return [first, *(HoldsTopics(any=group) for group in some[1:])]


def _narrowest(ranges: Sequence[Range]) -> Range:
    def given(bound: str) -> list[Decimal]:
        return [value for each in ranges if (value := getattr(each, bound)) is not None]

    return Range(
        at_least=max(given("at_least"), default=None),
        more_than=max(given("more_than"), default=None),
        at_most=min(given("at_most"), default=None),
        less_than=min(given("less_than"), default=None),
    )


def _wanted(when: When) -> set[str]:
    """Topics that every event of a rule holds, or may hold."""
    return {
        name
        for asked in (*when.all, *itertools.chain(*when.any))
        if isinstance(asked.test, HoldsTopics)
        for name in (*asked.test.any, *asked.test.all)
    }


def _dated(when: When, redefined: Collection[str], form: str) -> When:
    if not redefined:
        return when

    def named(names: Iterable[str]) -> tuple[str, ...]:
        return tuple(form.format(name) if name in redefined else name for name in names)

    def dated(tests: Tests) -> Tests:
        return tuple(
            FieldTest(
                field=asked.field,
                test=HoldsTopics(
                    any=named(asked.test.any),
                    all=named(asked.test.all),
                    none=named(asked.test.none),
                ),
            )
            if isinstance(asked.test, HoldsTopics)
            else asked
            for asked in tests
        )

    return When(all=dated(when.all), any=tuple(map(dated, when.any)))
