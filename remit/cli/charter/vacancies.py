"""The text of a job advert for a role, made of what the charter says of it."""

from __future__ import annotations

from remit.cli.charter.rights import approves, backed_up, calls, goals_of
from remit.cli.charter.speech import upper
from remit.cli.charter.telling import Telling
from remit.cli.charter.together import THINGS, not_owned
from remit.cli.charter.views import Listed, Vacancy
from remit.model import Play, Rule


def vacancy_of(telling: Telling, role: str) -> Vacancy:
    """Ready to paste."""
    known, labels, speech = telling.playbook.roles[role], telling.labels, telling.speech
    title, brand = speech.title(role), upper(telling.playbook.brand)
    opening = [known.mission] if known.mission else []
    if known.scope:
        opening.append(labels.field.format(scope=known.scope.rstrip(". ")))
    closing = [speech.hours(known)]
    closing += [telling.say.on_call] if known.on_call and known.hours else []
    if others := [each for each in telling.playbook.roles if each != role]:
        closing.append(labels.colleagues.format(roles=speech.roles(others)))
    if telling.playbook.languages:
        named = speech.both(map(speech.language, telling.playbook.languages))
        closing.append(labels.languages.format(languages=named))
    closing.append(labels.apply.format(brand=brand))
    return Vacancy(
        title=labels.seeks.format(brand=brand, title=title),
        opening=tuple(opening),
        tasks=tuple(_tasks(telling, role)),
        not_tasks=not_owned(telling, role, labels.not_task),
        judged=goals_of(telling, role) if known.goals else (),
        closing=tuple(closing),
    )


def _tasks(telling: Telling, role: str) -> list[Listed]:
    labels = telling.labels
    by_play: dict[Play, list[Rule]] = {}
    for rule in telling.owned(role):
        by_play.setdefault(rule.outcome.play, []).append(rule)
    tasks = [
        Listed(telling.tongue.vocabulary.tasks[play.value], telling.told(rules, THINGS))
        for play, rules in by_play.items()
    ]
    said = [*approves(telling, role, labels.approve_task, labels.approve_own_task)]
    said += calls(telling, role, labels.called_task, labels.called_for_task)
    if stood_in := backed_up(telling, role):
        said.append(labels.backup_task.format(roles=telling.speech.roles(stood_in)))
    return [*tasks, *(Listed(line, ()) for line in said)]
