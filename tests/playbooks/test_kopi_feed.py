"""What becomes of each message of the demo."""

from collections import Counter

import pytest
import yaml

EXPECTED = {
    "green": ("comment-on-campaign", "cm", "id"),
    "halal": ("question", "cm", "id"),
    "late-tika": ("complaint", "cm", "id"),
    "late-reno": ("complaint", "cm", "id"),
    "creator": ("creator-lead", "smm", "id"),
    "crisis": ("crisis", "cm", "id"),
    "get-well": ("otherwise", "cm", "id"),
    "spam-followers": ("spam", "cm", "id"),
    "refund": ("refund", "cm", "id"),
    "joke": ("comment-on-campaign", "cm", "id"),
    "crisis-in-refund": ("crisis", "cm", "id"),
    "again": ("complaint", "cm", "id"),
    "idea-avocado": ("idea", "smm", "id"),
    "praise-kuta": ("praise", "cm", "en"),
    "sarcasm": ("otherwise", "cm", "id"),
    "rude": ("complaint", "cm", "id"),
    "press": ("creator-lead", "smm", "id"),
    "oat-milk": ("question", "cm", "en"),
    "wallet": ("otherwise", "cm", "id"),
    "wifi": ("question", "cm", "id"),
    "spam-slot": ("spam", "cm", "id"),
    "partner": ("creator-lead", "smm", "id"),
    "late-airport": ("complaint", "cm", "en"),
    "hearts": ("comment-on-campaign", "cm", None),
    "playlist": ("praise", "cm", "id"),
    "idea-old-menu": ("idea", "smm", "en"),
}


@pytest.mark.parametrize("message", EXPECTED)
def test_each_message_has_its_rule_owner_and_language(message, arrived, router):
    decision = router.decide(arrived[message])

    assert (decision.rule, decision.outcome.owner, arrived[message].language) == EXPECTED[message]


def test_the_table_names_every_message_that_reaches_the_brand(arrived):
    assert set(arrived) == set(EXPECTED)


def test_about_forty_messages_open_23_cases(feed, arrived, router):
    opening = [
        (event.author.handle, event.thread, router.decide(event).rule)
        for event in arrived.values()
        if router.decide(event).outcome.play.opens_case
    ]

    assert 38 <= len(feed) <= 42
    assert len(set(opening)) == 23  # one author under one post with one concern is one case
    assert [found for found, count in Counter(opening).items() if count > 1] == [
        ("mbak.tika", "organic", "complaint")
    ]


def test_the_crisis_comes_early_and_another_inside_a_refund_by_the_same_author(feed, arrived):
    ids = [message["id"] for message in feed]
    refund, worse = arrived["refund"], arrived["crisis-in-refund"]

    assert ids.index("crisis") == 7
    assert refund.author == worse.author
    assert refund.thread == worse.thread
    assert worse.parent == refund.id


def test_everything_that_the_public_does_is_in_the_feed(feed):
    done = {message["do"] for message in feed}

    assert done == {"comment", "reply", "mention", "post", "like", "repost", "follow", "edit"}


def test_every_message_hangs_under_one_that_was_written_before(feed):
    written = {"campaign", "organic"}
    for message in feed:
        assert message["on"] is None or message["on"] in written, message["id"]
        assert message["do"] not in {"mention", "post", "follow"} or message["on"] is None
        if message["do"] in {"comment", "reply", "mention", "post"}:
            written.add(message["id"])
    assert len({message["id"] for message in feed}) == len(feed)


def test_who_edits_wrote_it(feed):
    writers = {message["id"]: message["as"] for message in feed}

    for message in feed:
        if message["do"] == "edit":
            assert writers[message["on"]] == message["as"]


def test_the_edit_changes_nothing_of_the_decision(feed, arrived, router):
    edit = next(message for message in feed if message["do"] == "edit")
    before = arrived[edit["on"]]

    after = router.decide(before.model_copy(update={"text": edit["text"]}))

    assert after == router.decide(before)


def test_the_sample_people_decide_on_every_rule_and_may(kopi, arrived, router, folder):
    decisions = yaml.safe_load((folder / "demo.yaml").read_text("utf-8"))["decisions"]
    for event in arrived.values():
        decision = router.decide(event)
        if not decision.outcome.play.opens_case:
            continue
        said = decisions[decision.rule]
        approval = kopi.approvals[decision.outcome.approval]
        may = {person for role in approval.by for person in kopi.roles[role].people}
        assert said["who"] in may, decision.rule
