"""What each part of the language becomes as a value."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from remit.model import (
    AnyOf,
    Bundle,
    Duration,
    Exists,
    FieldTest,
    HoldsTopics,
    NoneOf,
    Notify,
    Play,
    Playbook,
    Range,
    Severity,
    Span,
    Step,
    Tier,
    Where,
)
from remit.playbook import find_problems, load_playbook

JAKARTA = timezone(timedelta(hours=7))


@pytest.fixture(scope="module")
def playbook(good: Bundle) -> Playbook:
    return load_playbook(good)


def test_the_good_playbook_has_no_findings(good: Bundle) -> None:
    playbook, findings = find_problems(good)

    assert findings == ()
    assert playbook is not None
    assert playbook.hash == good.hash


def test_a_playbook_has_its_head(playbook: Playbook) -> None:
    assert playbook.language_version == 1
    assert playbook.brand == "kopi"
    assert playbook.timezone == "Asia/Jakarta"
    assert playbook.languages == ("id", "en", "no")


def test_words_that_other_readers_take_for_something_else_stay_words(playbook: Playbook) -> None:
    assert playbook.people["ratna"].name == "12:30"
    assert playbook.roles["smm"].holidays is not None
    assert playbook.roles["smm"].holidays.country == "NO"
    assert playbook.rules[-1].id == "off"


def test_hours_become_spans_by_weekday(playbook: Playbook) -> None:
    hours = playbook.roles["cm"].hours
    assert hours is not None
    shifts = (Span(since=480, until=780), Span(since=840, until=1320))
    assert hours.week[0] == hours.week[3] == shifts
    assert hours.week[4] == (Span(since=1320, until=1440 + 360),)
    assert hours.week[5] == hours.week[6] == (Span(since=1080, until=1440),)
    daily = playbook.roles["lead"].hours
    assert daily is not None
    assert daily.week == ((Span(since=0, until=1440),),) * 7


def test_goals_compare_with_exact_numbers_or_lengths(playbook: Playbook) -> None:
    rate, cost = playbook.roles["smm"].goals
    assert str(rate.at_least) == "0.0300"
    assert cost.at_most == Decimal(1500)
    assert playbook.roles["cm"].goals[0].at_most == Duration(seconds=5400)


def test_a_channel_says_where_its_secret_is(playbook: Playbook) -> None:
    assert playbook.channels["bsky"].credentials == "env:KOPI_BLUESKY"
    assert playbook.channels["bsky"].since == datetime(2027, 1, 1, tzinfo=JAKARTA)
    assert playbook.channels["forum"].credentials == "file:/run/secrets/forum"
    assert playbook.channels["forum"].mode == "watch"


def test_topics_are_words_or_words_without_others(playbook: Playbook) -> None:
    assert playbook.topics["refund"].words == ("refund", "duit* balik*", "☕ dingin")
    assert playbook.topics["safety"].without == ("racun lagu",)


def test_fields_have_values_or_are_numbers(playbook: Playbook) -> None:
    assert playbook.fields["tier"].values == ("gold", "silver", "none")
    assert playbook.fields["order_value"].number
    assert playbook.fields["order_value"].at_most == Decimal("99999.99")


def test_a_rule_says_everything(playbook: Playbook) -> None:
    rule = playbook.rules[0]
    said = rule.outcome
    assert rule.when.all == (
        FieldTest(field="kind", test=AnyOf(values=("conversation",))),
        FieldTest(field="topic", test=HoldsTopics(any=("safety",))),
    )
    assert (said.owner, said.consulted, said.informed) == ("cm", ("smm",), ("lead",))
    assert (said.severity, said.play) == (Severity.critical, Play.reply)
    assert (said.template, said.approval, said.escalation) == ("sorry", "statements", "urgent")
    assert said.due is not None
    assert said.due.resolution == Duration(days=2)
    assert said.due.clock == "calendar"
    assert said.hold is not None
    assert (said.hold.posts_of, said.hold.starts) == ("smm", "acknowledged")
    assert said.hold.topics == ("safety",)
    assert said.because == "people may be ill"
    assert rule.over == ("any",)
    assert rule.where == Where(file="playbook.yaml", line=58)


def test_every_form_of_a_test_is_read(playbook: Playbook) -> None:
    rule = playbook.rules[1]
    tests = [(test.field, test.test) for test in rule.when.all]
    assert tests == [
        ("platform", AnyOf(values=("bluesky", "mastodon"))),
        ("language", NoneOf(values=("en",))),
        ("channel", NoneOf(values=("forum",))),
        ("channel", Exists(exists=True)),
        ("under", AnyOf(values=("campaign", "none"))),
        ("author.relation", AnyOf(values=("press",))),
        ("author.verified", AnyOf(values=(False,))),
        ("author.followers", Range(at_least=Decimal(10), less_than=Decimal(10000))),
        ("author.followers", Exists(exists=True)),
        ("sentiment", Range(more_than=Decimal("-0.5"), at_most=Decimal("0.50"))),
        ("reach", AnyOf(values=(Decimal(1), Decimal(2)))),
        ("within_hours", AnyOf(values=("cm",))),
        ("outside_hours", AnyOf(values=("smm", "lead"))),
        ("topic", HoldsTopics(all=("refund",), none=("safety",))),
        ("fields.tier", NoneOf(values=("gold",))),
        ("fields.order_value", Range(at_least=Decimal("0.1"))),
    ]
    assert rule.when.any == (
        (
            FieldTest(field="kind", test=AnyOf(values=("conversation.comment",))),
            FieldTest(field="topic", test=HoldsTopics(any=("refund", "safety"))),
        ),
        (FieldTest(field="toxicity", test=Range(at_least=Decimal("0.9"))),),
    )
    assert rule.over == ("crisis",)


def test_defaults_give_a_play_its_approval(playbook: Playbook) -> None:
    approvals = {rule.id: rule.outcome.approval for rule in playbook.rules}
    assert approvals == {
        "crisis": "statements",
        "every-test": "replies",
        "brief": "campaigns",
        "off": None,
    }


def test_otherwise_is_a_rule_of_that_name(playbook: Playbook) -> None:
    assert playbook.otherwise is not None
    assert playbook.otherwise.id == "otherwise"
    assert playbook.otherwise.outcome.play is Play.triage


def test_escalations_and_approvals_name_who(playbook: Playbook) -> None:
    assert playbook.escalations["urgent"][1] == Step(after=Duration(seconds=900), notify="backup")
    campaigns = playbook.approvals["campaigns"]
    assert (campaigns.by, campaigns.count, campaigns.not_writer) == (("lead", "cm"), 2, True)
    assert playbook.approvals["statements"].expires == Duration(seconds=12 * 3600)
    assert playbook.approvals["statements"].identity == "verified"
    launches = playbook.approvals["launches"]
    assert (
        launches.asked
        == launches.tiers
        == (
            Tier(by=("cm", "smm"), count=2, not_writer=True),
            Tier(by=("lead",)),
        )
    )
    assert (launches.by, launches.count) == (("cm", "smm", "lead"), 3)
    assert launches.expires == Duration(days=2)
    assert campaigns.asked == (Tier(by=("lead", "cm"), count=2, not_writer=True),)


def test_the_rest_of_the_file_is_read(playbook: Playbook) -> None:
    assert playbook.autopilot == {"every-test": 5}
    assert playbook.grouping.by == "thread"
    assert playbook.schedules["listen"].every == Duration(seconds=30)
    assert playbook.schedules["report"].cron == "0 9 * * mon-fri"


def test_people_are_told_where_and_when_they_say(playbook: Playbook) -> None:
    assert playbook.notify == {
        "sari": Notify(to="env:SARI_NOTIFY"),
        "dewi": Notify(
            to="file:/run/secrets/dewi",
            quiet=Span(since=1320, until=1440 + 420),
            digest=(480, 780),
            only=("new", "breached"),
        ),
        "ratna": Notify(
            to="env:RATNA",
            digest_every=Duration(seconds=7200),
            repeat=Duration(seconds=1800),
        ),
    }


def test_dated_hours_stand_beside_the_ordinary_ones(playbook: Playbook) -> None:
    (ramadan,) = playbook.roles["lead"].dated
    assert (ramadan.since, ramadan.until) == (date(2027, 2, 8), date(2027, 3, 9))
    assert ramadan.hours.week == ((Span(since=540, until=900),),) * 5 + ((), ())
    assert playbook.roles["cm"].dated == ()


def test_a_shift_names_people_and_their_hours(playbook: Playbook) -> None:
    (shift,) = playbook.shifts["cm"]
    assert (shift.people, shift.since, shift.until) == (("sari",), date(2027, 1, 4), None)
    assert shift.hours.week[4] == (Span(since=1320, until=1440 + 360),)
    assert shift.hours.week[5] == ()


def test_contacts_keep_their_own_fields(playbook: Playbook) -> None:
    press, fan = playbook.contacts
    assert (press.handle, press.relation, press.fields) == ("@press.example", "press", {})
    assert fan.handle == "gold, fan.example"
    assert fan.fields == {"tier": "gold", "order_value": Decimal("12.50")}


def test_a_template_points_at_the_first_line_of_its_body(playbook: Playbook) -> None:
    template = playbook.templates["sorry"]
    assert template.body.startswith("{% if language")
    assert template.languages == ("id", "en")
    assert template.where == Where(file="templates/sorry.j2", line=6)


def test_an_approved_answer_has_its_end(playbook: Playbook) -> None:
    (answer,) = playbook.knowledge
    assert answer.body == "Dalam 14 hari."
    assert answer.valid_until == date(2027, 12, 31)
    assert answer.sources == ("https://example.com/terms",)


def test_a_scenario_keeps_event_and_expectation_as_written(playbook: Playbook) -> None:
    crisis, other = playbook.scenarios
    assert crisis.at == datetime(2027, 3, 1, 23, 10, tzinfo=JAKARTA)
    assert crisis.event["sentiment"] == Decimal("-0.9")
    assert crisis.event["fields"] == {
        "tier": "gold",
        "order_value": Decimal("12.50"),
    }
    assert crisis.expect["due"] == {"first_response": "2027-03-02T00:10+07:00"}
    assert crisis.where == Where(file="scenarios/crisis.yaml", line=2)
    assert other.expect == {"rule": {"not": "crisis"}, "play": "log"}


def test_a_brief_finds_its_images(playbook: Playbook) -> None:
    brief = playbook.campaigns["launch"]
    teaser, thanks = brief.posts
    assert (brief.owner, brief.writer) == ("smm", "dewi")
    assert str(brief.budget) == "1500000.00"
    assert [image.file for image in teaser.images] == ["images/cup.png", "campaigns/beans.png"]
    assert teaser.text == "Cangkir baru.\nSenin.\n"
    assert teaser.texts == {"forum": "Ada cangkir baru, Senin."}
    assert teaser.at == datetime(2027, 3, 1, 9, tzinfo=JAKARTA)
    assert thanks.after == Duration(days=2)
    assert brief.where == Where(file="campaigns/launch.yaml", line=1)
