"""No event reaches a rule.

The rules above it take everything that it asks for, or its own tests contradict each other. Whoever
wrote it believes that it decides something, and it does not.

Anti-pattern::

    rules:
      - {id: talk, when: {kind: conversation}, owner: cm, play: reply}
      - {id: refund, when: {kind: conversation.message, topic: refund}, owner: cm, play: reply}

Better::

    rules:
      - {id: refund, when: {kind: conversation.message, topic: refund}, owner: cm, play: reply}
      - {id: talk, when: {kind: conversation}, owner: cm, play: reply}

What to do::

    Move the rule above those that cover it, narrow them, or remove it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remit.check.study import Study
from remit.check.wording import finding, listed
from remit.decide.match import written
from remit.model import FieldTest, Finding, Rule

CODE = "PB012"


def find(study: Study) -> Iterator[Finding]:
    """One finding for each dead rule, with an irredundant set of the rules that cover it."""
    rules, reach = study.playbook.rules, study.reach
    for number, answer in enumerate(reach.answers):
        rule = rules[number]
        if answer.found is not None:
            continue
        if answer.undecided:
            yield undecided(rule)
            continue
        covering = [rules[other].id for other in reach.cover(number)]
        if covering:
            take = "takes" if len(covering) == 1 else "together take"
            message = (
                f"no event reaches {rule.id}; found that {listed(covering)} {take} all of it first; "
                "move it above, narrow what covers it, or remove it"
            )
        else:
            message = (
                f"no event reaches {rule.id}; found that {_contradiction(study, rule)}; "
                "change a test, or remove the rule"
            )
        yield finding(CODE, rule, message, rule=rule.id, others=covering)


def _contradiction(study: Study, rule: Rule) -> str:
    """The fewest of its tests that no event passes together."""
    asked = list(rule.when.all)
    if not _impossible(study, asked):
        return "no mapping of its any can hold together with its other tests"
    for one in rule.when.all:
        fewer = [other for other in asked if other is not one]
        if _impossible(study, fewer):
            asked = fewer
    said = [f"{one.field}: {written(one.test)}" for one in asked]
    return f"{listed(said)} never {'hold together' if said[1:] else 'holds'}"


def _impossible(study: Study, tests: Sequence[FieldTest]) -> bool:
    box = study.space.box(tests)
    if box is None:
        return True
    answer = study.reach.ask((box,), 0)
    return answer.found is None and not answer.undecided


def undecided(rule: Rule) -> Finding:
    """What is said of a rule where the search gave up."""
    return finding(
        CODE,
        rule,
        f"undecided: whether any event reaches {rule.id} is not known; found no answer within the "
        "limits of the search; simplify the rule or those above it",
        rule=rule.id,
    )
