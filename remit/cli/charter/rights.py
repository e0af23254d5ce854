"""When a role works, who says yes to what, who is called, and what it aims for."""

from __future__ import annotations

from collections.abc import Iterator

from remit.cli.charter.speech import upper
from remit.cli.charter.telling import Telling
from remit.model import Approval, Duration, Goal, Play, Rule, Step

_RATES = ("_rate", "_share", "ctr", "roi", "sla_attainment", "coverage")
"""Metrics that are parts of a whole: a goal of 0.03 is one of 3%."""


def hours_of(telling: Telling, role: str) -> tuple[str, ...]:
    """Hours, holidays, on call, backup."""
    say, speech = telling.say, telling.speech
    known = telling.playbook.roles[role]
    said = [speech.hours(known)]
    if known.hours is not None and any(known.hours.week):
        if known.holidays is None:
            said.append(say.open_holidays)
        else:
            code = known.holidays.country
            country = telling.tongue.vocabulary.countries.get(code, code)
            form = say.closed_joint if known.holidays.joint_leave else say.closed
            said.append(form.format(country=country))
        if days := telling.facts.days_off.get(role):
            said.append(say.next_closed.format(days=speech.both(map(speech.day, days))))
        if known.on_call:
            said.append(say.on_call)
    if known.backup is None:
        said.append(say.no_backup)
    else:
        said.append(say.backup.format(role=speech.role(known.backup)))
    if stood_in := backed_up(telling, role):
        said.append(say.backup_for.format(roles=speech.roles(stood_in)))
    return tuple(said)


def backed_up(telling: Telling, role: str) -> tuple[str, ...]:
    """The roles that this one stands in for."""
    roles = telling.playbook.roles.values()
    return tuple(each.id for each in roles if each.backup == role)


# Approvals ---------------------------------------------------------------------------------------


def approvals_of(telling: Telling, role: str) -> tuple[str, ...]:
    """What has to be approved before it goes out, then what the role may approve for others."""
    said = [
        _needs(telling, telling.playbook.approvals[name], what)
        for name, what, _ in _waiting(telling, role)
    ]
    if not said and telling.owned(role):
        said = [telling.say.no_approval]
    yes = approves(telling, role, telling.say.may_approve, telling.say.may_approve_own)
    return (*said, *(yes or (telling.say.approves_nothing,)))


def approves(telling: Telling, role: str, form: str, own: str) -> tuple[str, ...]:
    """What of whom the role may say yes to, in one of two forms."""
    by_owner = {
        owner: [
            what
            for name, _, what in _waiting(telling, owner)
            if role in telling.playbook.approvals[name].by
        ]
        for owner in telling.playbook.roles
    }
    return tuple(
        (own if owner == role else form).format(
            owner=telling.speech.role(owner), what="; ".join(what)
        )
        for owner, what in by_owner.items()
        if what
    )


def _waiting(telling: Telling, owner: str) -> Iterator[tuple[str, str, str]]:
    """(approval, what waits for it after the ones before, the same by itself)."""
    say = telling.say
    for campaigns in (False, True):
        by_approval: dict[str, list[Rule]] = {}
        for rule in telling.owned(owner):
            name = rule.outcome.approval
            if name is not None and ((rule.outcome.play is Play.campaign) is campaigns):
                by_approval.setdefault(name, []).append(rule)
        ordered = sorted(by_approval.items(), key=lambda pair: len(pair[1]))
        for place, (name, rules) in enumerate(ordered, start=1):
            if place < len(ordered):
                form = say.campaigns_to if campaigns else say.answers_to
                what = form.format(what=telling.short(rules))
                yield name, what, what
            elif place == 1:
                what = say.campaigns if campaigns else say.answers
                yield name, what, what
            else:
                form = say.campaigns_but if campaigns else say.answers_but
                before = [rule for _, others in ordered[:-1] for rule in others]
                what = form.format(what=telling.short(before))
                yield name, what if campaigns else say.other_answers, what


