"""The whole page: every role, and what they have in common."""

from __future__ import annotations

from remit.cli.charter.duties import example_of, groups_of
from remit.cli.charter.facts import Facts
from remit.cli.charter.picture import colours, picture_of
from remit.cli.charter.rights import approvals_of, escalations_of, goals_of, hours_of
from remit.cli.charter.speech import upper
from remit.cli.charter.telling import Telling
from remit.cli.charter.together import meetings_of, meets, not_owned
from remit.cli.charter.tongue import Tongue
from remit.cli.charter.vacancies import vacancy_of
from remit.cli.charter.views import Page, RoleView, Row


def page_of(facts: Facts, tongue: Tongue) -> Page:
    """A charter in one language."""
    telling = Telling(facts, tongue)
    playbook = telling.playbook
    last = playbook.otherwise
    foreseen = "" if facts.complete else telling.say.incomplete
    if last is not None:
        foreseen = telling.say.complete.format(owner=telling.speech.role(last.outcome.owner))
    return Page(
        language=tongue.code,
        title=telling.labels.title.format(brand=upper(playbook.brand)),
        say=telling.labels,
        lead=telling.labels.lead if facts.complete else telling.labels.lead_open,
        foreseen=foreseen,
        roles=tuple(
            _role(telling, name, number) for number, name in enumerate(playbook.roles, start=1)
        ),
        everything=_everything(telling),
        picture=picture_of(telling),
    )


def _role(telling: Telling, role: str, number: int) -> RoleView:
    known, speech, labels = telling.playbook.roles[role], telling.speech, telling.labels
    owned = telling.owned(role)
    people = [person.name for name in known.people if (person := telling.playbook.people.get(name))]
    meetings, others = meetings_of(telling, role), meets(telling, role)
    return RoleView(
        anchor=f"role-{number}",
        colour=colours(telling)[role],
        title=speech.title(role),
        mission=known.mission,
        scope=known.scope,
        people=speech.both(people, limit=20) or labels.vacant,
        count=speech.counted(labels.owns_count, len(owned)) if owned else labels.owns_none,
        groups=groups_of(telling, role),
        owns_nothing="" if owned else telling.say.owns_nothing,
        not_owned=not_owned(telling, role, labels.owner_owns),
        owns_all="" if len(owned) < len(telling.rules) else telling.say.owns_all,
        meetings=meetings,
        meets=others or (() if meetings else (telling.say.nobody_meets,)),
        hours=hours_of(telling, role),
        approvals=approvals_of(telling, role),
        escalations=escalations_of(telling, role),
        goals=goals_of(telling, role),
        vacancy=vacancy_of(telling, role),
    )


def _everything(telling: Telling) -> tuple[Row, ...]:
    return tuple(
        Row(
            number,
            upper(telling.conditions.brief(rule)),
            telling.speech.title(rule.outcome.owner),
            ", ".join(map(telling.speech.title, rule.outcome.consulted)),
            ", ".join(map(telling.speech.title, rule.outcome.informed)),
            example_of(telling, rule),
        )
        for number, rule in enumerate(telling.rules, start=1)
    )
