"""What a change of the playbook moves: nothing missed, nothing invented, every example reproduces."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from remit.check.diff import compare
from remit.decide import Router
from remit.model import (
    KINDS,
    AnyOf,
    Author,
    Channel,
    Event,
    FieldSpec,
    FieldTest,
    HoldsTopics,
    Hours,
    NoneOf,
    Outcome,
    Play,
    Playbook,
    Range,
    Role,
    Rule,
    Severity,
    Span,
    Topic,
    When,
)

SINCE = date(2027, 1, 1)
TEXTS = (
    None,
    "halo",
    "uang kembali",
    "uang kembali dong",
    "keracunan",
    "racun lagu",
    "uang kembali racun lagu",
    "uang kembali dong keracunan",
)
PARTS = {
    "owner",
    "severity",
    "play",
    "due",
    "escalation",
    "approval",
    "hold",
    "consulted",
    "informed",
}


def tests_of(dice: random.Random, *, topics: bool) -> list[FieldTest]:
    pool = [
        FieldTest(
            field="kind",
            test=AnyOf(
                values=(dice.choice(["conversation", "audience", "content", "metric", *KINDS]),)
            ),
        ),
        FieldTest(field="kind", test=NoneOf(values=("conversation.comment", "audience"))),
        FieldTest(field="channel", test=AnyOf(values=("bsky",))),
        FieldTest(field="platform", test=dice.choice([AnyOf, NoneOf])(values=("bluesky", "forum"))),
        FieldTest(
            field="author.followers",
            test=Range(at_least=Decimal(dice.randint(0, 2)), less_than=Decimal(dice.randint(2, 5))),
        ),
        FieldTest(
            field="fields.tier",
            test=dice.choice([AnyOf, NoneOf])(
                values=tuple(dice.sample(["gold", "silver", "none"], dice.randint(1, 2)))
            ),
        ),
    ]
    if topics:
        names = ("refund", "safety", "plea")
        pool += [
            FieldTest(field="topic", test=HoldsTopics(any=(dice.choice(names),))),
            FieldTest(field="topic", test=HoldsTopics(all=tuple(dice.sample(names, 2)))),
            FieldTest(field="topic", test=HoldsTopics(none=(dice.choice(names),))),
        ]
    chosen = dice.sample(pool, dice.randint(1, 3))
    return list({test.field: test for test in chosen}.values())


def a_rule(dice: random.Random, number: int) -> Rule:
    either = (tuple(tests_of(dice, topics=True)), tuple(tests_of(dice, topics=True)))
    return Rule(
        id=f"r{number}",
        when=When(
            all=tuple(tests_of(dice, topics=True)), any=either if dice.random() < 0.2 else ()
        ),
        outcome=an_outcome(dice),
    )


def an_outcome(dice: random.Random) -> Outcome:
    return Outcome(
        owner=dice.choice(["cm", "smm"]),
        severity=dice.choice([Severity.low, Severity.normal]),
        play=Play.triage,
    )


def a_playbook(dice: random.Random) -> Playbook:
    week = ((Span(since=540, until=1080),),) * 5 + ((), ())
    return Playbook(
        brand="kopi",
        timezone="Asia/Jakarta",
        roles={
            "cm": Role(id="cm", title="Community Manager", hours=Hours(week=week)),
            "smm": Role(id="smm", title="Social Media Manager"),
        },
        channels={"bsky": Channel(id="bsky", platform="bluesky")},
        topics={
            "refund": Topic(id="refund", words=("uang kembali",)),
            "plea": Topic(id="plea", words=("uang kembali dong", "tolong")),
            "safety": Topic(id="safety", words=("*racun*",), without=("racun lagu",)),
        },
        fields={"tier": FieldSpec(id="tier", values=("gold", "silver", "none"))},
        rules=tuple(a_rule(dice, number) for number in range(dice.randint(1, 5))),
        otherwise=Rule(id="otherwise", outcome=Outcome(owner="cm", play=Play.triage)),
    )


def changed(dice: random.Random, old: Playbook) -> Playbook:
    rules = list(old.rules)
    update: dict[str, object] = {}
    match dice.randrange(7):
        case 0:
            rules.insert(dice.randint(0, len(rules)), a_rule(dice, 9))
        case 1:
            del rules[dice.randrange(len(rules))]
        case 2:
            dice.shuffle(rules)
        case 3:
            at = dice.randrange(len(rules))
            rules[at] = rules[at].model_copy(update={"when": a_rule(dice, 0).when})
        case 4:
            at = dice.randrange(len(rules))
            rules[at] = rules[at].model_copy(update={"outcome": an_outcome(dice)})
        case 5:
            topics = dict(old.topics)
            topics["safety"] = Topic(id="safety", words=("*racun*", "dong*"), without=())
            update["topics"] = topics
        case _:
            update["channels"] = {}
    return old.model_copy(update={"rules": tuple(rules), **update})


def every_event() -> list[Event]:
    """One event for whatever the rules of this page can tell apart."""
    kinds = ("conversation.comment", "conversation.reply", *KINDS)
    places = [
        ("bsky", "bluesky"),
        ("bsky", "forum"),
        (None, "bluesky"),
        ("x", "forum"),
        (None, "z"),
    ]
    followers = (None, 0, 1, 2, 3, 4, 9)
    tiers = (None, "gold", "silver", "none")
    return [
        Event(
            id="1",
            kind=kind,
            channel=channel,
            platform=platform,
            time=datetime(2027, 1, 4, 3, tzinfo=UTC),
            text=text,
            author=Author(followers=count),
            fields={"tier": tier},
        )
        for kind, (channel, platform), text, count, tier in itertools.product(
            dict.fromkeys(kinds), places, TEXTS, followers, tiers
        )
    ]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return every_event()


def moved(old: Playbook, new: Playbook, events: list[Event]) -> set[tuple[str, str]]:
    before, after = Router(old), Router(new)
    pairs = set()
    for event in events:
        first, second = before.decide(event), after.decide(event)
        if decision(first.outcome) != decision(second.outcome):
            pairs.add((first.rule, second.rule))
    return pairs


def decision(outcome: Outcome) -> dict[str, object]:
    return outcome.model_dump(include=PARTS)


@pytest.mark.parametrize("seed", range(60))
def test_it_finds_what_enumeration_finds_and_nothing_else(seed, events):
    dice = random.Random(seed)
    old = a_playbook(dice)
    new = changed(dice, old)
    some = dice.sample(events, 4000) if seed % 10 else events

    found = compare(old, new, SINCE)

    assert not found.undecided
    pairs = [(change.old_rule, change.new_rule) for change in found.changes]
    assert len(pairs) == len(set(pairs))
    for change in found.changes:
        assert Router(old).decide(change.event).rule == change.old_rule
        assert Router(new).decide(change.event).rule == change.new_rule
        assert decision(change.old) != decision(change.new)
    if seed % 10:
        assert moved(old, new, some) <= set(pairs)
    else:
        assert moved(old, new, some) == set(pairs)
