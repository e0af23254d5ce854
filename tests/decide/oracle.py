"""First match as the language's page says it, slowly and without the code under test."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from remit.model import AnyOf, Event, Exists, FieldTest, HoldsTopics, NoneOf, Playbook, Range

KINDS = {
    "conversation": "comment mention reply message review thread post flag takedown",
    "audience": "follow reaction share",
    "content": "brief idea published failed",
    "metric": "threshold spike",
    "case": "overdue reopened handoff",
}
LEAVES = [f"{top}.{leaf}" for top, leaves in KINDS.items() for leaf in leaves.split()]
# Enough of the default-ignorable characters for the texts that the tests make.
IGNORABLE = {"\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\ufe0f"}


def words(text: str) -> list[str]:
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKC", text)
    text = "".join(char for char in text if char not in IGNORABLE)
    found: list[str] = []
    word = ""
    last = ""
    for char in text:
        category = unicodedata.category(char)
        if category[0] == "L" and char == last:
            continue
        last = char
        if category[0] in "LM" or category == "Nd" or char == "_":
            word += char
            continue
        if word:
            found.append(word)
            word = ""
        if category[0] in "SN":
            found.append(char)
    return found + ([word] if word else [])


def holds_phrase(text: list[str], phrase: str) -> bool:
    parts = []
    for part in phrase.split():
        (core,) = words(part.strip("*"))
        parts.append((part.startswith("*"), core, part.endswith("*")))
    return any(
        all(
            core == word
            or (lead and word.endswith(core))
            or (trail and word.startswith(core))
            or (lead and trail and core in word)
            for (lead, core, trail), word in zip(parts, text[at:], strict=False)
        )
        for at in range(len(text) - len(parts) + 1)
    )


def topics(playbook: Playbook, text: str | None) -> list[str]:
    said = words(text or "")
    return [
        name
        for name, topic in playbook.topics.items()
        if any(holds_phrase(said, one) for one in topic.words)
        and not any(holds_phrase(said, one) for one in topic.without)
    ]


def works(playbook: Playbook, role: str, at: datetime) -> bool:
    hours = playbook.roles[role].hours
    if hours is None:
        return True
    local = at.astimezone(ZoneInfo(playbook.timezone))
    for back in (0, 1):
        day = local.date() - timedelta(days=back)
        minute = local.hour * 60 + local.minute + 1440 * back
        if any(span.since <= minute < span.until for span in hours.week[day.weekday()]):
            return True
    return False


DOMAINS: dict[str, Any] = {
    "under": ["campaign", "organic", "ad", "profile", "none"],
    "author.relation": ["customer", "lead", "fan", "staff", "partner", "press", "unknown"],
    "sentiment": (-1, 1),
    "toxicity": (0, 1),
}


def value(playbook: Playbook, event: Event, field: str) -> Any:
    found = as_said(playbook, event, field)
    return found if possible(playbook, field, found) else None


def possible(playbook: Playbook, field: str, found: Any) -> bool:
    """What a field cannot be counts as missing."""
    domain = DOMAINS.get(field)
    if field.startswith("fields."):
        spec = playbook.fields[field[7:]]
        if not spec.number:
            return isinstance(found, str) and found in spec.values
        if isinstance(found, bool) or not isinstance(found, Decimal | int):
            return False
        domain = (spec.at_least, spec.at_most)
    if domain is None or found is None:
        return True
    if isinstance(domain, list):
        return found in domain
    low, high = domain
    return (low is None or found >= low) and (high is None or found <= high)


def as_said(playbook: Playbook, event: Event, field: str) -> Any:
    if field == "channel":
        known = event.channel is None or event.channel in playbook.channels
        return event.channel if known else "other"
    if field == "platform" and event.channel is not None and event.channel in playbook.channels:
        return playbook.channels[event.channel].platform
    if field.startswith("author."):
        return getattr(event.author, field[7:]) if event.author else None
    if field.startswith("fields."):
        return event.fields.get(field[7:])
    return getattr(event, field)


def equal(left: Any, right: Any) -> bool:
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def passes_topic(held: list[str], test: Any) -> bool:
    if isinstance(test, Exists):
        return bool(held) == test.exists
    if isinstance(test, AnyOf | NoneOf):
        return any(name in held for name in test.values) == isinstance(test, AnyOf)
    assert isinstance(test, HoldsTopics)
    some = not test.any or any(name in held for name in test.any)
    every = all(name in held for name in test.all)
    return some and every and not any(name in held for name in test.none)


def passes(playbook: Playbook, event: Event, asked: FieldTest) -> bool:
    test: Any = asked.test
    if asked.field == "topic":
        return passes_topic(topics(playbook, event.text), test)
    if asked.field in {"within_hours", "outside_hours"}:
        want = asked.field == "within_hours"
        found = any(works(playbook, role, event.time) is want for role in test.values)
        return found if isinstance(test, AnyOf) else not found
    found = value(playbook, event, asked.field)
    if isinstance(test, Exists):
        return (found is not None) == test.exists
    if found is None:
        return isinstance(test, NoneOf)
    if isinstance(test, Range):
        if isinstance(found, bool | str):
            return False
        number = Decimal(found)
        return not (
            (test.at_least is not None and number < test.at_least)
            or (test.more_than is not None and number <= test.more_than)
            or (test.at_most is not None and number > test.at_most)
            or (test.less_than is not None and number >= test.less_than)
        )
    if asked.field == "kind":
        named = any(found == one or found.split(".")[0] == one for one in test.values)
    else:
        named = any(equal(found, one) for one in test.values)
    return named == isinstance(test, AnyOf)


def rule(playbook: Playbook, event: Event) -> str:
    if event.kind in LEAVES:
        for one in playbook.rules:
            every = all(passes(playbook, event, test) for test in one.when.all)
            some = not one.when.any or any(
                all(passes(playbook, event, test) for test in tests) for tests in one.when.any
            )
            if every and some:
                return one.id
    return "otherwise"