def _needs(telling: Telling, approval: Approval, what: str) -> str:
    say, speech = telling.say, telling.speech
    first, *after = approval.asked
    if first.count == 1:
        said = say.one_yes.format(what=what, roles=speech.any_role(first.by))
    else:
        count = speech.number(first.count)
        said = say.many_yes.format(what=what, count=count, roles=speech.roles(first.by))
    parts = [upper(said)]
    for tier in after:
        form = say.then_one if tier.count == 1 else say.then_many
        roles = speech.any_role(tier.by) if tier.count == 1 else speech.roles(tier.by)
        parts.append(form.format(count=speech.number(tier.count), roles=roles))
    if approval.expires is not None:
        parts.append(say.expires.format(length=speech.length(approval.expires)))
    if any(tier.not_writer for tier in approval.asked):
        parts.append(say.not_writer)
    if approval.identity == "verified":
        parts.append(say.verified)
    return " ".join(parts)


# Escalations -------------------------------------------------------------------------------------


def escalations_of(telling: Telling, role: str) -> tuple[str, ...]:
    """Who is told when nobody takes what the role owns, then where the role itself is called."""
    said = [
        upper(
            telling.say.ladder.format(what=telling.short(rules), rungs=_rungs(telling, role, name))
        )
        for name, rules in _escalated(telling, role).items()
    ]
    called = calls(telling, role, telling.say.called, telling.say.called_for)
    return (*said, *called) or (telling.say.no_ladder,)


def calls(telling: Telling, role: str, later: str, at_once: str) -> tuple[str, ...]:
    """When the role is called for what others own, in one of two forms."""
    said: list[str] = []
    for owner in telling.playbook.roles:
        if owner == role:
            continue
        for name, rules in _escalated(telling, owner).items():
            step = _first_call(telling, role, owner, telling.playbook.escalations[name])
            if step is not None:
                form = later if step.after.calendar else at_once
                said.append(
                    form.format(
                        length=telling.speech.length(step.after),
                        what=telling.short(rules),
                        owner=telling.speech.role(owner),
                    )
                )
    return tuple(said)


def _escalated(telling: Telling, owner: str) -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for rule in telling.owned(owner):
        name = rule.outcome.escalation
        if name is not None:
            found.setdefault(name, []).append(rule)
    return found


def _first_call(telling: Telling, role: str, owner: str, steps: tuple[Step, ...]) -> Step | None:
    people = telling.playbook.roles[role].people
    backup = telling.playbook.roles[owner].backup
    for step in steps:
        notified = backup if step.notify == "backup" else step.notify
        if notified == role or step.notify in people:
            return step
    return None


def _rungs(telling: Telling, owner: str, name: str) -> str:
    return "; ".join(
        (telling.say.rung if step.after.calendar else telling.say.rung_now).format(
            who=_who(telling, owner, step.notify), length=telling.speech.length(step.after)
        )
        for step in telling.playbook.escalations[name]
    )


def _who(telling: Telling, owner: str, notify: str) -> str:
    roles, people = telling.playbook.roles, telling.playbook.people
    if notify == "backup":
        backup = roles[owner].backup
        if backup is None:
            return telling.say.nobody
        return telling.say.as_backup.format(who=telling.speech.role(backup))
    if notify == "owner":
        return telling.speech.role(owner)
    return telling.speech.role(notify) if notify in roles else people[notify].name


# Goals -------------------------------------------------------------------------------------------


def goals_of(telling: Telling, role: str) -> tuple[str, ...]:
    goals = telling.playbook.roles[role].goals
    return tuple(line for goal in goals for line in _goal(telling, goal)) or (telling.say.no_goals,)


def _goal(telling: Telling, goal: Goal) -> Iterator[str]:
    say, metric = telling.say, telling.speech.metric(goal.metric)
    for bound, value in (("at_least", goal.at_least), ("at_most", goal.at_most)):
        if value is None:
            continue
        if isinstance(value, Duration):
            form = say.longer if bound == "at_least" else say.within
            yield form.format(metric=metric, n=telling.speech.length(value))
            continue
        form = say.at_least if bound == "at_least" else say.at_most
        number = telling.speech.number(value)
        if goal.metric.endswith(_RATES) and abs(value) <= 1:
            number = f"{telling.speech.number((value * 100).normalize())}%"
        yield form.format(metric=metric, n=number)
