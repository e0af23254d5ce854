"""One telling of a playbook: its facts, in one language."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from remit.cli.charter.conditions import Conditions
from remit.cli.charter.facts import Facts
from remit.cli.charter.speech import Speech
from remit.cli.charter.tongue import Labels, Sentences, Tongue
from remit.model import OTHERWISE, Playbook, Rule


class Telling:
    """What all parts of the page share."""

    def __init__(self, facts: Facts, tongue: Tongue) -> None:
        self.facts = facts
        self.playbook: Playbook = facts.playbook
        self.tongue = tongue
        self.say: Sentences = tongue.sentences
        self.labels: Labels = tongue.labels
        self.speech = Speech(tongue, facts.playbook)
        self.conditions = Conditions(self.speech, facts.samples)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """All of them in order, `otherwise` last."""
        last = self.playbook.otherwise
        if last is None:
            return self.playbook.rules
        return (*self.playbook.rules, last.model_copy(update={"id": OTHERWISE}))

    def owned(self, role: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.outcome.owner == role)

    def told(self, rules: Iterable[Rule], limit: int) -> tuple[str, ...]:
        """What some rules take, one by one, and how many more there are."""
        said = self.conditions.merged(rules)
        more = [self.say.more.format(n=self.speech.number(len(said) - limit))]
        return tuple(said[:limit] + (more if len(said) > limit else []))

    def short(self, rules: Iterable[Rule], limit: int = 8) -> str:
        """What some rules take, as one list."""
        return self.speech.things(self.conditions.merged(rules), limit)
