"""Scorecards: each thing on exactly one of them, and the sums are the whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.measure import Scorecard, humanly, scorecards, whole
from remit.model import (
    CaseFact,
    EventFact,
    Facts,
    Play,
    Playbook,
    PublicationFact,
    Role,
    State,
)

NOON = datetime(2027, 3, 1, 5, tzinfo=UTC)
UNTIL = NOON + timedelta(days=7)
SUMMED = [
    name
    for name, field in Scorecard.model_fields.items()
    if field.annotation is int  # medians do not add up
]


@pytest.fixture
def playbook() -> Playbook:
    return Playbook(
        brand="kopi",
        roles={
            "smm": Role(id="smm", title="Social Media Manager"),
            "cm": Role(id="cm", title="Community Manager"),
        },
    )


def _case(owner: str = "cm", answered: float | None = None, **over: Any) -> CaseFact:
    values: dict[str, Any] = {
        "owner": owner,
        "rule": "refund",
        "play": Play.reply,
        "state": State.open if answered is None else State.responded,
        "asked_at": NOON,
        "opened_at": NOON,
        "responded_at": None if answered is None else NOON + timedelta(seconds=answered),
        "outcome": None if answered is None else "responded",
        "first_response_due": NOON + timedelta(hours=1),
    }
    return CaseFact(**(values | over))


def _facts(**parts: Any) -> Facts:
    return Facts(brand="kopi", since=NOON, until=UNTIL, **parts)


def _card(facts: Facts, playbook: Playbook, role: str) -> Scorecard:
    return next(card for card in scorecards(facts, playbook) if card.role == role)


def test_every_role_has_a_card_in_the_order_of_the_playbook(playbook: Playbook) -> None:
    cards = scorecards(_facts(), playbook)
    assert [(card.role, card.title) for card in cards] == [
        ("smm", "Social Media Manager"),
        ("cm", "Community Manager"),
    ]
    assert cards[0].answered_share is None
    assert cards[0].first_response_median == "–"


def test_a_role_that_the_playbook_dropped_keeps_what_it_owned(playbook: Playbook) -> None:
    cards = scorecards(_facts(cases=(_case("intern"),)), playbook)
    assert [(card.role, card.cases) for card in cards] == [("smm", 0), ("cm", 0), ("intern", 1)]


def test_first_responses_are_timed_from_the_event(playbook: Playbook) -> None:
    times = [60, 120, 180, 240, 300, 360, 420, 480, 540, 6000]
    card = _card(_facts(cases=tuple(_case(answered=time) for time in times)), playbook, "cm")
    assert card.first_response_median_seconds == 330
    assert card.first_response_p90_seconds == 540
    assert (card.first_response_median, card.first_response_p90) == ("5m 30s", "9m")
    assert (card.answered, card.late, card.overdue) == (10, 1, 0)


def test_replies_made_past_remit_are_answers_that_are_not_timed(playbook: Playbook) -> None:
    outside = _case(answered=30, outcome="responded_outside")
    card = _card(_facts(cases=(outside, _case(answered=90), _case())), playbook, "cm")
    assert (card.asked, card.answered, card.answered_outside) == (3, 2, 1)
    assert card.answered_share == pytest.approx(2 / 3)
    assert card.first_response_median_seconds == 90


def test_answers_that_nobody_saw_are_counted_apart_and_not_timed(playbook: Playbook) -> None:
    unseen = _case(state=State.responded, outcome="responded", unseen=True)
    later = _case(answered=7200, unseen=True)  # the author wrote again, and a person answered
    seen = PublicationFact(owner="cm", channel="bsky", kind="reply", published_at=NOON)
    facts = _facts(
        cases=(unseen, later, _case(answered=90), _case()),
        publications=(seen, seen.model_copy(update={"unseen": True})),
    )
    card = _card(facts, playbook, "cm")
    assert (card.asked, card.answered, card.answered_unseen) == (4, 3, 1)
    assert card.first_response_median_seconds == (90 + 7200) / 2
    assert (card.replies, card.unseen) == (1, 1)


def test_only_unanswered_cases_are_overdue(playbook: Playbook) -> None:
    cases = (
        _case(),
        _case(first_response_due=None),
        _case(first_response_due=UNTIL + timedelta(hours=1)),
        _case(answered=7200),
        _case(play=Play.triage, state=State.resolved, outcome="resolved"),
    )
    card = _card(_facts(cases=cases), playbook, "cm")
    assert (card.cases, card.open, card.overdue, card.late, card.asked) == (5, 3, 1, 1, 4)


def test_what_the_brand_wrote_itself_is_no_event_of_a_role(playbook: Playbook) -> None:
    events = (
        EventFact(owner="cm", kind="conversation.comment", time=NOON),
        EventFact(owner="cm", kind="conversation.post", time=NOON, ours=True),
    )
    assert _card(_facts(events=events), playbook, "cm").events == 1


def test_posts_replies_and_what_the_audience_did_are_counted_apart(playbook: Playbook) -> None:
    counts = {"likes": 5, "reposts": 2, "quotes": 1, "replies": 4, "views": 900}
    shown = (
        PublicationFact(owner="smm", channel="bsky", kind="post", published_at=NOON, counts=counts),
        PublicationFact(owner="cm", channel="bsky", kind="reply", published_at=NOON),
    )
    facts = _facts(publications=shown)
    smm, cm = scorecards(facts, playbook)
    assert (smm.posts, smm.replies, smm.reactions, smm.received) == (1, 0, 8, 4)
    assert (cm.posts, cm.replies, cm.reactions, cm.received) == (0, 1, 0, 0)


_OWNERS = st.sampled_from(["cm", "smm", "intern"])
_TIMES = st.datetimes(
    min_value=NOON.replace(tzinfo=None),
    max_value=UNTIL.replace(tzinfo=None),
    timezones=st.just(UTC),
)


@given(
    events=st.lists(
        st.builds(
            EventFact,
            owner=_OWNERS,
            kind=st.just("conversation.comment"),
            time=_TIMES,
            ours=st.booleans(),
        )
    ),
    cases=st.lists(
        st.builds(
            _case,
            owner=_OWNERS,
            answered=st.none() | st.floats(0, 9e5),
            play=st.sampled_from(Play),
            first_response_due=st.none() | _TIMES,
        )
    ),
    publications=st.lists(
        st.builds(
            PublicationFact,
            owner=_OWNERS,
            channel=st.just("bsky"),
            kind=st.sampled_from(["reply", "post"]),
            published_at=_TIMES,
            counts=st.dictionaries(st.sampled_from(["likes", "replies"]), st.integers(0, 99)),
        )
    ),
)
def test_the_sums_over_the_roles_are_the_whole(
    events: list[EventFact], cases: list[CaseFact], publications: list[PublicationFact]
) -> None:
    playbook = Playbook(brand="kopi", roles={"cm": Role(id="cm", title="Community Manager")})
    facts = _facts(events=tuple(events), cases=tuple(cases), publications=tuple(publications))
    cards, all_roles = scorecards(facts, playbook), whole(facts)
    for name in SUMMED:
        assert sum(getattr(card, name) for card in cards) == getattr(all_roles, name), name
    assert len({card.role for card in cards}) == len(cards)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0, "0s"),
        (42.4, "42s"),
        (59.9, "1m"),
        (200, "3m 20s"),
        (3900, "1h 5m"),
        (3605, "1h"),
        (183600, "2d 3h"),
    ],
)
def test_durations_are_said_humanly(seconds: float | None, said: str) -> None:
    assert humanly(seconds) == said
