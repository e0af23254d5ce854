"""`otherwise` would open a case for what an audience only does.

A follow, a reaction or a share asks nobody for anything, and there are thousands of them. A play that
opens a case for each buries the work of people under applause.

Anti-pattern::

    rules:
      - {id: talk, when: {kind: conversation}, owner: cm, play: reply}
    otherwise: {owner: cm, play: triage}

Better::

    rules:
      - {id: talk, when: {kind: conversation}, owner: cm, play: reply}
      - {id: applause, when: {kind: audience}, owner: smm, play: log}
    otherwise: {owner: cm, play: triage}

What to do::

    Give `audience` a rule with `play: log`; it is counted and asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.check.study import Study
from remit.check.wording import finding
from remit.decide.domains import covers
from remit.model import KINDS, OTHERWISE, Finding

CODE = "PB015"


def find(study: Study) -> Iterator[Finding]:
    """At most one finding."""
    otherwise = study.playbook.otherwise
    if otherwise is None or not otherwise.outcome.play.opens_case:
        return
    space = study.space
    kinds = space.segments[0]
    asked = sum(1 << number for number, kind in enumerate(KINDS) if covers("audience", kind))
    answer = study.reach.left(space.full & ~kinds.bits | asked << kinds.offset)
    if answer.found is None and not answer.undecided:
        return
    event = None if answer.found is None else study.trial.gap(study.space, answer.found)
    play = otherwise.outcome.play
    if event is None:
        yield finding(
            CODE,
            otherwise,
            f"undecided: whether otherwise would {play} what an audience does is not known; found no "
            "answer within the limits of the search; add a rule for kind: audience with play: log",
            severity="warning",
            rule=OTHERWISE,
        )
        return
    yield finding(
        CODE,
        otherwise,
        f"otherwise would open a case for what an audience does; found {event.kind}, which no rule "
        f"takes and otherwise sends to {play}; add a rule for kind: audience with play: log",
        rule=OTHERWISE,
        event=event,
    )
