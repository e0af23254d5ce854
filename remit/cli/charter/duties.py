"""What a role owns, rule by rule, with an example of each."""

from __future__ import annotations

from collections.abc import Iterator

from remit.cli.charter.speech import quoted, spaced, upper
from remit.cli.charter.telling import Telling
from remit.cli.charter.views import Group, Owned
from remit.model import Due, Duration, Event, HoldOrder, Play, Rule, Severity

SHOWN = 40
"""Rules that are told under their owner; the rest stand in the list at the end."""
LONGEST = 160
"""Characters of a message that an example shows."""


def groups_of(telling: Telling, role: str) -> tuple[Group, ...]:
    """A group for each play, in the order of the playbook's first rule of it."""
    by_play: dict[Play, list[Rule]] = {}
    for rule in telling.owned(role):
        by_play.setdefault(rule.outcome.play, []).append(rule)
    left = SHOWN
    groups: list[Group] = []
    for play, rules in by_play.items():
        told, rest = rules[:left], len(rules[left:])
        left -= len(told)
        more = telling.labels.more_things.format(n=telling.speech.number(rest)) if rest else ""
        title = telling.tongue.vocabulary.plays[play.value]
        groups.append(Group(title, tuple(_owned(telling, rule) for rule in told), more))
    return tuple(groups)


def example_of(telling: Telling, rule: Rule) -> str:
    """A message that the rule takes, or what happened where nobody wrote anything."""
    event = telling.facts.examples.get(rule.id)
    if event is not None and event.kind == "content.brief" and telling.playbook.campaigns:
        title = next(iter(telling.playbook.campaigns.values())).title
        return telling.say.example_silent.format(context=telling.say.brief.format(title=title))
    return "" if event is None else told(telling, event)


def told(telling: Telling, event: Event) -> str:
    """An event as an example."""
    say, context = telling.say, _context(telling, event)
    if event.metric is not None and event.value is not None:
        value = telling.speech.number(event.value)
        context = f"{context}, {say.figure.format(metric=spaced(event.metric), value=value)}"
    if not event.text:
        return say.example_silent.format(context=context) if context else ""
    said = say.example.format(text=_cut(event.text))
    return f"{said} {say.example_context.format(context=context)}" if context else said


def _owned(telling: Telling, rule: Rule) -> Owned:
    what = upper(telling.conditions.full(rule))
    return Owned(f"{what}.", example_of(telling, rule), " ".join(_notes(telling, rule)))


def _context(telling: Telling, event: Event) -> str:
    """What is known of it beside its text. A value that its field cannot have is not."""
    vocabulary, author = telling.tongue.vocabulary, event.author
    parts = [vocabulary.one.get(event.kind, ""), ""]
    if event.under != "none":
        parts[1] = vocabulary.under.get(event.under or "", "")
    if author is not None and author.relation and author.relation in vocabulary.relation:
        people = vocabulary.relation[author.relation]
        parts.append(telling.tongue.conditions.relation.format(people=people))
    if author is not None and author.followers is not None:
        count = telling.speech.number(author.followers)
        parts.append(telling.say.account.format(n=count))
    return ", ".join(part for part in (" ".join(filter(None, parts[:2])), *parts[2:]) if part)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()}…"


def _notes(telling: Telling, rule: Rule) -> Iterator[str]:
    say, speech, outcome = telling.say, telling.speech, rule.outcome
    if outcome.severity is not Severity.normal:
        yield telling.tongue.vocabulary.severities[outcome.severity.value]
    if outcome.due is not None and (said := _due(telling, outcome.due)):
        yield f"{upper(said)}."
    if outcome.consulted:
        yield say.consulted.format(roles=speech.both(map(speech.title, outcome.consulted), 20))
    if outcome.informed:
        yield say.informed.format(roles=speech.both(map(speech.title, outcome.informed), 20))
    if outcome.hold is not None:
        yield held_back(telling, outcome.hold)
    if per_day := telling.playbook.autopilot.get(rule.id):
        yield say.autopilot.format(n=speech.number(per_day))
    if outcome.because:
        yield say.because.format(reason=outcome.because.rstrip(". "))


def _due(telling: Telling, due: Due) -> str:
    say = telling.say

    def length(given: Duration) -> str:
        return telling.speech.length(given, working=due.clock == "business")

    parts = (
        (say.first, due.first_response),
        (say.then, due.next_response),
        (say.settled, due.resolution),
    )
    said = "; ".join(form.format(length=length(given)) for form, given in parts if given)
    return say.calendar.format(due=said) if said and due.clock == "calendar" else said


def held_back(telling: Telling, hold: HoldOrder, form: str | None = None, **more: str) -> str:
    """Whose posts wait, from when on, and for how long."""
    say, speech = telling.say, telling.speech
    if form is None:
        form = say.hold_topics if hold.topics else say.hold
    limit = say.hold_limit.format(length=speech.length(hold.at_most)) if hold.at_most else ""
    return form.format(
        role=speech.role(hold.posts_of),
        topics=speech.either(quoted(spaced(topic)) for topic in hold.topics),
        when=say.at_once if hold.starts == "at_once" else say.acknowledged,
        limit=limit,
        **more,
    )
