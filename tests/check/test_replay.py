"""Replay counts as one would count by hand, however the events lie in time and wherever they come from."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from remit.check import replay as replaying
from remit.check.buckets import Buckets
from remit.check.load import NOBODY, Report, open_share
from remit.check.replay import Replay
from remit.decide import Router
from remit.model import Event, Hours, Outcome, Play, Playbook, Severity, Span
from remit.playbook import load_playbook

KOPI = Path(__file__).parents[2] / "playbooks" / "kopi"
TEXTS = (
    "enak banget",
    "uang kembali dong",
    "saya muntah",
    "buka jam berapa",
    "ada ide",
    "hm",
    None,
)
KINDS = (
    "conversation.comment",
    "conversation.mention",
    "audience.follow",
    "metric.spike",
    "odd.kind",
)


@pytest.fixture(scope="module")
def kopi() -> Playbook:
    return load_playbook(KOPI)


def events(count: int, seed: int = 1, days: int = 400) -> list[Event]:
    chance = random.Random(seed)
    offsets = [timezone(timedelta(minutes=minutes)) for minutes in (0, 420, 330, -210)]
    return [
        Event(
            id=f"e{number}",
            kind=chance.choice(KINDS),
            platform=chance.choice(("sandbox", "bluesky")),
            channel=chance.choice(("toko", "elsewhere", None)),
            time=(
                datetime(2027, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(days * 86400))
            ).astimezone(chance.choice(offsets)),
            text=chance.choice(TEXTS),
            under=chance.choice(("campaign", "organic", None)),
            ours=chance.random() < 0.1,
        )
        for number in range(count)
    ]


def replayed(
    some: list[Event], playbook: Playbook, old: Playbook | None = None
) -> tuple[Report, list[str]]:
    replay = Replay(playbook, old)
    rules: list[str] = []
    replay.take(some, lambda _, rule: rules.append(rule))
    return replay.report(), rules


def changed(playbook: Playbook, rule: str, **outcome: object) -> Playbook:
    """The playbook with another outcome of one rule."""
    rules = tuple(
        each.model_copy(update={"outcome": each.outcome.model_copy(update=outcome)})
        if each.id == rule
        else each
        for each in playbook.rules
    )
    return playbook.model_copy(update={"rules": rules})


def outcomes(playbook: Playbook) -> dict[str, Outcome]:
    found = {rule.id: rule.outcome for rule in playbook.rules}
    return found | ({"otherwise": playbook.otherwise.outcome} if playbook.otherwise else {})


def test_every_count_is_the_one_that_counting_by_hand_gives(kopi):
    some = events(3000)
    report, rules = replayed(some, kopi)
    router = Router(kopi)
    decisions = [router.decide(event) for event in some]
    assert rules == [decision.rule for decision in decisions]

    by_rule = Counter(rules)
    assert len(by_rule) > 6  # so that something is told apart
    assert {load.rule: load.events for load in report.rules if load.events} == dict(by_rule)
    assert [load.rule for load in report.rules] == [*(rule.id for rule in kopi.rules), "otherwise"]
    owners = Counter(decision.outcome.owner for decision in decisions)
    assert {load.role: load.events for load in report.roles} == dict.fromkeys(
        kopi.roles, 0
    ) | owners
    severities = Counter((d.outcome.owner, d.outcome.severity) for d in decisions)
    assert all(
        load.severity[each] == severities[load.role, each]
        for load in report.roles
        for each in Severity
    )
    work = [
        (event, decision.outcome.owner)
        for event, decision in zip(some, decisions, strict=True)
        if decision.outcome.play is not Play.log and not event.ours
    ]
    cases = Counter(owner for _, owner in work)
    assert {load.role: load.cases for load in report.roles if load.cases} == dict(cases)
    assert report.cases == len(work) < report.events == 3000
    assert report.ours == sum(event.ours for event in some)
    assert report.moves is None

    zone = ZoneInfo(kopi.timezone)
    local = [event.time.astimezone(zone) for event in some]
    assert report.first == min(local).replace(tzinfo=None, minute=0, second=0)
    assert report.last == max(local).replace(tzinfo=None, minute=0, second=0)
    week = Counter(
        (decision.outcome.owner, at.weekday() * 24 + at.hour)
        for at, decision in zip(local, decisions, strict=True)
    )
    assert {
        (role, hour): count
        for role, hours in report.week.items()
        for hour, count in enumerate(hours)
        if count
    } == dict(week)
    days = Counter(
        (at.date(), decision.outcome.owner) for at, decision in zip(local, decisions, strict=True)
    )
    assert report.unit == "day"
    assert {
        (start.date(), role): count
        for start, counts in report.over_time.items()
        for role, count in counts.items()
    } == dict(days)
    channels = Counter(
        (event.channel, "sandbox" if event.channel == "toko" else event.platform) for event in some
    )
    assert {(each.channel, each.platform): each.events for each in report.channels} == channels
    assert {each.channel for each in report.channels if each.declared} == {"toko"}
    assert report.strange_kinds == {"odd.kind": sum(event.kind == "odd.kind" for event in some)}


def test_summing_up_often_changes_no_count(kopi, monkeypatch):
    some = events(1500)
    old = changed(kopi, "praise", owner="smm")
    before, _ = replayed(some, kopi, old)
    monkeypatch.setattr(replaying, "_COUNTS", 3)
    after, _ = replayed(some, kopi, old)
    assert after == before


@pytest.mark.parametrize(
    "zone", ["Asia/Jakarta", "Asia/Kathmandu", "Australia/Lord_Howe", "America/New_York", "UTC"]
)
def test_hours_are_those_on_the_wall_of_the_brand(kopi, zone):
    playbook = kopi.model_copy(update={"timezone": zone})
    start = datetime(2027, 3, 13, tzinfo=UTC)
    # Both changes of the clock in New York and Lord Howe, and quarters of an hour in Nepal.
    times = [start + timedelta(minutes=7 * step) for step in range(31 * 24 * 60 // 7)]
    some = [
        Event(id="1", kind="conversation.comment", platform="sandbox", time=at.astimezone(offset))
        for at in times
        for offset in (UTC, timezone(timedelta(hours=5, minutes=45)))
    ]
    report, _ = replayed(some, playbook)
    expected = Counter(
        at.astimezone(ZoneInfo(zone)).weekday() * 24 + at.astimezone(ZoneInfo(zone)).hour
        for at in times
    )
    assert {h: n for h, n in enumerate(report.week["cm"]) if n} == {
        hour: 2 * count for hour, count in expected.items()
    }


def test_what_moves_is_counted_by_owner_and_by_rule_with_an_example(kopi):
    some = events(2000)
    old = changed(kopi, "praise", owner="smm")
    old = changed(old, "refund", severity=Severity.high)
    old = changed(old, "question", because="in other words")
    report, _ = replayed(some, kopi, old)
    before, now = Router(old), Router(kopi)
    pairs = [(before.decide(event), now.decide(event)) for event in some]
    owners = Counter((a.outcome.owner, b.outcome.owner) for a, b in pairs)
    assert report.moves is not None
    assert dict(report.moves.owners) == dict(owners)
    praise = sum(b.rule == "praise" for _, b in pairs)
    refund = sum(b.rule == "refund" for _, b in pairs)
    assert report.moves.moved == owners["smm", "cm"] == praise > 0
    assert report.moves.treated_otherwise == refund > 0
    assert [(m.old_rule, m.new_rule, m.from_, m.to, m.events) for m in report.moves.rules] == [
        ("praise", "praise", "smm", "cm", praise),
        ("refund", "refund", "cm", "cm", refund),
    ]
    by_id = {event.id: event for event in some}
    for move in report.moves.rules:
        example = by_id[move.example or ""]
        assert now.decide(example).rule == move.new_rule
        assert before.decide(example).rule == move.old_rule
    assert report.moves.examples["smm", "cm"] == report.moves.rules[0].example


def test_a_rule_that_takes_over_anothers_events_is_a_pair_of_two_rules(kopi):
    old = kopi.model_copy(update={"rules": tuple(r for r in kopi.rules if r.id != "idea")})
    report, _ = replayed(events(2000), kopi, old)
    assert report.moves is not None
    assert {move.new_rule for move in report.moves.rules} == {"idea"}
    assert len({move.old_rule for move in report.moves.rules} - {"idea"}) > 1
    assert {(move.from_, move.to) for move in report.moves.rules} == {("cm", "smm")}


def test_what_no_rule_takes_belongs_to_nobody_and_is_not_lost(kopi):
    bare = kopi.model_copy(update={"otherwise": None})
    some = events(500)
    report, rules = replayed(some, bare, kopi)
    unowned, router = rules.count(NOBODY), Router(kopi)
    assert unowned == sum(router.decide(event).rule == "otherwise" for event in some) > 0
    assert next(load.events for load in report.roles if load.role == NOBODY) == unowned
    assert sum(load.events for load in report.roles) == report.events == 500
    assert report.moves is not None
    assert report.moves.owners["cm", NOBODY] == unowned == report.moves.moved


def test_strangers_texts_are_kept_short_and_few(kopi):
    some = [
        event.model_copy(
            update={
                "kind": f"odd.{n}" + "k" * 5000,
                "channel": f"{n}" + "c" * 5000,
                "id": "i" * 5000,
            }
        )
        for n, event in enumerate(events(1000))
    ]
    report, _ = replayed(some, kopi, changed(kopi, "praise", owner="smm"))
    assert sum(report.strange_kinds.values()) == sum(c.events for c in report.channels) == 1000
    assert len(report.strange_kinds) <= 51
    assert all(len(name) <= 201 for name in report.strange_kinds)
    assert [each.channel for each in report.channels] == ["(others)"]


def test_channels_are_named_as_long_as_there_is_room_and_declared_ones_always(kopi):
    some = [
        event.model_copy(update={"channel": "toko" if n % 3 == 0 else f"c{n}", "platform": f"p{n}"})
        for n, event in enumerate(events(900))
    ]
    report, _ = replayed(some, kopi)
    found = {each.channel: each.events for each in report.channels}
    assert found["toko"] == 300
    assert found["(others)"] > 300
    assert sum(found.values()) == 900
    assert len(report.channels) <= 202


@pytest.mark.parametrize(
    ("days", "unit"),
    [(8, "hour"), (400, "day"), (3000, "week"), (15_000, "month"), (90_000, "year")],
)
def test_time_becomes_coarser_as_it_grows_and_nothing_is_lost(days, unit):
    buckets = Buckets()
    first = date(1990, 1, 1).toordinal()
    chance = random.Random(1)
    order = list(range(days))
    chance.shuffle(order)
    for day in order:
        buckets.add((first + day) * 24 + 7, "cm", 2)
    assert buckets.unit == unit
    counts = buckets.counts()
    assert sum(each["cm"] for each in counts.values()) == 2 * days
    assert list(counts) == sorted(counts)
    if unit == "week":
        assert all(start.weekday() == 0 for start in counts)


def test_hours_that_are_partly_open_count_in_part():
    week = ((Span(since=570, until=630),), (), (), (), (), (), (Span(since=1410, until=1470),))
    shares = open_share(Hours(week=week))
    assert {hour: share for hour, share in enumerate(shares) if share} == {
        9: 0.5,
        10: 0.5,
        6 * 24 + 23: 0.5,
        0: 0.5,  # the night from Sunday
    }
    assert open_share(Hours()) == (1.0,) * 168
