"""No scenario reaches a rule.

Nothing shows what the rule is meant for, so nobody notices when a change elsewhere takes its events
away. A scenario is a message as people write it and the decision that it should get; `remit test`
runs them all, and `remit test PATH --coverage` names the rules that none reaches.

A rule that no event reaches at all is PB012 alone.

Anti-pattern::

    rules:
      - {id: refund, when: {kind: conversation, topic: refund}, owner: cm, play: reply}
    scenarios: []

Better::

    rules:
      - {id: refund, when: {kind: conversation, topic: refund}, owner: cm, play: reply}
    scenarios:
      - name: money wanted back
        at: 2027-03-01T23:10+07:00
        event: {kind: conversation.message, platform: sandbox, text: "refund dong"}
        expect: {rule: refund, owner: cm}

What to do::

    Add a scenario to a file in scenarios/, best with words that somebody once wrote to you.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.check.scenarios import run
from remit.check.study import Study
from remit.check.wording import finding
from remit.model import OTHERWISE, Event, Finding

CODE = "PB040"


def find(study: Study) -> Iterator[Finding]:
    """One finding for each rule that some event reaches and no scenario; `otherwise` is one of them."""
    playbook = study.playbook
    unreached = set(run(playbook, study.given.holidays, study.router).unreached)
    count = len(playbook.scenarios)
    found = (
        "no scenario at all" if not count else f"{count} scenario{'s' * (count > 1)}, none of it"
    )
    every = playbook.rules if playbook.otherwise is None else (*playbook.rules, playbook.otherwise)
    for number, rule in enumerate(every):
        name = rule.id if number < len(playbook.rules) else OTHERWISE
        if name in unreached and (name == OTHERWISE or _lives(study, number)):
            message = (
                f"no scenario reaches {name}; found {found}; "
                "add one to a file in scenarios/ that shows what the rule is for"
            )
            event = _example(study, number)
            yield finding(CODE, rule, message, severity="info", rule=name, event=event)


def _lives(study: Study, number: int) -> bool:
    answer = study.reach.answers[number]
    return answer.found is not None or answer.undecided


def _example(study: Study, number: int) -> Event | None:
    """An event to begin a scenario with."""
    if number == len(study.playbook.rules):
        gap = study.reach.gap.found
        return None if gap is None else study.trial.gap(study.space, gap)
    found = study.reach.answers[number].found
    return None if found is None else study.trial.taken(study.space, found, number)
