"""A goal is set on something that the role does not own.

A metric is made of events, and only who owns those events can move it: engagement of posts, first
responses of conversations. A role owns kinds of events by the rules that name it; what falls through
to `otherwise` counts only where no rule gives these kinds to anybody. A goal on the work of another
role rewards the wrong one. docs/metrics.md says what each metric is made of; a metric that is not
named there is not judged.

Anti-pattern::

    roles:
      cm:
        title: Community Manager
        people: [sari]
        goals:
          - {metric: engagement_rate, at_least: 0.03}
    rules:
      - {id: brief, when: {kind: content.brief}, owner: smm, play: campaign}
      - {id: talk, when: {kind: conversation}, owner: cm, play: reply}

Better::

    roles:
      cm:
        title: Community Manager
        people: [sari]
        goals:
          - {metric: first_response, at_most: 1h}
    rules:
      - {id: brief, when: {kind: content.brief}, owner: smm, play: campaign}
      - {id: talk, when: {kind: conversation}, owner: cm, play: reply}

What to do::

    Move the goal to the role that owns the events, or give the role a rule that owns some of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.check.study import Study
from remit.decide.domains import covers
from remit.decide.match import takes_kind
from remit.model import KINDS, FieldTest, Finding, Playbook, Rule

CODE = "PB050"


def find(study: Study) -> Iterator[Finding]:
    """One finding for each goal, in the order of roles."""
    playbook = study.playbook
    owned = _owners(playbook)
    for role in playbook.roles.values():
        for goal in role.goals:
            made_of = study.given.metrics.get(goal.metric)
            if made_of is None:
                continue
            kinds = [kind for kind in KINDS if any(covers(above, kind) for above in made_of)]
            owners: dict[str, list[str]] = {}
            for kind in kinds:
                for name, rules in owned[kind].items():
                    had = owners.setdefault(name, [])
                    had += [rule for rule in rules if rule not in had]
            if role.id in owners:
                continue
            left = playbook.otherwise
            if not owners and left is not None and left.outcome.owner == role.id:
                continue
            yield Finding(
                code=CODE,
                file=goal.where.file,
                line=max(goal.where.line, 1),
                others=tuple(rule for rules in owners.values() for rule in rules),
                message=(
                    f"{role.id} has a goal on {goal.metric}, which is made of "
                    f"{', '.join(sorted(made_of))}; found that {_who(owners)}; "
                    f"{_remedy(role.id, owners)}"
                ),
            )


def _owners(playbook: Playbook) -> dict[str, dict[str, list[str]]]:
    """By kind: the roles that own some of it, and by which rules."""
    owned: dict[str, dict[str, list[str]]] = {kind: {} for kind in KINDS}
    for kind, owners in owned.items():
        for rule in playbook.rules:
            if not _takes(rule, kind):
                continue
            owners.setdefault(rule.outcome.owner, []).append(rule.id)
            if _takes_all(rule):
                break
    return owned


def _takes(rule: Rule, kind: str) -> bool:
    """Whether its tests of the kind let it pass."""

    def passes(tests: tuple[FieldTest, ...]) -> bool:
        return all(takes_kind(each.test, kind) for each in tests if each.field == "kind")

    return passes(rule.when.all) and (not rule.when.any or any(map(passes, rule.when.any)))


def _takes_all(rule: Rule) -> bool:
    """Whether nothing but the kind is asked, so that later rules get no event of the kind."""
    return not rule.when.any and all(each.field == "kind" for each in rule.when.all)


def _who(owners: dict[str, list[str]]) -> str:
    if not owners:
        return "no rule takes any of them"
    return " and ".join(f"{role} owns them by {', '.join(rules)}" for role, rules in owners.items())


def _remedy(role: str, owners: dict[str, list[str]]) -> str:
    if not owners:
        return f"give {role} a rule for them, or take the goal out"
    return f"move the goal to {next(iter(owners))}, or give {role} a rule for them"
