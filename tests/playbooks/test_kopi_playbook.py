"""The sample brand keeps what it says: no finding, every scenario, every template, every picture."""

import struct
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import regex

from flows.calendars import PublicHolidays
from integrations.registry import limits_of
from remit.check.scenarios import run
from remit.cli.pace import quickened
from remit.draft import compose, variant_problems
from remit.model import (
    KINDS,
    Author,
    Case,
    Event,
    Play,
    Severity,
    State,
)
from remit.playbook import find_problems, load_playbook

NOW = datetime(2027, 3, 2, 3, 0, tzinfo=UTC)
LONGEST_HANDLE = "a" * 50


def test_there_is_no_finding(folder):
    playbook, findings = find_problems(folder)

    assert findings == ()
    assert playbook is not None


@pytest.fixture(scope="module")
def scenarios(kopi, router):
    return run(kopi, PublicHolidays(), router)


def test_every_scenario_is_decided_as_expected(scenarios):
    assert len(scenarios.results) > 30
    assert [(result.scenario.name, result.mismatches) for result in scenarios.failed] == []


def test_the_scenarios_reach_every_rule(scenarios):
    assert scenarios.unreached == ()


def test_every_kind_of_event_has_an_owner(router):
    for kind in KINDS:
        event = Event(id="1", kind=kind, platform="sandbox", time=NOW)
        assert router.decide(event).outcome.owner in {"cm", "smm"}
    for kind in KINDS:
        if kind.startswith("audience."):
            event = Event(id="1", kind=kind, platform="sandbox", time=NOW)
            assert router.decide(event).outcome.play is Play.log


def a_case(template, topics=()):
    return Case(
        id=1,
        brand="kopi",
        state=State.open,
        rule="any",
        owner="cm",
        severity=Severity.normal,
        play=Play.reply,
        platform="sandbox",
        subject="1",
        subject_event=1,
        topics=topics,
        template=template,
        playbook="0" * 64,
        opened_at=NOW,
    )


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_template_fits_into_a_post_in_each_language(language, kopi):
    limit = limits_of("sandbox").graphemes
    event = Event(
        id="1",
        kind="conversation.comment",
        platform="sandbox",
        time=NOW,
        language=language,
        author=Author(handle=LONGEST_HANDLE),
    )
    for template in kopi.templates.values():
        for topics in ((), *((topic,) for topic in kopi.topics), tuple(kopi.topics)):
            composed = compose(event, a_case(template.id, topics), kopi, NOW)
            assert composed.language == language
            assert f"@{LONGEST_HANDLE}" in composed.text
            assert "  " not in composed.text
            assert "{" not in composed.text
            assert len(regex.findall(r"\X", composed.text)) <= limit, (template.id, topics)


def test_a_template_says_different_things_in_each_language(kopi):
    for template in kopi.templates.values():
        said = {
            compose(
                Event(
                    id="1", kind="conversation.comment", platform="sandbox", time=NOW, language=each
                ),
                a_case(template.id),
                kopi,
                NOW,
            ).text
            for each in kopi.languages
        }
        assert len(said) == len(kopi.languages), template.id


def test_every_message_of_the_feed_has_a_draft_or_waits_for_words(kopi, arrived, case_of):
    for event in arrived.values():
        case = case_of(event)
        composed = compose(event, case, kopi, NOW)
        assert composed.language == (event.language or "id")
        if case.play is Play.reply:
            assert event.author.handle in composed.text
            assert composed.template
        else:
            assert composed.text == ""


def test_a_question_is_answered_with_what_was_approved(kopi, arrived, case_of):
    composed = compose(arrived["oat-milk"], case_of(arrived["oat-milk"]), kopi, NOW)

    assert composed.citations == ("menu-en",)
    assert "oat milk" in composed.text


def test_every_topic_with_answers_has_them_in_each_language(kopi):
    answered = {(topic, each.languages[0]) for each in kopi.knowledge for topic in each.topics}

    topics = ("refund", "hours", "menu", "place")
    assert answered == {(topic, language) for topic in topics for language in kopi.languages}


def test_every_answer_names_its_sources_and_its_end(kopi):
    for each in kopi.knowledge:
        assert each.sources, each.id
        assert each.valid_until is not None, each.id


def test_the_campaign_can_go_out_as_it_is(kopi):
    brief = kopi.campaigns["launch"]
    limits = {name: limits_of(channel.platform) for name, channel in kopi.channels.items()}

    assert variant_problems(brief, limits) == ()
    assert brief.writer not in kopi.roles["lead"].people  # another person can approve it


def test_the_pictures_are_small_square_pngs(kopi, folder):
    for post in kopi.campaigns["launch"].posts:
        for image in post.images:
            data = (folder / image.file).read_bytes()
            width, height = struct.unpack(">II", data[16:24])
            assert data.startswith(b"\x89PNG\r\n\x1a\n")
            assert len(data) < 60_000
            assert width == height >= 600


def test_the_demo_finds_each_passage_that_it_quickens_once(folder, tmp_path):
    copy, settings = quickened(folder, tmp_path / "kopi")

    for change in settings["pace"]:
        original = (folder / change["file"]).read_text("utf-8")
        assert original.count(change["from"]) == 1
    assert find_problems(copy)[1] == ()
    assert settings["approver"] in load_playbook(copy).roles["lead"].people


def test_in_the_demo_a_post_falls_into_the_hold_and_another_after_it(folder, tmp_path):
    copy, _ = quickened(folder, tmp_path / "kopi")
    kopi = load_playbook(copy)
    first, second, third = (
        post.after.calendar for post in kopi.campaigns["launch"].posts if post.after
    )
    told = kopi.escalations["urgent"][1].after.calendar
    hold = next(rule.outcome.hold for rule in kopi.rules if rule.id == "crisis")
    assert hold is not None
    assert hold.at_most is not None

    # The crisis is written once the first post is out, and nobody takes it before the second step.
    assert first < second < first + told
    assert third > second + hold.at_most.calendar


def test_somebody_can_be_reached_at_any_hour_for_what_is_critical(kopi):
    for rule in kopi.rules:
        if rule.outcome.severity.rank >= Severity.high.rank:
            told = {step.notify for step in kopi.escalations[rule.outcome.escalation]}
            assert any(kopi.roles[role].on_call for role in told & set(kopi.roles))


def test_contacts_are_on_a_network_that_the_brand_listens_to(kopi):
    platforms = {channel.platform for channel in kopi.channels.values()}

    assert {contact.platform for contact in kopi.contacts} <= platforms
    assert {contact.relation for contact in kopi.contacts} >= {"press", "partner"}


def test_times_of_scenarios_are_written_in_the_brands_zone(kopi):
    zone = ZoneInfo(kopi.timezone)

    for scenario in kopi.scenarios:
        assert scenario.at.utcoffset() == scenario.at.astimezone(zone).utcoffset()
