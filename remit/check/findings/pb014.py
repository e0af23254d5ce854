"""`over` names a rule that this one never precedes.

It says that a rule comes first where both could have an event. If there is no such event, or the other
stands above it, the word is out of date: the list has changed since, or a name is wrong.

Anti-pattern::

    rules:
      - {id: praise, when: {kind: conversation, topic: praise}, owner: cm, play: reply}
      - {id: brief, when: {kind: content.brief}, owner: smm, play: campaign, over: [praise]}

Better::

    rules:
      - {id: praise, when: {kind: conversation, topic: praise}, owner: cm, play: reply}
      - {id: brief, when: {kind: content.brief}, owner: smm, play: campaign}

What to do::

    Take the name out of `over`, or move the rule above the one that it names.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from remit.check.boundaries import ANY
from remit.check.reach import Answer
from remit.check.study import Study
from remit.check.wording import finding
from remit.model import Finding

CODE = "PB014"


def find(study: Study) -> Iterator[Finding]:
    """One finding for each name."""
    rules = study.playbook.rules
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    for number, rule in enumerate(rules):
        if study.reach.answers[number].found is None:
            continue  # a dead rule precedes nothing: that is said once
        for name in dict.fromkeys(rule.over):
            if name != ANY and name in numbers:
                yield from _of_name(study, number, numbers[name])


def _of_name(study: Study, number: int, other: int) -> Iterator[Finding]:
    rule, named = (study.playbook.rules[each] for each in (number, other))
    found = f"no event that {rule.id} takes first and {named.id} would have after it"
    if other < number:
        found = f"that {named.id} stands above it"
    elif other > number:
        answer = _preceding(study, number, other)
        if answer.found is not None:
            return
        if answer.undecided:
            yield finding(
                CODE,
                rule,
                f"undecided: whether {rule.id} ever precedes {named.id} is not known; found no "
                "answer within the limits of the search; simplify the two rules",
                severity="warning",
                rule=rule.id,
                others=(named.id,),
            )
            return
    yield finding(
        CODE,
        rule,
        f"over names {named.id}, which {rule.id} never precedes; found {found}; "
        f"remove it from over, or move {rule.id}",
        severity="warning",
        rule=rule.id,
        others=(named.id,),
    )


def _preceding(study: Study, number: int, other: int) -> Answer:
    """Events that the one rule takes first and that are the other's as well."""
    reach = study.reach
    pairs = itertools.product(reach.boxes[number], reach.boxes[other])
    met = (reach.search.meet(left, right) for left, right in pairs)
    return reach.ask((box for box in met if box is not None), reach.above[number])
