"""Two neighbours decide alike and differ in one field.

What could be one rule is two, and the next change will be made in one of them only.

Anti-pattern::

    rules:
      - {id: hours, when: {kind: conversation, topic: hours}, owner: cm, play: reply}
      - {id: menu, when: {kind: conversation, topic: menu}, owner: cm, play: reply}

Better::

    rules:
      - {id: question, when: {kind: conversation, topic: [hours, menu]}, owner: cm, play: reply}

What to do::

    Make them one: a list of values, or `any` with a mapping for each.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from remit.check.study import Study
from remit.check.wording import finding
from remit.model import FieldTest, Finding, Rule

CODE = "PB013"


def find(study: Study) -> Iterator[Finding]:
    """One finding for each such pair, at the second rule."""
    reached = study.reach.answers
    for number, (first, second) in enumerate(itertools.pairwise(study.playbook.rules)):
        if first.outcome != second.outcome or reached[number + 1].found is None:
            continue
        field = _difference(first, second)
        if field is not None:
            remedy = "make them one rule, with a list of values or with any"
            if field not in _by_field(second.when.all):
                remedy = f"remove {first.id}, since {second.id} takes its events too"
            yield finding(
                CODE,
                second,
                f"{first.id} and {second.id} decide alike and differ in {field} only; found them one "
                f"below the other; {remedy}",
                severity="warning",
                rule=second.id,
                others=(first.id,),
            )


def _difference(first: Rule, second: Rule) -> str | None:
    """The one field whose tests differ."""
    if set(map(frozenset, first.when.any)) != set(map(frozenset, second.when.any)):
        return None
    left, right = _by_field(first.when.all), _by_field(second.when.all)
    differing = [field for field in {**left, **right} if left.get(field) != right.get(field)]
    return differing[0] if len(differing) == 1 else None


def _by_field(tests: tuple[FieldTest, ...]) -> dict[str, set[FieldTest]]:
    found: dict[str, set[FieldTest]] = {}
    for one in tests:
        found.setdefault(one.field, set()).add(one)
    return found
