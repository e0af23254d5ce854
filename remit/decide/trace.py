"""A rule walked test by test, for whoever asks why it did not match."""

from __future__ import annotations

from dataclasses import dataclass

from remit.decide.facts import Facts
from remit.decide.match import Passes, compiled, described
from remit.model import FieldTest, Rule


@dataclass(frozen=True, slots=True)
class _Test:
    asked: FieldTest
    passes: Passes


class Traced:
    """One rule. Slower than the tables, and in the order in which it was written."""

    def __init__(self, rule: Rule) -> None:
        self.id = rule.id
        self._all = _tests(rule.when.all)
        self._any = tuple(map(_tests, rule.when.any))

    def failed(self, facts: Facts) -> str | None:
        """The first test that failed, in the words of the playbook; None where the rule matches."""
        for test in self._all:
            if not test.passes(facts):
                return described(test.asked, facts)
        firsts: list[str] = []
        for mapping in self._any:
            first = next((test for test in mapping if not test.passes(facts)), None)
            if first is None:
                return None
            firsts.append(described(first.asked, facts))
        return f"any: {'; '.join(firsts)}" if firsts else None


def _tests(asked: tuple[FieldTest, ...]) -> tuple[_Test, ...]:
    return tuple(_Test(one, compiled(one)) for one in asked)
