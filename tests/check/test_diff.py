"""What a change of the playbook moves: nothing missed, nothing invented, every example reproduces.

Small playbooks are compared with enumeration: each field that either playbook tests is tried with
every value that one of its tests could notice, and both Routers decide every combination.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from math import prod
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.check import search
from remit.check.diff import Differences, compare
from remit.check.sat import Sat
from remit.decide import Router
from remit.model import (
    KINDS,
    OTHERWISE,
    RELATIONS,
    AnyOf,
    Approval,
    Author,
    Channel,
    Due,
    Duration,
    Event,
    Exists,
    FieldSpec,
    FieldTest,
    HoldsTopics,
    Hours,
    NoneOf,
    Outcome,
    Play,
    Playbook,
    Range,
    Refused,
    Role,
    Rule,
    Severity,
    Span,
    Step,
    Test,
    Tier,
    Topic,
    When,
)

SINCE = date(2027, 1, 1)
MOST = 25_000
"""Events that an enumeration tries; of more, it takes so many at random."""
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
PHRASES = ("uang kembali", "uang kembali dong", "tolong", "keracunan", "racun lagu", "dongeng")
TEXTS = (
    None,
    *(
        " kak ".join(("halo", *said))
        for count in range(len(PHRASES) + 1)
        for said in itertools.combinations(PHRASES, count)
    ),
)
OPEN, LATE, WEEKEND, EVENING = (
    datetime(2027, 1, day, hour, tzinfo=UTC) for day, hour in ((4, 3), (4, 20), (3, 3), (4, 12))
)
EVERY: dict[str, Sequence[Any]] = {
    "kind": (*KINDS, "kind.strange"),
    "place": [
        ("bsky", "bluesky"),
        ("bsky", "forum"),
        ("bsky", "z"),
        (None, "bluesky"),
        (None, "forum"),
        (None, "z"),
        ("x", "bluesky"),
        ("x", "forum"),
        ("x", "z"),
    ],
    "topic": TEXTS,
    "author.followers": (None, *range(10)),
    "author.relation": (None, *RELATIONS),
    "fields.tier": (None, "gold", "silver", "none"),
    "fields.score": (None, *(Decimal(half) / 2 for half in range(-5, 19))),
    "time": (OPEN, LATE, WEEKEND, EVENING),
}
PLAIN: dict[str, Any] = {"kind": "conversation.comment", "place": (None, "z"), "time": OPEN}


# Random playbooks --------------------------------------------------------------------------------


def a_test(dice: random.Random, field: str) -> FieldTest:
    return FieldTest(field=field, test=a_demand(dice, field))


def a_demand(dice: random.Random, field: str) -> Test:
    if field == "topic":
        part = dice.choice(["any", "all", "none"])
        return HoldsTopics.model_validate({part: some(dice, ["refund", "safety", "plea"])})
    if field in {"author.followers", "fields.score"}:
        one = AnyOf(values=(Decimal(dice.randint(-2, 6)),))
        numbers: list[Test] = [a_range(dice), a_range(dice), one, Exists(exists=True)]
        return dice.choice(numbers)
    wide = ["conversation", "audience", "content", "metric"]
    values = {
        "kind": [*wide, *wide, *KINDS],
        "channel": ["bsky"],
        "platform": ["bluesky", "forum"],
        "author.relation": ["press", "partner", "fan"],
        "fields.tier": ["gold", "silver", "none"],
        "within_hours": ["cm"],
        "outside_hours": ["cm"],
    }
    chosen = some(dice, values[field])
    there: Test = Exists(exists=dice.random() < 0.5)
    either: list[Test] = [AnyOf(values=chosen), NoneOf(values=chosen)]
    return dice.choice([*either, *either, there] if field.startswith(("author", "ch")) else either)


def some(dice: random.Random, values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(dice.sample(values, dice.randint(1, min(2, len(values))))))


def a_range(dice: random.Random) -> Range:
    low = dice.randint(-2, 5)
    high = Decimal(low + dice.randint(1, 3))
    return dice.choice(
        [
            Range(at_least=Decimal(low), less_than=high),
            Range(more_than=Decimal(low), at_most=high),
            Range(more_than=Decimal(low)),
        ]
    )


FIELDS = (
    "kind",
    "channel",
    "platform",
    "author.followers",
    "author.relation",
    "fields.tier",
    "fields.score",
    "topic",
    "within_hours",
    "outside_hours",
)


def some_tests(dice: random.Random, fields: Sequence[str]) -> tuple[FieldTest, ...]:
    chosen = dice.sample(fields, dice.randint(1, min(2, len(fields))))
    return tuple(a_test(dice, field) for field in chosen)


def a_rule(dice: random.Random, fields: Sequence[str], name: str) -> Rule:
    either = tuple(some_tests(dice, fields) for _ in range(2)) if dice.random() < 0.3 else ()
    together = some_tests(dice, fields) if not either or dice.random() < 0.5 else ()
    return Rule(id=name, when=When(all=together, any=either), outcome=an_outcome(dice))


def an_outcome(dice: random.Random) -> Outcome:
    return Outcome(
        owner=dice.choice(["cm", "smm"]),
        severity=dice.choice([Severity.low, Severity.normal]),
        informed=dice.choice([(), ("smm",)]),
        play=Play.triage,
    )


def week(until: int) -> Hours:
    return Hours(week=((Span(since=540, until=until),),) * 5 + ((), ()))


def a_playbook(dice: random.Random, fields: Sequence[str]) -> Playbook:
    return Playbook(
        brand="kopi",
        timezone="Asia/Jakarta",
        roles={
            "cm": Role(id="cm", title="Community Manager", hours=week(1080)),
            "smm": Role(id="smm", title="Social Media Manager"),
        },
        channels={"bsky": Channel(id="bsky", platform="bluesky")},
        topics={
            "refund": Topic(id="refund", words=("uang kembali",)),
            "plea": Topic(id="plea", words=("uang kembali dong", "tolong")),
            "safety": Topic(id="safety", words=("*racun*",), without=("racun lagu",)),
        },
        fields={
            "tier": FieldSpec(id="tier", values=("gold", "silver", "none")),
            "score": FieldSpec(id="score", number=True, at_least=Decimal(0), at_most=Decimal(4)),
        },
        rules=tuple(a_rule(dice, fields, f"r{n}") for n in range(dice.randint(1, 5))),
        otherwise=Rule(id=OTHERWISE, outcome=Outcome(owner="cm", play=Play.triage)),
    )


def changed(dice: random.Random, old: Playbook, fields: Sequence[str]) -> Playbook:
    rules = list(old.rules)
    update: dict[str, object] = {}
    at = dice.randrange(len(rules))
    match dice.randrange(11):
        case 0:
            rules.insert(dice.randint(0, len(rules)), a_rule(dice, fields, f"new{len(rules)}"))
        case 1:
            del rules[at]
        case 2:
            dice.shuffle(rules)
        case 3:
            rules[at] = rules[at].model_copy(update={"when": a_rule(dice, fields, "x").when})
        case 4:
            rules[at] = rules[at].model_copy(update={"outcome": an_outcome(dice)})
        case 5:
            safety = Topic(id="safety", words=("*racun*", "dong*"), without=())
            update["topics"] = {**old.topics, "safety": safety}
        case 6:
            update["channels"] = {}
        case 7:
            cm = old.roles["cm"].model_copy(update={"hours": week(1200)})
            update["roles"] = {**old.roles, "cm": cm}
        case 8:
            score = FieldSpec(id="score", number=True, at_least=Decimal(-2), at_most=Decimal(3))
            update["fields"] = {**old.fields, "score": score}
        case 9:
            update["otherwise"] = dice.choice(
                [None, Rule(id=OTHERWISE, outcome=Outcome(owner="smm", play=Play.triage))]
            )
        case _:
            # A rename and a move at once, as a pull request has them.
            renamed = rules[at].model_copy(update={"id": f"{rules[at].id}-renamed"})
            del rules[at]
            rules.insert(dice.randint(0, len(rules)), renamed)
    return old.model_copy(update={"rules": tuple(rules), **update})


# Every event -------------------------------------------------------------------------------------


def axes_of(*playbooks: Playbook) -> set[str]:
    fields = {
        test.field
        for book in playbooks
        for rule in book.rules
        for test in (*rule.when.all, *itertools.chain(*rule.when.any))
    }
    alike = {"channel": "place", "platform": "place", "within_hours": "time"}
    return {alike.get(field, "time" if field == "outside_hours" else field) for field in fields}


def every_event(old: Playbook, new: Playbook, dice: random.Random) -> tuple[list[Event], bool]:
    """Events for whatever their rules can tell apart, and whether these are all."""
    asked = axes_of(old, new)
    values = {
        name: each if name in asked else [PLAIN.get(name)] for name, each in EVERY.items()
    } | ({} if "kind" in asked else {"kind": ("conversation.comment", "kind.strange")})
    if prod(map(len, values.values())) <= MOST:
        return [an_event(dict(zip(values, one, strict=True))) for one in crossed(values)], True
    some = ({name: dice.choice(each) for name, each in values.items()} for _ in range(MOST // 5))
    return list(map(an_event, some)), False


def crossed(values: dict[str, Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    return itertools.product(*values.values())


def an_event(said: dict[str, Any]) -> Event:
    channel, platform = said["place"]
    followers, relation = said["author.followers"], said["author.relation"]
    return Event.model_construct(
        id="1",
        kind=said["kind"],
        channel=channel,
        platform=platform,
        time=said["time"],
        text=said["topic"],
        author=Author(followers=followers, relation=relation),
        fields={"tier": said["fields.tier"], "score": said["fields.score"]},
    )


def moved(
    old: Playbook, new: Playbook, events: Iterable[Event]
) -> set[tuple[str | None, str | None]]:
    before, after = Router(old), Router(new)
    pairs = set()
    for event in events:
        first, second = decided(before, event), decided(after, event)
        if first[1] != second[1]:
            pairs.add((first[0], second[0]))
    return pairs


def decided(router: Router, event: Event) -> tuple[str | None, dict[str, object] | None]:
    try:
        decision = router.decide(event)
    except Refused:
        return None, None
    return decision.rule, parts(decision.outcome)


def parts(outcome: Outcome | None) -> dict[str, object] | None:
    return None if outcome is None else outcome.model_dump(include=PARTS)


def pairs_of(found: Differences) -> list[tuple[str | None, str | None]]:
    return [(change.old_rule, change.new_rule) for change in found.changes]


def agrees(dice: random.Random, fields: Sequence[str]) -> bool:
    """Compare two random playbooks with enumeration; whether that was of all events."""
    old = a_playbook(dice, fields)
    new = old
    for _ in range(dice.randint(1, 2)):
        new = changed(dice, new, fields) if new.rules else new
    events, complete = every_event(old, new, dice)

    found = compare(old, new, SINCE)

    assert not found.undecided
    pairs = pairs_of(found)
    assert len(pairs) == len(set(pairs))
    before, after = Router(old), Router(new)
    for change in found.changes:
        assert decided(before, change.event) == (change.old_rule, parts(change.old))
        assert decided(after, change.event) == (change.new_rule, parts(change.new))
        assert parts(change.old) != parts(change.new)
    seen = moved(old, new, events)
    assert seen <= set(pairs)
    if complete:
        assert seen == set(pairs)
    return complete


@pytest.mark.parametrize("seed", range(60))
def test_it_finds_what_enumeration_finds_and_nothing_else(seed):
    dice = random.Random(seed)

    assert agrees(dice, dice.sample(FIELDS, 2))


@pytest.mark.parametrize("seed", range(20))
def test_it_misses_nothing_where_rules_test_all_sorts_of_fields(seed):
    agrees(random.Random(seed), FIELDS)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3))
def test_it_agrees_with_enumeration_on_whatever_hypothesis_thinks_of(dice, fields):
    agrees(dice, list(dict.fromkeys(fields)))


# One change at a time ----------------------------------------------------------------------------


def rule(name: str, owner: str = "cm", *tests: FieldTest, **outcome: Any) -> Rule:
    said = Outcome(owner=owner, play=Play.triage, **outcome)
    return Rule(id=name, when=When(all=tests), outcome=said)


def is_in(field: str, *values: Any) -> FieldTest:
    return FieldTest(field=field, test=AnyOf(values=values))


def about(name: str) -> FieldTest:
    return FieldTest(field="topic", test=HoldsTopics(any=(name,)))


COMMENT = is_in("kind", "conversation.comment")
TALK = is_in("kind", "conversation")


def book(*rules: Rule, **more: Any) -> Playbook:
    return a_playbook(random.Random(1), FIELDS).model_copy(update={"rules": rules, **more})


def changes(old: Playbook, new: Playbook) -> set[tuple[str | None, str | None]]:
    found = compare(old, new, SINCE)
    assert not found.undecided
    return set(pairs_of(found))


def test_nothing_changes_between_equal_playbooks():
    old = book(rule("talk", "cm", TALK), rule("refund", "smm", about("refund")))

    assert compare(old, old, SINCE) == Differences(())


def test_a_rule_of_another_name_and_the_same_decision_is_no_change():
    old = book(rule("talk", "smm", TALK))
    new = book(rule("speech", "smm", TALK))

    assert changes(old, new) == set()


def test_rules_that_do_not_meet_may_be_written_in_any_order():
    shops = [rule(f"s{n}", owner, is_in("language", f"l{n}")) for n, owner in enumerate("ab" * 20)]
    roles = {name: Role(id=name, title=name) for name in ("a", "b", "cm")}

    assert changes(book(*shops, roles=roles), book(*shops[::-1], roles=roles)) == set()


def test_a_changed_topic_moves_what_only_one_of_its_meanings_holds():
    old = book(rule("safety", "smm", about("safety")))
    songs = Topic(id="safety", words=("*racun*",))
    new = old.model_copy(update={"topics": {**old.topics, "safety": songs}})

    (change,) = compare(old, new, SINCE).changes

    assert (change.old_rule, change.new_rule) == (OTHERWISE, "safety")
    assert "racun lagu" in (change.event.text or "")


def test_changed_hours_move_what_comes_in_between():
    old = book(rule("late", "smm", FieldTest(field="outside_hours", test=AnyOf(values=("cm",)))))
    cm = old.roles["cm"].model_copy(update={"hours": week(1200)})
    new = old.model_copy(update={"roles": {**old.roles, "cm": cm}})

    (change,) = compare(old, new, SINCE).changes

    assert (change.old_rule, change.new_rule) == ("late", OTHERWISE)
    assert 18 <= change.event.time.astimezone(UTC).hour + 7 < 20


def test_a_changed_limit_of_an_own_field_moves_what_lies_beyond_the_narrower_one():
    low = FieldTest(field="fields.score", test=Range(less_than=Decimal(1)))
    old = book(rule("low", "smm", low))
    wider = FieldSpec(id="score", number=True, at_least=Decimal(-2), at_most=Decimal(4))
    new = old.model_copy(update={"fields": {**old.fields, "score": wider}})

    (change,) = compare(old, new, SINCE).changes

    assert (change.old_rule, change.new_rule) == (OTHERWISE, "low")
    assert Decimal(-2) <= Decimal(str(change.event.fields["score"])) < 0


def test_a_channel_that_is_declared_no_longer_fixes_its_platform():
    old = book(rule("sky", "smm", is_in("platform", "bluesky")))
    new = old.model_copy(update={"channels": {}})

    (change,) = compare(old, new, SINCE).changes

    assert (change.old_rule, change.new_rule) == ("sky", OTHERWISE)
    assert change.event.channel == "bsky"
    assert change.event.platform != "bluesky"


def test_another_owner_of_otherwise_is_a_change_even_where_rules_take_everything():
    old = book(rule("all", "cm"))
    smm = Rule(id=OTHERWISE, outcome=Outcome(owner="smm", play=Play.triage))
    new = old.model_copy(update={"otherwise": smm})

    (change,) = compare(old, new, SINCE).changes

    assert (change.old_rule, change.new_rule) == (OTHERWISE, OTHERWISE)
    assert change.event.kind not in KINDS


def test_events_that_only_one_playbook_gives_an_owner_come_from_nobody():
    talk = rule("talk", "cm", TALK)
    old, new = book(talk, otherwise=None), book(talk, rule("rest", "smm"), otherwise=None)

    (change,) = compare(old, new, SINCE).changes

    assert (change.old_rule, change.old) == (None, None)
    assert (change.new_rule, change.new) == ("rest", new.rules[1].outcome)
    assert changes(new, old) == {("rest", None)}


@pytest.mark.parametrize(
    "part",
    [
        {"owner": "smm"},
        {"severity": Severity.high},
        {"play": Play.log},
        {"due": Due(first_response=Duration(seconds=60))},
        {"escalation": "urgent"},
        {"approval": "replies"},
        {"consulted": ("smm",)},
        {"informed": ("smm",)},
    ],
)
def test_each_part_of_a_decision_counts(part):
    old = book(rule("talk", "cm", TALK))
    outcome = old.rules[0].outcome.model_copy(update=part)
    new = book(old.rules[0].model_copy(update={"outcome": outcome}))

    assert changes(old, new) == {("talk", "talk")}


def test_what_nobody_is_told_does_not_count():
    old = book(rule("talk", "cm", TALK))
    new = book(rule("talk", "cm", TALK, because="they know best", template="sorry"))

    assert changes(old, new) == set()


def test_an_event_says_no_more_than_it_must():
    old = book(
        rule("few", "cm", FieldTest(field="author.followers", test=Range(at_most=Decimal(9))))
    )
    new = book(rule("talk", "smm", TALK), *old.rules)

    for change in compare(old, new, SINCE).changes:
        said = change.event
        assert (said.author is None) == (change.old_rule != "few")
        assert (said.text, said.under, dict(said.fields)) == (None, None, {})


def test_what_the_search_cannot_settle_is_named_and_never_passed_over():
    pleas = FieldTest(field="topic", test=HoldsTopics(all=("refund", "plea")))
    old = book(rule("refund", "cm", about("refund")), otherwise=None)
    new = book(rule("plea", "smm", pleas), otherwise=None)
    assert changes(old, new) == {("refund", "plea"), ("refund", None)}
    with (
        mock.patch.object(search, "BUDGET", 0),
        mock.patch.object(Sat, "find", side_effect=search.Undecided),
    ):
        found = compare(old, new, SINCE)

    assert set(pairs_of(found)) == {("refund", "plea"), ("refund", None)}
    (said,) = found.undecided
    assert said == (
        "whether an event passes from nobody to rule plea is not known; found no answer, "
        "as the search reached its limit; compare the two rules yourself"
    )


# Names that stand for something else ---------------------------------------------------------------

REPLIES = Approval(id="replies", by=("cm", "smm"))
URGENT = (Step(after=Duration(), notify="owner"),)
HOUR = Due(first_response=Duration(seconds=3600))


def named_book(**more: Any) -> Playbook:
    talk = rule("talk", "cm", TALK, approval="replies", escalation="urgent", due=HOUR)
    return book(
        talk, **({"approvals": {"replies": REPLIES}, "escalations": {"urgent": URGENT}} | more)
    )


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("replies", {"approvals": {"replies": REPLIES.model_copy(update={"count": 2})}}),
        ("replies", {"approvals": {"replies": REPLIES.model_copy(update={"tiers": (Tier(by=("cm",)),)})}}),
        ("urgent", {"escalations": {"urgent": (*URGENT, Step(after=Duration(seconds=9), notify="smm"))}}),
        ("cm", {"roles": {"cm": Role(id="cm", title="CM"), "smm": Role(id="smm", title="SMM")}}),
        ("cm", {"timezone": "Asia/Makassar"}),
    ],
)  # fmt: skip
def test_a_name_that_stands_for_something_else_is_said_once(name, more):
    found = compare(named_book(), named_book(**more), SINCE)

    assert found.changes == ()
    assert [(each.name, each.rules) for each in found.redefined] == [(name, ("talk",))]


def test_who_may_approve_is_the_same_in_any_order():
    turned = REPLIES.model_copy(update={"by": ("smm", "cm")})

    assert compare(named_book(), named_book(approvals={"replies": turned}), SINCE).redefined == ()


def test_a_name_that_no_decision_uses_may_change():
    unused = {"approvals": {"replies": REPLIES, "other": REPLIES.model_copy(update={"count": 3})}}
    fewer = {"approvals": {"replies": REPLIES, "other": REPLIES}}

    assert compare(named_book(**unused), named_book(**fewer), SINCE).redefined == ()
