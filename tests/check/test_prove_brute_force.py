"""What the prover says of small playbooks, against every event that they can tell apart, tried one by one.

The naive matcher of tests/decide is written from the language's page; nothing of the prover is used
to find the events. Each field is tried with every value that a test could notice.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from remit.check import Given, Study, examples, prove, search
from remit.check.probe import Probe
from remit.check.sat import Sat
from remit.check.trial import Trial
from remit.decide import Router
from remit.model import (
    KINDS,
    OTHERWISE,
    AnyOf,
    Author,
    Channel,
    Event,
    Exists,
    FieldSpec,
    FieldTest,
    Finding,
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
    Span,
    Topic,
    When,
)

SINCE = date(2027, 1, 1)
MONDAY = datetime(2027, 1, 4, tzinfo=UTC)
PHRASES = (
    "uang kembali",
    "uang kembali dong",
    "kembali*",
    "*racun*",
    "racun lagu",
    "refund*",
    "*fund",
    "coffee",
    "duit* balik*",
    "❤",
)
NUMBERS = tuple(map(Decimal, ("0", "1", "2", "0.5", "0.1", "0.100000000000000000000000000001")))
WHOLE = tuple(map(Decimal, ("0", "1", "2", "10", "11", "1.5")))
OWNERS = ("cm", "smm", "lead")
SHOWN = {"PB010", "PB011", "PB015"}
"""Codes that show an event."""


# Random playbooks ------------------------------------------------------------------------------


def some(values: Sequence[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


def named(field: str, values: Sequence[Any]) -> st.SearchStrategy[FieldTest]:
    test = (
        some(values).map(lambda v: AnyOf(values=v))
        | some(values).map(lambda v: NoneOf(values=v))
        | st.booleans().map(lambda b: Exists(exists=b))
    )
    return test.map(lambda t: FieldTest(field=field, test=t))


def bounds(numbers: Sequence[Decimal]) -> st.SearchStrategy[Range]:
    names = st.lists(
        st.sampled_from(["at_least", "more_than", "at_most", "less_than"]),
        min_size=1,
        max_size=2,
        unique=True,
    )
    values = st.lists(st.sampled_from(numbers), min_size=2, max_size=2)
    return st.builds(lambda n, v: Range(**dict(zip(n, v, strict=False))), names, values)


def numeric(field: str, numbers: Sequence[Decimal]) -> st.SearchStrategy[FieldTest]:
    return named(field, numbers) | bounds(numbers).map(lambda t: FieldTest(field=field, test=t))


def topical(names: Sequence[str]) -> st.SearchStrategy[FieldTest]:
    test = (
        some(names).map(lambda n: HoldsTopics(any=n))
        | some(names).map(lambda n: HoldsTopics(all=n))
        | some(names).map(lambda n: HoldsTopics(none=n))
        | st.builds(lambda a, n: HoldsTopics(all=a, none=n), some(names), some(names))
    )
    return test.map(lambda t: FieldTest(field="topic", test=t))


def hours() -> st.SearchStrategy[FieldTest]:
    asked = st.builds(
        lambda op, v: op(values=v), st.sampled_from([AnyOf, NoneOf]), some(("cm", "smm"))
    )
    field = st.sampled_from(["within_hours", "outside_hours"])
    return st.builds(lambda f, t: FieldTest(field=f, test=t), field, asked)


TOPICS = ("t0", "t1", "t2")
DIMENSIONS: dict[str, st.SearchStrategy[FieldTest]] = {
    "place": named("channel", ("bsky", "forum")) | named("platform", ("bluesky", "discourse")),
    "text": topical(TOPICS),
    "hours": hours(),
    "under": named("under", ("campaign", "organic")),
    "language": named("language", ("id", "en")),
    "author.relation": named("author.relation", ("press", "staff")),
    "author.verified": named("author.verified", (True, False)),
    "author.followers": numeric("author.followers", WHOLE),
    "sentiment": numeric("sentiment", NUMBERS),
    "fields.tier": named("fields.tier", ("gold", "silver", "none")),
    "fields.order": numeric("fields.order", NUMBERS),
}
KIND = st.sampled_from(
    ["conversation", "audience", "content", "conversation.comment", "content.brief", "metric.spike"]
)


@st.composite
def playbooks(draw: st.DrawFn) -> Playbook:
    used = draw(st.lists(st.sampled_from(sorted(DIMENSIONS)), min_size=1, max_size=3, unique=True))
    one = st.one_of(*(DIMENSIONS[name] for name in used))
    kind = st.builds(
        lambda op, v: FieldTest(field="kind", test=op(values=v)),
        st.sampled_from([AnyOf, AnyOf, NoneOf]),
        st.lists(KIND, min_size=1, max_size=2, unique=True).map(tuple),
    )
    tests = st.lists(one, max_size=2).map(tuple)
    whens = st.builds(
        lambda k, t, a: When(all=(*k, *t), any=a),
        st.lists(kind, max_size=1).map(tuple),
        tests,
        st.just(()) | st.lists(tests, min_size=2, max_size=2).map(tuple),
    )
    count = draw(st.integers(1, 5))
    ids = [f"r{number}" for number in range(count)]
    over = st.just(()) | st.just(("any",)) | some(ids)
    rules = tuple(
        Rule(
            id=name,
            when=draw(whens),
            outcome=Outcome(owner=draw(st.sampled_from(OWNERS)), play=Play.log),
            over=draw(over) if draw(st.integers(0, 2)) == 0 else (),
        )
        for name in ids
    )
    words = st.lists(st.sampled_from(PHRASES), min_size=1, max_size=2, unique=True).map(tuple)
    topics = {
        name: Topic(
            id=name,
            words=draw(words),
            without=draw(st.just(()) | words) if draw(st.booleans()) else (),
        )
        for name in TOPICS
    }
    play = draw(st.sampled_from([Play.log, Play.triage]))
    otherwise = Rule(id=OTHERWISE, outcome=Outcome(owner="cm", play=play))
    weekdays = ((Span(since=540, until=1080),),) * 5 + ((), ())
    nights = ((Span(since=1320, until=1800),),) * 3 + ((Span(since=600, until=660),),) * 4
    return Playbook(
        brand="kopi",
        timezone="Asia/Jakarta",
        roles={
            "cm": Role(id="cm", title="CM", hours=Hours(week=weekdays)),
            "smm": Role(id="smm", title="SMM", hours=Hours(week=nights)),
            "lead": Role(id="lead", title="Lead"),
        },
        channels={
            "bsky": Channel(id="bsky", platform="bluesky"),
            "forum": Channel(id="forum", platform="discourse"),
        },
        topics=topics,
        fields={
            "tier": FieldSpec(id="tier", values=("gold", "silver", "none")),
            "order": FieldSpec(id="order", number=True, at_least=Decimal(0), at_most=Decimal(2)),
        },
        rules=rules,
        otherwise=otherwise if draw(st.integers(0, 3)) else None,
    )


# Every event that matters ----------------------------------------------------------------------


def texts(playbook: Playbook) -> Iterator[str | None]:
    yield None
    yield "halo"
    phrases = sorted({p for topic in playbook.topics.values() for p in topic.words + topic.without})
    said = [phrase.replace("*", fill) for phrase in phrases for fill in ("", "vv")]
    for size in range(1, min(len(said), 5) + 1):
        for chosen in itertools.combinations(dict.fromkeys(said), size):
            yield " ypyp ".join(chosen)


def _exact(value: Decimal) -> bool:
    _, digits, exponent = value.as_tuple()
    return len(digits) <= 34 and abs(int(exponent)) <= 30


NEAR = [n + d for n in {*NUMBERS, *WHOLE} for d in map(Decimal, ("-0.01", "0", "0.01"))]
NEAR += [*NUMBERS, Decimal("0.10000000000000000000000000001"), Decimal(-1), Decimal("0.05")]
VALUES: dict[str, list[dict[str, Any]]] = {
    "place": [
        {"channel": channel, "platform": platform}
        for channel in (None, "bsky", "forum", "elsewhere")
        for platform in ("bluesky", "discourse", "sandbox")
    ],
    "hours": [{"time": MONDAY + timedelta(minutes=30 * step)} for step in range(7 * 48)],
    "under": [{"under": value} for value in (None, "campaign", "organic", "ad")],
    "language": [{"language": value} for value in (None, "id", "en", "jv")],
    "author.relation": [
        {"author": Author(relation=value)} for value in (None, "press", "staff", "fan")
    ],
    "author.verified": [{"author": Author(verified=value)} for value in (None, True, False)],
    "author.followers": [
        {"author": Author(followers=value)} for value in (None, 0, 1, 2, 3, 9, 10, 11, 12, 500)
    ],
    "sentiment": [
        {},
        *({"sentiment": value} for value in NEAR if _exact(value) and -1 <= value <= 1),
    ],
    "fields.tier": [{"fields": {"tier": value}} for value in (None, "gold", "silver", "none")],
    "fields.order": [
        {},
        *({"fields": {"order": value}} for value in NEAR if _exact(value) and 0 <= value <= 2),
    ],
}
"""By dimension, what an event may say. What a field cannot have counts as missing: see tests/decide."""


def values(playbook: Playbook, name: str) -> Iterable[dict[str, Any]]:
    if name == "text":
        return ({"text": text} for text in texts(playbook))
    return VALUES[name]


def dimension(field: str) -> str:
    if field in {"channel", "platform"}:
        return "place"
    return {"topic": "text", "within_hours": "hours", "outside_hours": "hours"}.get(field, field)


@dataclass(frozen=True)
class Truth:
    """By trying them all: which rules take an event, for every set of rules that some event has."""

    playbook: Playbook
    taken: frozenset[tuple[int, ...]]
    """Rules that match, in order, of all events."""
    audience: frozenset[tuple[int, ...]]
    """The same of events of the audience."""

    def events_of(self, rule: int) -> set[tuple[int, ...]]:
        return {taken for taken in self.taken if rule in taken}

    def nested(self, left: int, right: int) -> bool:
        one, other = self.events_of(left), self.events_of(right)
        return one <= other or other <= one

    def boundaries(self) -> dict[str, list[str]]:
        rules = self.playbook.rules
        found: dict[str, list[str]] = {}
        for first, second in sorted({taken[:2] for taken in self.taken if len(taken) > 1}):
            one, other = rules[first], rules[second]
            declared = "any" in one.over or other.id in one.over
            same = one.outcome.owner == other.outcome.owner
            if not declared and not same and not self.nested(first, second):
                found.setdefault(one.id, []).append(other.id)
        return found

    def dead(self) -> set[str]:
        alive = {taken[0] for taken in self.taken if taken}
        return {rule.id for n, rule in enumerate(self.playbook.rules) if n not in alive}

    def idle_over(self) -> set[tuple[str, str]]:
        rules = self.playbook.rules
        return {
            (one.id, other.id)
            for n, one in enumerate(rules)
            for m, other in enumerate(rules)
            if other.id in one.over and one.id not in self.dead()
            if n == m or not any(t[0] == n and m in t for t in self.taken if t)
        }

    def covers(self, rule: int, by: Iterable[int]) -> bool:
        return all(not set(by).isdisjoint(taken) for taken in self.events_of(rule))


def truth(playbook: Playbook, oracle: ModuleType) -> Truth:
    basic = Event(id="1", kind=KINDS[0], platform="sandbox", time=MONDAY)
    asked = {
        one for rule in playbook.rules for tests in (rule.when.all, *rule.when.any) for one in tests
    }
    plain = {name: name for name in {dimension(one.field) for one in asked} - {"kind"}}
    passing: list[list[frozenset[FieldTest]]] = [
        [
            frozenset(
                one
                for one in asked
                if one.field == "kind"
                and oracle.passes(playbook, basic.model_copy(update={"kind": kind}), one)
            )
            for kind in KINDS
        ]
    ]
    for name in plain:
        mine = [one for one in asked if dimension(one.field) == name]
        said = (basic.model_copy(update=value) for value in values(playbook, name))
        kept = {
            frozenset(one for one in mine if oracle.passes(playbook, each, one)) for each in said
        }
        passing.append(list(kept))
    taken: set[tuple[int, ...]] = set()
    audience: set[tuple[int, ...]] = set()
    for number, kind in enumerate(KINDS):
        for combination in itertools.product([passing[0][number]], *passing[1:]):
            holds = frozenset().union(*combination)
            rules = tuple(n for n, rule in enumerate(playbook.rules) if _matches(rule.when, holds))
            taken.add(rules)
            if kind.startswith("audience."):
                audience.add(rules)
    return Truth(playbook, frozenset(taken), frozenset(audience))


def _matches(when: When, holds: frozenset[FieldTest]) -> bool:
    either = not when.any or any(holds.issuperset(tests) for tests in when.any)
    return either and holds.issuperset(when.all)


# What the prover says --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    place = Path(__file__).parents[1] / "decide" / "oracle.py"
    spec = spec_from_file_location("decide_oracle", place)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def first_and_next(playbook: Playbook, one: Event | None) -> tuple[str, str]:
    first = decided(playbook, one)
    rest = tuple(rule for rule in playbook.rules if rule.id != first)
    return first, decided(playbook.model_copy(update={"rules": rest}), one)


def decided(playbook: Playbook, one: Event | None) -> str:
    assert one is not None
    try:
        return Router(playbook).decide(one).rule
    except Refused:
        return OTHERWISE


def by_code(found: tuple[Finding, ...], code: str) -> list[Finding]:
    return [one for one in found if one.code == code]


def check(playbook: Playbook, oracle: ModuleType) -> None:
    """Everything that is found, against the truth."""
    note(repr((playbook.rules, playbook.topics, playbook.otherwise)))
    known = truth(playbook, oracle)
    study = Study(playbook, Given(since=SINCE))
    found = prove(study)
    event(f"{len(known.dead())} dead, {len(known.boundaries())} boundaries")

    assert not [one for one in found if one.message.startswith("undecided")]
    assert {one.rule: list(one.others) for one in by_code(found, "PB011")} == known.boundaries()
    for one in by_code(found, "PB011"):
        assert first_and_next(playbook, one.event) == (one.rule, one.others[0])
    check_dead(playbook, known, by_code(found, "PB012"))

    gaps = by_code(found, "PB010")
    assert len(gaps) == (() in known.taken)
    for one in gaps:
        assert one.severity == ("error" if playbook.otherwise is None else "info")
        assert decided(playbook, one.event) == OTHERWISE

    named = {(one.rule, other) for one in by_code(found, "PB014") for other in one.others}
    assert named == known.idle_over()

    opens = playbook.otherwise is not None and playbook.otherwise.outcome.play.opens_case
    applause = by_code(found, "PB015")
    assert len(applause) == (opens and () in known.audience)
    for one in applause:
        assert one.event is not None
        assert one.event.kind.startswith("audience.")
        assert decided(playbook, one.event) == OTHERWISE

    shown = examples(study)
    assert set(shown) - {OTHERWISE} == {rule.id for rule in playbook.rules} - known.dead()
    assert (OTHERWISE in shown) == (() in known.taken and playbook.otherwise is not None)
    assert all(decided(playbook, each) == name for name, each in shown.items())


def check_dead(playbook: Playbook, known: Truth, dead: list[Finding]) -> None:
    assert {one.rule for one in dead} == known.dead()
    ids = [rule.id for rule in playbook.rules]
    for one in dead:
        covering = {ids.index(other) for other in one.others}
        number = ids.index(str(one.rule))
        assert all(other < number for other in covering)
        assert known.covers(number, covering)
        assert not any(known.covers(number, covering - {other}) for other in covering)


@settings(max_examples=200, deadline=None)
@given(playbook=playbooks())
def test_it_says_what_trying_every_event_says_and_nothing_else(playbook, oracle):
    check(playbook, oracle)


@settings(max_examples=100, deadline=None)
@given(playbook=playbooks())
def test_the_solver_alone_says_the_same(playbook, oracle):
    with (
        mock.patch.object(search, "BUDGET", 0),
        mock.patch.object(search.Search, "_guess", return_value=None),
        mock.patch.object(Probe, "meets", return_value=False),
    ):
        check(playbook, oracle)


@settings(max_examples=100, deadline=None)
@given(playbook=playbooks())
def test_splitting_alone_says_the_same(playbook, oracle):
    with (
        mock.patch.object(search.Search, "_guess", return_value=None),
        mock.patch.object(Probe, "meets", return_value=False),
    ):
        check(playbook, oracle)


@settings(max_examples=50, deadline=None)
@given(playbook=playbooks())
def test_what_nobody_can_decide_is_said_and_never_passed(playbook, oracle):
    known = truth(playbook, oracle)
    with (
        mock.patch.object(search, "BUDGET", 0),
        mock.patch.object(search.Search, "_guess", return_value=None),
        mock.patch.object(Probe, "meets", return_value=False),
        mock.patch.object(Sat, "find", side_effect=search.Undecided),
    ):
        found = prove(Study(playbook, Given(since=SINCE)))

    said = [one for one in found if one.message.startswith("undecided: ")]
    assert all(one.severity == "error" for one in said if one.code in {"PB010", "PB012"})
    assert {one.rule for one in by_code(found, "PB012")} >= known.dead()
    assert len(by_code(found, "PB010")) >= (() in known.taken)


@settings(max_examples=50, deadline=None)
@given(playbook=playbooks())
def test_an_example_that_the_router_denies_is_said_and_never_shown(playbook, oracle):
    known = truth(playbook, oracle)
    with mock.patch.object(Trial, "first", return_value=-1):
        found = prove(Study(playbook, Given(since=SINCE)))

    assert not [one for one in found if one.event is not None and one.code in SHOWN]
    undecided = {one.rule: set(one.others) for one in found if one.message.startswith("undecided")}
    for rule, others in known.boundaries().items():
        assert undecided[rule] >= set(others)
    assert len(by_code(found, "PB010")) == (() in known.taken)
