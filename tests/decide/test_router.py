"""First match over every kind of field, and the trace."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from remit.decide import Router
from remit.model import (
    KINDS,
    AnyOf,
    Exists,
    FieldTest,
    HoldsTopics,
    InputError,
    NoneOf,
    Range,
    Refused,
)


def any_of(field, *values):
    return FieldTest(field=field, test=AnyOf(values=values))


def none_of(field, *values):
    return FieldTest(field=field, test=NoneOf(values=values))


def between(field, **bounds):
    return FieldTest(field=field, test=Range.model_validate(bounds))


def exists(field, there):
    return FieldTest(field=field, test=Exists(exists=there))


def topic(**parts):
    return FieldTest(field="topic", test=HoldsTopics(**parts))


AUTHOR = {"author": {"followers": 10000, "relation": "press", "verified": True}}
TESTS = [
    (any_of("kind", "conversation"), {}, True),
    (any_of("kind", "conversation.comment"), {}, True),
    (any_of("kind", "conversation.com"), {}, False),
    (any_of("kind", "audience", "conversation.comment"), {}, True),
    (none_of("kind", "conversation"), {}, False),
    (none_of("kind", "audience"), {}, True),
    (any_of("kind", "audience"), {"kind": "audience.share"}, True),
    (any_of("platform", "bluesky"), {}, True),
    (any_of("platform", "bluesky"), {"platform": "mastodon", "channel": "bsky"}, True),
    (any_of("platform", "bluesky"), {"platform": "mastodon", "channel": "elsewhere"}, False),
    (any_of("channel", "bsky"), {"channel": "bsky"}, True),
    (any_of("channel", "other"), {"channel": "elsewhere"}, True),
    (any_of("channel", "other"), {}, False),
    (none_of("channel", "bsky"), {}, True),
    (any_of("language", "id", "en"), {"language": "en"}, True),
    (any_of("language", "id"), {}, False),
    (none_of("language", "id"), {}, True),
    (exists("language", True), {}, False),
    (exists("language", False), {}, True),
    (exists("language", False), {"language": "xx"}, False),
    (any_of("under", "campaign"), {"under": "campaign"}, True),
    (any_of("under", "none"), {}, False),
    (any_of("author.relation", "press", "partner"), AUTHOR, True),
    (any_of("author.relation", "press"), {}, False),
    (any_of("author.verified", True), AUTHOR, True),
    (any_of("author.verified", False), {"author": {"verified": False}}, True),
    (any_of("author.verified", False), {"author": {}}, False),
    (between("author.followers", at_least="10000"), AUTHOR, True),
    (between("author.followers", more_than="10000"), AUTHOR, False),
    (between("author.followers", more_than="9999", less_than="10001"), AUTHOR, True),
    (between("author.followers", at_most="9999"), AUTHOR, False),
    (between("author.followers", at_least="0"), {}, False),
    (between("reach", at_least="0"), {"reach": 0}, True),
    (any_of("reach", Decimal(1)), {"reach": 1}, True),
    (between("sentiment", less_than="-0.5"), {"sentiment": "-0.50000000000000000001"}, True),
    (between("sentiment", less_than="-0.5"), {"sentiment": "-0.5"}, False),
    (between("toxicity", at_least="0.9"), {"toxicity": "0.90"}, True),
    (any_of("value", Decimal("1.50")), {"value": "1.5"}, True),
    (none_of("change", Decimal(2)), {"change": "2.0"}, False),
    (any_of("metric", "reach"), {"metric": "reach"}, True),
    (any_of("fields.tier", "gold"), {"fields": {"tier": "gold"}}, True),
    (any_of("fields.tier", "gold"), {"fields": {"tier": None}}, False),
    (none_of("fields.tier", "gold"), {"fields": {}}, True),
    (any_of("fields.vip", Decimal(1)), {"fields": {"vip": True}}, False),
    (between("fields.order", at_least="5"), {"fields": {"order": Decimal(5)}}, True),
    (between("fields.order", at_least="5"), {"fields": {"order": "many"}}, False),
    (exists("fields.order", True), {"fields": {"order": "many"}}, False),
    (exists("fields.tier", False), {"fields": {"tier": "platinum"}}, True),
    (none_of("fields.tier", "gold"), {"fields": {"tier": "platinum"}}, True),
    (exists("under", True), {"under": "a-bridge"}, False),
    (exists("author.relation", True), {"author": {"relation": "nemesis"}}, False),
    (between("sentiment", at_least="0.5"), {"sentiment": "5"}, False),
    (exists("toxicity", False), {"toxicity": "-0.1"}, True),
    (between("sentiment", at_least="1"), {"sentiment": "1.0"}, True),
    (between("value", more_than="0.1"), {"value": "0.100000000000000000000000000001"}, True),
    (between("value", more_than="0.1"), {"value": "0.10"}, False),
    (between("value", less_than="-9e30"), {"value": "-9000000000000000000000000000001"}, True),
    (between("reach", more_than="10", less_than="11"), {"reach": 10}, False),
    (between("reach", at_least="10.5"), {"reach": 11}, True),
    (between("reach", at_most="10.5"), {"reach": 10}, True),
    (FieldTest(field="topic", test=Exists(exists=True)), {"text": "refund"}, True),
    (FieldTest(field="topic", test=Exists(exists=True)), {"text": "halo"}, False),
    (FieldTest(field="topic", test=Exists(exists=False)), {}, True),
    (topic(any=("refund",)), {"text": "REFUNDDD dong"}, True),
    (topic(any=("refund",)), {}, False),
    (topic(none=("refund",)), {}, True),
    (topic(none=("refund",)), {"text": "refund"}, False),
    (topic(all=("refund", "safety")), {"text": "refund, aku keracunan"}, True),
    (topic(all=("refund", "safety")), {"text": "refund"}, False),
    (topic(any=("refund",), none=("safety",)), {"text": "refund masuk rs"}, False),
    (any_of("within_hours", "cm"), {}, True),
    (any_of("outside_hours", "cm"), {}, False),
    (any_of("within_hours", "cm"), {"time": "2027-03-01T13:30:00+07:00"}, False),
    (any_of("within_hours", "cm"), {"time": "2027-03-01T06:59:00Z"}, False),
    (any_of("within_hours", "cm"), {"time": "2027-03-01T07:00:00Z"}, True),
    (any_of("outside_hours", "smm"), {"time": "2027-03-06T10:00:00+07:00"}, True),
    (any_of("outside_hours", "lead"), {"time": "2027-03-06T03:00:00+07:00"}, False),
    (none_of("within_hours", "smm", "cm"), {"time": "2027-03-01T23:00:00+07:00"}, True),
    (any_of("within_hours", "smm", "cm"), {"time": "2027-03-01T19:00:00+07:00"}, True),
]


@pytest.mark.parametrize(("asked", "said", "matches"), TESTS)
def test_an_event_passes_a_test_or_fails_it(*, asked, said, matches, brand, a_rule, an_event):
    router = Router(brand(a_rule("one", asked)))
    event = an_event(**said)
    decision, trace = router.explain(event)
    assert decision == router.decide(event)
    assert (decision.rule == "one") is matches
    assert (trace[0].failed is None) is matches


def test_the_first_rule_that_matches_decides_and_no_later_one_is_tried(brand, a_rule, an_event):
    kind = any_of("kind", "conversation")
    rules = (a_rule("no", any_of("language", "id")), a_rule("yes", kind), a_rule("late", kind))
    decision, trace = Router(brand(*rules)).explain(an_event())
    assert decision.rule == "yes"
    assert [line.rule for line in trace] == ["no", "yes"]


def test_all_tests_hold_together_and_any_is_an_or_of_mappings(brand, a_rule, an_event):
    either = (
        (any_of("language", "id"), any_of("under", "campaign")),
        (any_of("author.relation", "press"),),
    )
    router = Router(brand(a_rule("one", any_of("kind", "conversation"), any_=either)))
    assert router.decide(an_event(language="id", under="campaign")).rule == "one"
    assert router.decide(an_event(author={"relation": "press"})).rule == "one"
    decision, trace = router.explain(an_event(language="id"))
    assert decision.rule == "otherwise"
    assert trace[0].failed == (
        "any: under: campaign (found nothing); author.relation: press (found nothing)"
    )


def test_what_nobody_foresaw_falls_to_otherwise_and_the_trace_ends_there(brand, a_rule, an_event):
    router = Router(brand(a_rule("one", any_of("language", "id"))))
    decision, trace = router.explain(an_event(text="refund"))
    assert (decision.rule, decision.outcome.owner) == ("otherwise", "cm")
    assert decision.topics == ("refund",)
    assert [(line.rule, line.matched) for line in trace] == [("one", False), ("otherwise", True)]


@pytest.mark.parametrize("kind", ["conversation.poke", "conversation", "weather", ""])
def test_a_kind_that_is_not_in_the_hierarchy_is_decided_by_otherwise(kind, brand, a_rule, an_event):
    router = Router(brand(a_rule("takes-all"), a_rule("top", any_of("kind", "conversation"))))
    decision, trace = router.explain(an_event(kind=kind))
    assert decision == router.decide(an_event(kind=kind))
    assert decision.rule == "otherwise"
    assert "is not a kind of event" in (trace[0].failed or "")


def test_a_rule_without_tests_takes_every_known_kind(brand, a_rule, an_event):
    router = Router(brand(a_rule("all")))
    assert {router.decide(an_event(kind=kind)).rule for kind in KINDS} == {"all"}


def test_without_otherwise_an_event_that_no_rule_takes_is_refused_with_the_remedy(
    brand, a_rule, an_event
):
    router = Router(brand(a_rule("one", any_of("language", "id")), otherwise=None))
    assert router.decide(an_event(language="id")).rule == "one"
    with pytest.raises(Refused, match="add one that says who owns") as refused:
        router.decide(an_event())
    assert refused.value.code == "no_rule"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            between("author.followers", at_least="10000"),
            "author.followers: {at_least: 10000} (found 12)",
        ),
        (
            between("author.followers", more_than="1E+3", at_most="2E+3"),
            "author.followers: {more_than: 1000, at_most: 2000} (found 12)",
        ),
        (any_of("language", "id", "ms"), "language: [id, ms] (found en)"),
        (none_of("language", "en"), "language: {not: en} (found en)"),
        (exists("under", True), "under: {exists: true} (found nothing)"),
        (any_of("author.verified", True), "author.verified: true (found false)"),
        (topic(any=("safety",)), "topic: safety (found refund)"),
        (
            topic(all=("refund",), none=("refund",)),
            "topic: {all: [refund], none: [refund]} (found refund)",
        ),
        (any_of("outside_hours", "cm"), "outside_hours: cm (found mon 10:00 Asia/Jakarta)"),
        (
            any_of("fields.tier", "gold"),
            f"fields.tier: gold (found {'x' * 60}…, which counts as missing)",
        ),
        (any_of("metric", "reach"), "metric: reach (found a�b)"),
    ],
)
def test_the_failed_test_is_told_in_the_words_of_the_playbook(
    asked, words, brand, a_rule, an_event
):
    event = an_event(
        text="rahasia refund",
        language="en",
        metric="a\nb",
        author={"followers": 12, "verified": False},
        fields={"tier": "x" * 80},
    )
    _, trace = Router(brand(a_rule("one", asked))).explain(event)
    assert trace[0].failed == words
    assert "rahasia" not in words


def test_a_holiday_closes_the_hours_that_a_rule_asks_for(brand, a_rule, an_event, closed_on):
    book = brand(a_rule("night", any_of("outside_hours", "smm")))
    monday = closed_on([date(2027, 3, 1)])
    assert Router(book).decide(an_event()).rule == "otherwise"
    assert Router(book, monday).decide(an_event()).rule == "night"


def test_topics_come_in_the_order_of_the_playbook(brand):
    assert Router(brand()).topics("masuk RS, minta refund") == ("refund", "safety")


@pytest.mark.parametrize(
    "asked",
    [
        any_of("colour", "red"),
        between("topic", at_least="1"),
        between("within_hours", at_least="1"),
        FieldTest(field="language", test=HoldsTopics(any=("refund",))),
    ],
)
def test_a_test_that_its_field_does_not_know_names_its_rule(asked, brand, a_rule):
    with pytest.raises(InputError, match="rule odd: "):
        Router(brand(a_rule("odd", asked)))


def test_several_events_decided_together_are_decided_as_one_by_one(brand, a_rule, an_event):
    router = Router(
        brand(a_rule("money", topic(any=("refund",))), a_rule("ill", topic(any=("safety",))))
    )
    texts = (
        "refunddd",
        None,
        "keracunan, refund",
        "a\x01b refund",
        "",
        "racun lagu 🔥",
        "masuk RS",
    )
    events = [an_event(text=text) for text in texts]
    assert router.decide_each(events) == [router.decide(event) for event in events]
    assert [decision.rule for decision in router.decide_each(events)] == [
        *("money", "otherwise", "money", "money", "otherwise", "otherwise", "ill")
    ]
