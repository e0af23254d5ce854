"""The table of states, what time brings about, and who may join a case."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.decide import (
    TRANSITIONS,
    acknowledged,
    advance,
    correlation_key,
    may_join,
    next_due,
    step,
)
from remit.model import (
    Decision,
    Duration,
    Grouping,
    HoldOrder,
    HoldState,
    IllegalTransition,
    Outcome,
    Play,
    Severity,
    State,
    Step,
)

OPENED = datetime.fromisoformat("2027-03-01T10:00:00+07:00")
LADDER = tuple(
    Step(after=Duration.parse(after), notify=notify)
    for after, notify in (("0m", "owner"), ("15m", "backup"), ("30m", "lead"))
)


def after(minutes: int) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def kinds(found):
    return [(one.kind, one.step) if one.kind == "step" else one.kind for one in found]


def hold(ends: int | None = 120, **changed):
    basic: dict[str, Any] = {
        "id": 5,
        "brand": "kopi",
        "case": 7,
        "role": "smm",
        "started_at": OPENED,
    }
    return HoldState(**basic | {"ends_at": None if ends is None else after(ends)} | changed)


def decision(**changed):
    return Decision(
        rule="refunds", outcome=Outcome(**{"owner": "cm", "play": Play.reply, **changed})
    )


# States ----------------------------------------------------------------------------------------


def test_every_state_has_its_line_in_the_table():
    assert set(TRANSITIONS) == set(State)


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        TRANSITIONS[State.open] = frozenset()  # type: ignore[index]


@pytest.mark.parametrize(("state", "to"), list(product(State, State)))
def test_a_step_of_the_table_is_taken_and_every_other_is_refused(state, to):
    if to in TRANSITIONS[state]:
        assert step(state, to) is to
    else:
        with pytest.raises(IllegalTransition, match=f"is {state} cannot be {to}"):
            step(state, to)


@pytest.mark.parametrize(
    "road",
    [
        "open drafted awaiting_approval responded resolved reopened drafted",
        "open acknowledged drafted awaiting_approval drafted awaiting_approval responded",
        "open drafted open drafted awaiting_approval open resolved",
        "open awaiting_approval resolved",
        "responded waiting open responded reopened open",
        "open open responded responded",
    ],
)
def test_the_roads_that_cases_take_are_open(road):
    states = [State(name) for name in road.split()]
    for state, to in pairwise(states):
        assert step(state, to) is to


@pytest.mark.parametrize(
    ("state", "to"),
    [
        ("resolved", "open"),
        ("resolved", "responded"),
        ("responded", "drafted"),
        ("responded", "open"),
        ("open", "reopened"),
        ("awaiting_approval", "acknowledged"),
    ],
)
def test_a_finished_case_only_opens_again_as_reopened(state, to):
    with pytest.raises(IllegalTransition):
        step(State(state), State(to))


# Time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "taken", "found"),
    [
        (0, 0, [("step", 0)]),
        (14, 1, []),
        (15, 1, [("step", 1)]),
        (30, 0, [("step", 0), ("step", 1), ("step", 2)]),
        (600, 3, []),
    ],
)
def test_a_crisis_climbs_its_ladder(minutes, taken, found, a_case):
    case = a_case(escalation=LADDER, ladder_started_at=OPENED, ladder_step=taken)
    assert kinds(advance(case, after(minutes))) == found


def test_a_step_tells_when_it_fell_due_and_who_is_to_know(a_case):
    case = a_case(escalation=LADDER, ladder_started_at=OPENED, ladder_step=1)
    (found,) = advance(case, after(20))
    assert (found.at, found.detail["notify"], found.case) == (after(15), "backup", 7)


def test_acknowledgement_stops_the_ladder_and_not_the_response_clock(a_case):
    case = a_case(
        state=State.acknowledged,
        escalation=LADDER,
        ladder_started_at=OPENED,
        acknowledged_at=OPENED,
        first_response_due=after(60),
    )
    assert kinds(advance(case, after(44))) == []
    assert kinds(advance(case, after(59))) == ["due_soon"]
    assert kinds(advance(case, after(60))) == ["overdue"]


def test_a_ladder_that_started_again_is_not_stopped_by_an_old_acknowledgement(a_case):
    case = a_case(escalation=LADDER, ladder_started_at=after(60), acknowledged_at=after(5))
    assert kinds(advance(case, after(60))) == [("step", 0)]


@pytest.mark.parametrize(
    ("said", "began", "has_it"),
    [(None, None, False), (None, 0, False), (5, None, True), (5, 5, True), (5, 60, False)],
)
def test_an_acknowledgement_holds_until_the_ladder_starts_again(said, began, has_it, a_case):
    case = a_case(
        acknowledged_at=None if said is None else after(said),
        ladder_started_at=None if began is None else after(began),
    )
    assert acknowledged(case) is has_it


def test_no_step_comes_before_those_above_it(a_case):
    wrong = (Step(after=Duration.parse("30m"), notify="lead"), LADDER[0])
    case = a_case(escalation=wrong, ladder_started_at=OPENED)
    assert kinds(advance(case, after(29))) == []
    assert kinds(advance(case, after(30))) == [("step", 0), ("step", 1)]


def test_what_starts_the_ladder_again_drops_the_later_steps_of_the_old_one(a_case):
    case = a_case(escalation=LADDER, ladder_started_at=OPENED, first_response_due=after(20))
    assert kinds(advance(case, after(60))) == [("step", 0), ("step", 1), "overdue"]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"first_response_due": after(60)}, ["overdue"]),
        ({"first_response_due": after(60), "overdue_at": after(60)}, []),
        ({"first_response_due": after(60), "state": "responded", "responded_at": after(5)}, []),
        ({"first_response_due": after(60), "state": "waiting"}, []),
        # Answered, reopened, and due again.
        (
            {"first_response_due": after(60), "state": "reopened", "responded_at": after(5)},
            ["overdue"],
        ),
        (
            {"state": "awaiting_approval", "approval_expires_at": after(30)},
            ["approval_expired"],
        ),
        ({"state": "open", "approval_expires_at": after(30)}, []),
        ({"handoff_to": "smm", "handoff_expires_at": after(30)}, ["handoff_expired"]),
        ({"handoff_expires_at": after(30)}, []),
        ({"lease_run": "r1", "lease_until": after(30)}, ["lease_dead"]),
        ({"lease_run": "r1", "lease_until": after(61)}, []),
        ({"lease_run": "r1", "lease_until": None}, []),
        ({"state": "awaiting_approval", "lease_run": "r1", "lease_until": after(1)}, []),
        ({"state": "resolved", "lease_run": "r1", "lease_until": after(1)}, []),
        ({"state": "resolved", "handoff_to": "smm", "handoff_expires_at": after(1)}, []),
        ({"state": "resolved", "escalation": LADDER, "ladder_started_at": OPENED}, []),
        ({"state": "waiting", "escalation": LADDER, "ladder_started_at": OPENED}, []),
        ({"escalation": LADDER}, []),
    ],
)
def test_an_hour_later_this_is_due(changed, found, a_case):
    assert kinds(advance(a_case(**changed), after(60))) == found


def test_a_hold_ends_at_its_time_even_when_the_case_is_finished(a_case):
    holds = (hold(30), hold(None, id=6), hold(30, id=8, case=99))
    found = advance(a_case(state=State.resolved), after(60), holds)
    assert [(one.kind, one.at, one.detail["hold"]) for one in found] == [
        ("hold_ended", after(30), "5")
    ]


def test_what_is_due_comes_oldest_first(a_case):
    case = a_case(
        state=State.awaiting_approval,
        first_response_due=after(40),
        approval_expires_at=after(20),
        handoff_to="smm",
        handoff_expires_at=after(30),
    )
    assert kinds(advance(case, after(60), (hold(10),))) == [
        "hold_ended",
        "approval_expired",
        "handoff_expired",
        "overdue",
    ]


times = st.none() | st.integers(-60, 60).map(after)


@given(
    state=st.sampled_from(State),
    ladder=times,
    acknowledged=times,
    due=times,
    lease=times,
    expires=times,
    taken=st.integers(0, 3),
    ends=st.none() | st.integers(-60, 60),
    now=st.integers(-60, 120).map(after),
)
def test_nothing_is_due_before_the_instant_that_next_due_names(
    *, state, ladder, acknowledged, due, lease, expires, taken, ends, now, a_case
):
    case = a_case(
        state=state,
        escalation=LADDER,
        ladder_started_at=ladder,
        ladder_step=taken,
        acknowledged_at=acknowledged,
        first_response_due=due,
        lease_run="r1",
        lease_until=lease,
        approval_expires_at=expires,
    )
    holds = (hold(ends),)
    coming = next_due(case, holds)
    found = advance(case, now, holds)
    assert bool(found) is (coming is not None and coming <= now)
    assert [one.at for one in found] == sorted(one.at for one in found)


# Joining ---------------------------------------------------------------------------------------

STOP_POSTS = HoldOrder(posts_of="smm")


@pytest.mark.parametrize(
    ("changed", "said", "joins"),
    [
        ({}, {}, True),
        ({}, {"owner": "smm"}, False),
        ({}, {"severity": Severity.low}, True),
        ({}, {"severity": Severity.high}, False),
        ({"severity": "critical"}, {"severity": Severity.high}, True),
        ({}, {"escalation": "urgent"}, False),
        ({"escalation": LADDER}, {"escalation": "urgent"}, True),
        ({}, {"hold": STOP_POSTS}, False),
        ({}, {"play": Play.log}, False),
    ],
)
def test_an_event_joins_only_a_case_that_is_as_loud(changed, said, joins, a_case):
    assert may_join(a_case(**changed), decision(**said)) is joins


def test_a_crisis_in_an_open_refund_thread_is_a_case_of_its_own(a_case):
    crisis = decision(severity=Severity.critical, escalation="urgent", hold=STOP_POSTS)
    assert not may_join(a_case(), crisis, (hold(),), LADDER)


@pytest.mark.parametrize(
    ("steps", "joins"),
    [
        (LADDER, True),
        (LADDER[:1], True),
        ((Step(after=Duration.parse("20m"), notify="backup"),), True),
        ((Step(after=Duration.parse("5m"), notify="backup"),), False),
        ((Step(after=Duration.parse("2h"), notify="ratna"),), False),
    ],
)
def test_an_escalation_is_no_stronger_when_the_case_tells_the_same_as_soon(steps, joins, a_case):
    case = a_case(escalation=LADDER)
    assert may_join(case, decision(escalation="urgent"), steps=steps) is joins


@pytest.mark.parametrize(
    ("on", "order", "joins"),
    [
        ((hold(),), STOP_POSTS, True),
        ((hold(case=99),), STOP_POSTS, False),
        ((hold(role="cm"),), STOP_POSTS, False),
        ((hold(topics=("safety",)),), STOP_POSTS, False),
        ((hold(),), HoldOrder(posts_of="smm", topics=("safety",)), True),
        (
            (hold(topics=("safety", "refund")),),
            HoldOrder(posts_of="smm", topics=("safety",)),
            True,
        ),
        ((), HoldOrder(posts_of="smm", starts="acknowledged"), True),
    ],
)
def test_a_hold_that_the_case_lacks_is_stronger(on, order, joins, a_case):
    assert may_join(a_case(), decision(hold=order), on) is joins


def test_a_hold_that_waited_for_an_acknowledgement_and_is_over_is_lacking(a_case):
    order = HoldOrder(posts_of="smm", starts="acknowledged")
    assert not may_join(a_case(acknowledged_at=after(5)), decision(hold=order))


SAME_THREAD = {"thread": "at://root", "id": "at://2"}
SARI, TONO = {"author": {"id": "did:1"}}, {"author": {"id": "did:2"}}


@pytest.mark.parametrize(
    ("by", "second", "same"),
    [
        ("author_in_thread", SAME_THREAD | SARI, True),
        ("author_in_thread", SAME_THREAD | TONO, False),
        ("author_in_thread", SARI | {"id": "at://2"}, False),
        ("thread", SAME_THREAD | TONO, True),
        ("author", SARI | {"id": "at://2"}, True),
        ("author", SAME_THREAD | TONO, False),
        ("event", SAME_THREAD | SARI, False),
    ],
)
def test_two_messages_belong_together_as_the_playbook_groups_them(by, second, same, an_event):
    grouping = Grouping(by=by)
    first = an_event(id="at://1", thread="at://root", **SARI)
    keys = [
        correlation_key(grouping, "kopi", "bsky", event) for event in (first, an_event(**second))
    ]
    assert (keys[0] == keys[1]) is same


def test_the_first_message_of_a_thread_and_its_replies_have_one_key(an_event):
    grouping = Grouping()
    first = correlation_key(grouping, "kopi", "bsky", an_event(id="at://1", **SARI))
    reply = an_event(id="at://2", thread="at://1", **SARI)
    assert correlation_key(grouping, "kopi", "bsky", reply) == first


def test_messages_of_nobody_known_are_never_taken_for_one_author(an_event):
    grouping = Grouping(by="author")
    keys = {correlation_key(grouping, "kopi", "bsky", an_event(id=str(n))) for n in range(3)}
    assert len(keys) == 3


def test_brands_and_channels_are_kept_apart_and_no_handle_is_readable(an_event):
    event = an_event(author={"handle": "tono.example.com"})
    places = [("kopi", "bsky"), ("kopi", "forum"), ("teh", "bsky"), ("kopi", None)]
    keys = {correlation_key(Grouping(), brand, channel, event) for brand, channel in places}
    assert len(keys) == 4
    assert not any("tono" in key for key in keys)
