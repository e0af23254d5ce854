"""Everything that can be proved of a playbook, and an example for each of its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from remit.check.findings import (
    pb010,
    pb011,
    pb012,
    pb013,
    pb014,
    pb015,
    pb020,
    pb021,
    pb022,
    pb023,
    pb030,
    pb040,
    pb041,
    pb050,
)
from remit.check.study import Study
from remit.model import OTHERWISE, Event, Finding

FINDINGS: tuple[Callable[[Study], Iterator[Finding]], ...] = (
    pb010.find,
    pb011.find,
    pb012.find,
    pb013.find,
    pb014.find,
    pb015.find,
    pb020.find,
    pb021.find,
    pb022.find,
    pb023.find,
    pb030.find,
    pb040.find,
    pb041.find,
    pb050.find,
)


def prove(study: Study) -> tuple[Finding, ...]:
    """All findings, in the order of file, line and code. Every event has been through the Router."""
    found = [finding for find in FINDINGS for finding in find(study)]
    return tuple(sorted(found, key=lambda one: (one.file, one.line, one.code)))


def examples(study: Study) -> Mapping[str, Event]:
    """An event for each rule that takes any, by its id, and for `otherwise`."""
    found: dict[str, Event] = {}
    for number, answer in enumerate(study.reach.answers):
        if answer.found is not None:
            event = study.trial.taken(study.space, answer.found, number)
            if event is not None:
                found[study.playbook.rules[number].id] = event
    gap = study.reach.gap.found
    left = None if gap is None else study.trial.gap(study.space, gap)
    if left is not None and study.playbook.otherwise is not None:
        found[OTHERWISE] = left
    return found
