"""Whether a publication may leave."""

from __future__ import annotations

from typing import Any

import pytest

from remit.decide import may_send
from remit.model import PublicationState

REPLY: dict[str, Any] = {
    "state": PublicationState.prepared,
    "approved_hash": "a",
    "sent_hash": "a",
    "approvals": 1,
    "needed": 1,
    "lease_ok": True,
    "mode": "live",
    "case_revision": 3,
    "thread_revision": 3,
    "thread_age": 2.0,
}
POST = REPLY | {"case_revision": None, "thread_revision": None, "thread_age": None}


@pytest.mark.parametrize("kind", [REPLY, POST])
def test_what_is_approved_and_fresh_may_leave(kind):
    assert may_send(**kind) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"state": PublicationState.sending}, "already"),
        ({"state": PublicationState.published}, "already"),
        ({"state": PublicationState.unknown}, "already"),
        ({"state": PublicationState.failed}, "already"),
        ({"state": PublicationState.voided}, "draft_changed"),
        ({"approved_hash": "b"}, "draft_changed"),
        ({"approved_hash": None}, "draft_changed"),
        ({"approvals": 0}, "not_approved"),
        ({"approvals": 1, "needed": 2}, "not_approved"),
        ({"approvals": 0, "needed": 0}, "not_approved"),
        ({"thread_revision": 2}, "thread_moved"),
        ({"thread_revision": 4}, "thread_moved"),
        ({"thread_revision": None}, "thread_stale"),
        ({"thread_age": None}, "thread_stale"),
        ({"thread_age": 10.1}, "thread_stale"),
        ({"thread_age": -10.1}, "thread_stale"),
        ({"stopped": "a rumour"}, "stopped"),
        ({"mode": "watch"}, "watch"),
        ({"holds": ("by case 3",)}, "held"),
        ({"lease_ok": False}, "lease_lost"),
    ],
)
def test_anything_amiss_keeps_it_here_and_says_what_to_do(changed, code):
    found = may_send(**REPLY | changed)
    assert found is not None
    assert found[0] == code
    assert found[1].endswith(".")


@pytest.mark.parametrize("age", [0.0, 10.0, -1.0])
def test_a_thread_read_at_most_ten_seconds_ago_is_fresh(age):
    assert may_send(**REPLY | {"thread_age": age}) is None


def test_sending_again_rests_on_the_approval_and_the_thread_of_the_first_time():
    again = REPLY | {"state": PublicationState.sending, "resending": True, "approvals": 0}
    assert may_send(**again | {"thread_age": 900.0}) is None
    for changed, code in (
        ({"stopped": "a rumour"}, "stopped"),
        ({"mode": "watch"}, "watch"),
        ({"holds": ("by case 3",)}, "held"),
        ({"state": PublicationState.published}, "already"),
        ({"state": PublicationState.unknown}, "already"),
    ):
        found = may_send(**again | changed)
        assert found is not None
        assert found[0] == code
