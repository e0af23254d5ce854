"""What of a long thread belongs to one case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from remit.decide.told import SHORT, told
from remit.model import Message

NOON = datetime(2027, 3, 1, 5, tzinfo=UTC)


def message(number: str, author: str, parent: str | None = "post", **more: Any) -> Message:
    more.setdefault("handle", author)
    return Message(
        id=number, revision="1", author_id=author, parent=parent, text=number, time=NOON, **more
    )


POST = message("post", "we", None, ours=True)
CROWD = [message(f"crowd-{number}", f"author-{number}") for number in range(SHORT)]


def test_a_short_thread_is_read_as_it_is():
    thread = [POST, *CROWD[: SHORT - 2], message("asked", "tia")]
    assert told(thread, "asked") == (tuple(thread), 0)


def test_under_a_post_that_many_answer_a_case_has_its_authors_own_part():
    first = message("first", "tia", "crowd-3")
    ours = message("ours", "we", "first", ours=True)
    asked = message("asked", "tia", "ours")
    elsewhere = message("elsewhere", "we", "crowd-5", ours=True)
    thread = [POST, *CROWD, first, ours, elsewhere, asked]
    part = told(thread, "asked")
    # The post and the bystander whom the author answered are kept: without them nobody understands.
    assert [each.id for each in part.messages] == ["post", "crowd-3", "first", "ours", "asked"]
    assert part.others == len(thread) - 5


def test_messages_of_erased_authors_are_not_taken_for_one_person():
    thread = [POST, *(message(f"m{number}", "") for number in range(SHORT)), message("asked", "")]
    assert [each.id for each in told(thread, "asked").messages] == ["post", "asked"]


def test_parents_that_go_round_in_a_circle_end():
    thread = [message("a", "x", "b"), message("b", "y", "a"), *CROWD, message("asked", "t", "a")]
    assert {each.id for each in told(thread, "asked").messages} == {"a", "b", "asked"}


def test_a_subject_that_is_not_there_leaves_the_thread_whole():
    later = [each.model_copy(update={"time": NOON + timedelta(hours=1)}) for each in CROWD]
    assert told([*CROWD, *later], "gone").others == 0
