"""First match over the rules of a playbook, and the trace that says why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from remit.decide.facts import Facts
from remit.decide.match import KIND, Passes, compiled, described, shown, takes_kind
from remit.decide.text import line, topic_matcher
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


@dataclass(frozen=True, slots=True)
class _Test:
    asked: FieldTest
    passes: Passes


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    all: tuple[_Test, ...]
    any: tuple[tuple[_Test, ...], ...]

    def matches(self, facts: Facts) -> bool:
        for test in self.all:
            if not test.passes(facts):
                return False
        return not self.any or any(
            all(test.passes(facts) for test in mapping) for mapping in self.any
        )

    def failed(self, facts: Facts) -> str | None:
        """The first test that failed, in the words of the playbook."""
        for test in self.all:
            if not test.passes(facts):
                return described(test.asked, facts)
        firsts: list[str] = []
        for mapping in self.any:
            first = next((test for test in mapping if not test.passes(facts)), None)
            if first is None:
                return None
            firsts.append(described(first.asked, facts))
        return f"any: {'; '.join(firsts)}" if firsts else None


class Router:
    """Decides events by one playbook. Holds no state that an event could change."""

    def __init__(self, playbook: Playbook, holidays: HolidayCalendar | None = None) -> None:
        self._playbook = playbook
        self._holidays = holidays
        self._topics = tuple(
            (name, topic_matcher(topic)) for name, topic in playbook.topics.items()
        )
        self._rules = tuple(_compile(rule) for rule in playbook.rules)
        self._by_kind = {kind: self._able_to_take(kind) for kind in KINDS}

    def decide(self, event: Event) -> Decision:
        """The first rule that matches, else `otherwise`.

        Raises Refused("no_rule") where neither is there.
        """
        facts = self._facts(event)
        # A kind that is not in the hierarchy is decided by otherwise alone.
        for rule in self._by_kind.get(event.kind, ()):
            if rule.matches(facts):
                return _decided(rule.rule.id, rule.rule, facts)
        return self._otherwise(facts)

    def explain(self, event: Event) -> tuple[Decision, tuple[Tried, ...]]:
        """The decision, and every rule that was tried for it."""
        facts = self._facts(event)
        known = event.kind in _KINDS
        strange = f"kind: {shown(event.kind)} is not a kind of event, so otherwise decides"
        tried: list[Tried] = []
        for rule in self._rules:
            failed = rule.failed(facts) if known else strange
            tried.append(Tried(rule=rule.rule.id, matched=failed is None, failed=failed))
            if failed is None:
                return _decided(rule.rule.id, rule.rule, facts), tuple(tried)
        decision = self._otherwise(facts)
        return decision, (*tried, Tried(rule=OTHERWISE, matched=True))

    def topics(self, text: str) -> tuple[str, ...]:
        """Names of the topics that a text holds, in the order of the playbook."""
        words = line(text)
        return tuple(name for name, held in self._topics if held(words))

    def _facts(self, event: Event) -> Facts:
        return Facts(event, self._playbook, self.topics, self._holidays)

    def _able_to_take(self, kind: str) -> tuple[_Compiled, ...]:
        """The rules that some event of that kind could match, without their tests of the kind."""
        return tuple(
            replace(rule, all=tuple(test for test in rule.all if test.asked.field != KIND))
            for rule in self._rules
            if all(
                takes_kind(test.asked.test, kind) for test in rule.all if test.asked.field == KIND
            )
        )

    def _otherwise(self, facts: Facts) -> Decision:
        rule = self._playbook.otherwise
        if rule is None:
            raise Refused(
                "no_rule",
                "no rule takes this event and the playbook has no `otherwise`; "
                "add one that says who owns what nobody foresaw",
            )
        return _decided(OTHERWISE, rule, facts)


def _decided(name: str, rule: Rule, facts: Facts) -> Decision:
    return Decision(rule=name, outcome=rule.outcome, topics=facts.topics)


def _compile(rule: Rule) -> _Compiled:
    def tests(asked: tuple[FieldTest, ...]) -> tuple[_Test, ...]:
        try:
            return tuple(_Test(one, compiled(one)) for one in asked)
        except InputError as error:
            raise InputError(f"rule {rule.id}: {error}") from error

    return _Compiled(rule, tests(rule.when.all), tuple(map(tests, rule.when.any)))
