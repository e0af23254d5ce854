"""What is approved of a brief, and what a network would refuse of it."""

from datetime import UTC, datetime

import pytest

from remit.draft import plan_text, variant_problems
from remit.model import Image, Limits

LIMITS = {"toko": Limits(graphemes=300), "bsky": Limits(graphemes=20, images=1)}


def a_picture(file="campaigns/images/a.png", alt="Segelas kopi."):
    return Image(file=file, alt=alt)


def test_the_plan_holds_every_word_slot_and_picture(a_brief):
    plan = plan_text(a_brief())

    assert plan == (
        "Launch\n"
        "\n"
        "[teaser on toko, 2m after the approval]\n"
        "  Sebentar lagi.\n"
        "picture campaigns/images/a.png: Segelas kopi.\n"
    )


def test_the_plan_shows_each_channels_own_words(a_brief):
    plan = plan_text(a_brief(channels=("toko", "bsky"), texts={"bsky": "Soon."}, images=()))

    assert "[teaser on toko, 2m after the approval]\n  Sebentar lagi.\n" in plan
    assert "[teaser on bsky, 2m after the approval]\n  Soon.\n" in plan


def test_a_slot_at_an_instant_is_written_as_one(a_brief):
    at = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)

    assert "[teaser on toko, 2027-03-02T09:00:00+00:00]" in plan_text(a_brief(at=at, after=None))


@pytest.mark.parametrize(
    "change",
    [
        {"text": "Sebentar lagi!"},
        {"images": (a_picture(alt="Secangkir kopi."),)},
        {"images": (a_picture(file="campaigns/images/b.png"),)},
        {"images": ()},
        {"at": datetime(2027, 3, 2, tzinfo=UTC), "after": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_changes_the_plan(change, a_brief):
    assert plan_text(a_brief(**change)) != plan_text(a_brief())


def test_words_of_a_post_cannot_pass_for_a_line_of_the_plan(a_brief):
    forged = "Sebentar lagi.\n[teaser on bsky, 2m after the approval]\npicture b.png: x"

    lines = plan_text(a_brief(text=forged, images=(a_picture(alt="a\npicture c.png: y"),)))

    assert [line for line in lines.splitlines() if line.startswith("[")] == [
        "[teaser on toko, 2m after the approval]"
    ]
    assert [line for line in lines.splitlines() if line.startswith("picture")] == [
        "picture campaigns/images/a.png: a picture c.png: y"
    ]


def test_a_brief_within_the_limits_has_no_problems(a_brief):
    assert variant_problems(a_brief(), LIMITS) == ()


def test_length_counts_what_people_see_as_one_letter(a_brief):
    family = "👨‍👩‍👧‍👦"

    assert variant_problems(a_brief(channels=("bsky",), text=family * 20), LIMITS) == ()
    assert variant_problems(a_brief(channels=("bsky",), text=family * 21), LIMITS) == (
        (
            "teaser on bsky has 21 characters and the network takes 20; "
            "shorten it by 1, or give bsky its own text"
        ),
    )


def test_each_channel_is_checked_with_its_own_words(a_brief):
    long = "x" * 30
    channels = ("toko", "bsky")

    alone = variant_problems(a_brief(channels=channels, text=long), LIMITS)
    own = variant_problems(a_brief(channels=channels, text=long, texts={"bsky": "x"}), LIMITS)

    assert [problem.split(" has")[0] for problem in alone] == ["teaser on bsky"]
    assert own == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": " \n", "images": ()}, "is empty; write its text"),
        ({"images": (a_picture(),) * 5}, "has 5 pictures and the network takes 4"),
        ({"images": (a_picture(alt=" "),)}, "has no alt text; say what it shows"),
        (
            {"images": (a_picture(alt="x" * 2001),)},
            "has 2001 characters and the network takes 2000",
        ),
        ({"images": (a_picture(file="campaigns/images/a.gif"),)}, "save it as one of image/png"),
        ({"images": (a_picture(file="campaigns/images/a"),)}, "save it as one of image/png"),
    ],
)
def test_what_a_network_would_refuse_is_said_with_the_remedy(change, said, a_brief):
    (problem,) = variant_problems(a_brief(**change), LIMITS)

    assert said in problem


def test_a_picture_alone_is_a_post(a_brief):
    assert variant_problems(a_brief(text=""), LIMITS) == ()


def test_all_problems_are_said_at_once(a_brief):
    brief = a_brief(
        channels=("bsky",), text="x" * 21, images=(a_picture(alt=""), a_picture(file="b.gif"))
    )

    assert len(variant_problems(brief, LIMITS)) == 4
