"""Two owners claim the same events, and nobody said who goes first.

An event's first match is a rule, its next match is a rule of another owner, and neither rule contains
the other: only the order of the list decides who has it. Somebody who moves a rule, or narrows one,
hands work from one role to another without a word. `over` says that the order is meant.

Anti-pattern::

    rules:
      - {id: press, when: {author.relation: press}, owner: smm, play: reply}
      - {id: complaint, when: {topic: complaint}, owner: cm, play: reply}

Better::

    rules:
      - {id: press, when: {author.relation: press}, owner: smm, play: reply, over: [complaint]}
      - {id: complaint, when: {topic: complaint}, owner: cm, play: reply}

What to do::

    Name the rule in `over` if this one comes first on purpose. If it does not, move it below, or
    write a test into it that leaves these events to the other role.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.check.boundaries import Boundary, boundaries
from remit.check.study import Study
from remit.check.wording import finding, in_list, listed
from remit.model import Event, Finding

CODE = "PB011"


def find(study: Study) -> Iterator[Finding]:
    """One finding for each rule that goes first, naming all whose events it takes; another for what
    is undecided."""
    for boundary in boundaries(study.playbook, study.reach):
        event = None
        if boundary.example is not None:
            event = study.trial.boundary(
                study.space, boundary.example, boundary.rule, boundary.next[0]
            )
        if event is not None:
            yield _meeting(study, boundary, event)
        unsettled = boundary.undecided if event is not None else boundary.next + boundary.undecided
        if unsettled:
            yield _undecided(study, boundary.rule, sorted(unsettled))


def _meeting(study: Study, boundary: Boundary, event: Event) -> Finding:
    rules = study.playbook.rules
    first, second = rules[boundary.rule], rules[boundary.next[0]]
    names = [rules[number].id for number in boundary.next]
    more = f", and others with {listed(names[1:])}" if names[1:] else ""
    return finding(
        CODE,
        first,
        f"{first.id} ({first.outcome.owner}) takes events that {second.id} "
        f"({second.outcome.owner}) would have next, and does not say so; found this one{more}; "
        f"write over: {in_list([*first.over, *names])} if {first.id} comes first on purpose, "
        "else move or narrow it",
        rule=first.id,
        others=names,
        event=event,
    )


def _undecided(study: Study, number: int, others: list[int]) -> Finding:
    rules = study.playbook.rules
    first, names = rules[number], [rules[other].id for other in others]
    return finding(
        CODE,
        first,
        f"undecided: whether {first.id} takes events that {listed(names, 'or')} would have next is "
        "not known; found no answer within the limits of the search; "
        f"write over: {in_list([*first.over, *names])}, or simplify these rules",
        severity="warning",
        rule=first.id,
        others=names,
    )
