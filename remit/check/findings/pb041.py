"""A rule tests a field that nothing fills.

A channel's events have the fields that its platform tells of; contacts.csv adds what the author is to
the brand and the brand's own fields; Remit names the language and what a message hangs under. A field
that none of them fills is missing on every event, so a test of it never passes, or, with `not` and
`exists: false`, always does. `metric`, `value` and `change` are fields of `metric` events.

Nothing is said of a playbook without channels, nor of a rule that events of a platform can reach
which Remit does not know.

Anti-pattern::

    rules:
      - id: angry
        when: {kind: conversation, sentiment: {at_most: -0.5}}
        owner: cm
        play: reply

Better::

    topics:
      anger: ["kecewa*", "so angry"]
    rules:
      - id: angry
        when: {kind: conversation, topic: anger}
        owner: cm
        play: reply

What to do::

    Test something that arrives, or have it arrive: a column of contacts.csv for `author.relation` and
    the brand's own fields, another channel for what its network tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from remit.check.study import Given, Study
from remit.decide.domains import covers
from remit.decide.match import takes_kind
from remit.model import KINDS, AnyOf, Channel, FieldTest, Finding, NoneOf, Playbook, Rule

CODE = "PB041"
_ALWAYS = frozenset({"kind", "platform", "channel", "within_hours", "outside_hours"})
"""Every event has a kind, a platform and a time, and one from a channel has its channel."""
_RELATION = "author.relation"


def find(study: Study) -> Iterator[Finding]:
    """One finding for each rule, naming all such fields."""
    playbook, given = study.playbook, study.given
    if given.supplied is None or not playbook.channels:
        return
    for rule in playbook.rules:
        channels = _reaching(rule, playbook)
        if any(channel.platform not in given.supplied for channel in channels):
            continue
        filled = _filled(channels, playbook, given)
        tested = dict.fromkeys(test.field for test in _tests(rule))
        idle = [
            field
            for field in tested
            if field not in _ALWAYS | filled and not _is_own(field, rule, given.own)
        ]
        if idle:
            yield Finding(
                code=CODE,
                severity="warning",
                file=rule.where.file,
                line=rule.where.line,
                rule=rule.id,
                message=(
                    f"{rule.id} tests what nothing fills: {', '.join(idle)}; "
                    f"found {_found(channels, filled)}; {_remedy(idle)}"
                ),
            )


def _tests(rule: Rule) -> Iterator[FieldTest]:
    yield from rule.when.all
    for together in rule.when.any:
        yield from together


def _reaching(rule: Rule, playbook: Playbook) -> list[Channel]:
    """The channels whose events can pass the rule's tests of channel and platform; else all."""
    reaching = [
        channel
        for channel in playbook.channels.values()
        if all(_takes(test, channel) for test in rule.when.all)
    ]
    return reaching or list(playbook.channels.values())


def _takes(asked: FieldTest, channel: Channel) -> bool:
    said = {"channel": channel.id, "platform": channel.platform}.get(asked.field)
    if said is None or not isinstance(asked.test, AnyOf | NoneOf):
        return True
    return (said in asked.test.values) is isinstance(asked.test, AnyOf)


def _filled(channels: list[Channel], playbook: Playbook, given: Given) -> frozenset[str]:
    assert given.supplied is not None
    platforms = {channel.platform for channel in channels}
    filled = set(given.signals).union(*(given.supplied[platform] for platform in platforms))
    for contact in playbook.contacts:
        if contact.platform in platforms:
            filled |= {f"fields.{name}" for name in contact.fields}
            filled |= {_RELATION} if contact.relation is not None else set()
    return frozenset(filled)


def _is_own(field: str, rule: Rule, own: Mapping[str, frozenset[str]]) -> bool:
    """Whether events of Remit's own, of a kind that the rule takes, have the field."""
    return any(field in fields and _takes_some(rule, kind) for kind, fields in own.items())


def _takes_some(rule: Rule, above: str) -> bool:
    kinds = [kind for kind in KINDS if covers(above, kind)]
    tests = [test.test for test in rule.when.all if test.field == "kind"]
    return any(all(takes_kind(test, kind) for test in tests) for kind in kinds)


def _found(channels: list[Channel], filled: frozenset[str]) -> str:
    said = ", ".join(f"{channel.id} ({channel.platform})" for channel in channels)
    return f"on {said} only {', '.join(sorted(filled)) or 'kind and platform'}"


def _remedy(idle: list[str]) -> str:
    listed = [field for field in idle if field == _RELATION or field.startswith("fields.")]
    if len(listed) == len(idle):
        columns = ", ".join(field.rpartition(".")[2] for field in idle)
        return (
            f"add {columns} to contacts.csv for a platform of the playbook, or test something else"
        )
    return "test something that arrives"
