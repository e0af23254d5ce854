"""Some events fall through every rule.

Every event must have exactly one owner. Without `otherwise` an event that no rule takes has none, and
that is an error. With it, somebody has what falls through, and it is said what that is: nobody sees in
a list of rules what is not in it.

Anti-pattern::

    rules:
      - {id: talk, when: {kind: conversation}, owner: cm, play: reply}
      - {id: brief, when: {kind: content.brief}, owner: smm, play: campaign}

Better::

    rules:
      - {id: talk, when: {kind: conversation}, owner: cm, play: reply}
      - {id: brief, when: {kind: content.brief}, owner: smm, play: campaign}
      - {id: applause, when: {kind: audience}, owner: smm, play: log}
    otherwise: {owner: cm, play: triage, because: a person looks at what nobody foresaw}

What to do::

    Write a rule for the events shown, or an `otherwise` that names who looks at the unforeseen.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.check.gaps import shape
from remit.check.study import Study
from remit.check.wording import finding
from remit.model import OTHERWISE, Finding, Rule, Where

CODE = "PB010"


def find(study: Study) -> Iterator[Finding]:
    """At most one finding."""
    playbook, gap = study.playbook, study.reach.gap
    otherwise = playbook.otherwise
    place = otherwise or _nowhere(study)
    if gap.found is None and not gap.undecided:
        return
    event = None if gap.found is None else study.trial.gap(study.space, gap.found)
    if gap.found is None or event is None:
        yield finding(
            CODE,
            place,
            "undecided: whether some event falls through every rule is not known; found no answer "
            "within the limits of the search; add a last rule with when: {}, or merge rules",
        )
        return
    said = shape(study.space, study.reach, gap.found)
    if otherwise is None:
        message = (
            f"some events have no owner; found that no rule takes {said}; "
            "write a rule for them, or `otherwise` for all that nobody foresaw"
        )
        yield finding(CODE, place, message, event=event)
        return
    yield finding(
        CODE,
        otherwise,
        f"otherwise decides what no rule takes; found {said}; "
        f"write a rule for whatever should not go to {otherwise.outcome.owner}",
        severity="info",
        rule=OTHERWISE,
        event=event,
    )


def _nowhere(study: Study) -> Rule:
    """Where the missing `otherwise` would stand: behind the last rule."""
    rules = study.playbook.rules
    if rules:
        return rules[-1]
    role = next(iter(study.playbook.roles))
    return Rule.model_validate(
        {"id": OTHERWISE, "outcome": {"owner": role, "play": "log"}, "where": _FIRST_LINE}
    )


_FIRST_LINE = Where(file="playbook.yaml", line=1)
