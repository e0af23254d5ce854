"""charter: what a manager reads is true of the playbook, complete, and needs no YAML beside it.

The golden pages are written by
`remit charter tests/cli/charter/toko --lang LANG --from 2027-03-01 > tests/cli/charter/toko.LANG.md`.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest

from flows.calendars import PublicHolidays
from remit.check import Given, Study
from remit.cli.charter import TONGUES, as_html, as_markdown, gather, page_of
from remit.cli.charter.duties import SHOWN
from remit.cli.charter.speech import upper
from remit.cli.charter.telling import Telling
from remit.decide import Router
from remit.decide.domains import NUMBERS
from remit.decide.facts import HOURS, TOPIC
from remit.measure import METRICS
from remit.model import (
    KINDS,
    OTHERWISE,
    RELATIONS,
    UNDER,
    Approval,
    DatedHours,
    FieldTest,
    HoldsTopics,
    Hours,
    Outcome,
    Play,
    Playbook,
    Role,
    Rule,
    Severity,
    Span,
    Tier,
    When,
)
from remit.playbook import load_playbook

HERE = Path(__file__).parent / "charter"
KOPI = Path(__file__).parents[2] / "playbooks" / "kopi"
SINCE = date(2027, 3, 1)
FIELDS = {
    "kind",
    "platform",
    "channel",
    "under",
    "language",
    "metric",
    "author.relation",
    "author.verified",
    *NUMBERS,
}


def facts_of(playbook):
    return gather(Study(playbook, Given(SINCE, PublicHolidays())))


@pytest.fixture(scope="module", params=["kopi", "toko"])
def facts(request):
    return facts_of(load_playbook(KOPI if request.param == "kopi" else HERE / "toko"))


@pytest.fixture(scope="module")
def kopi():
    return facts_of(load_playbook(KOPI))


@pytest.fixture(params=TONGUES)
def tongue(request):
    return TONGUES[request.param]


@pytest.fixture
def telling(facts, tongue):
    return Telling(facts, tongue)


@pytest.fixture
def page(facts, tongue):
    return page_of(facts, tongue)


def shop(*rules: Rule, otherwise: Rule | None = None, **more: object) -> Playbook:
    """A playbook made here: two roles, if no others are given."""
    roles = {
        "front": Role(id="front", title="Front desk"),
        "planner": Role(id="planner", title="Planner"),
    }
    values = {"brand": "shop", "roles": roles, "rules": rules, "otherwise": otherwise, **more}
    return Playbook.model_validate(values)


def rule(name: str, owner: str, when: When = When(), play: Play = Play.triage) -> Rule:  # noqa: B008 - frozen
    return Rule(id=name, when=when, outcome=Outcome(owner=owner, play=play))


# The two languages -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", TONGUES)
def test_a_page_reads_as_it_was_approved(language, remit):
    done = remit("charter", HERE / "toko", "--lang", language, "--from", "2027-03-01")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (HERE / f"toko.{language}.md").read_text("utf-8")


def test_every_word_of_the_closed_vocabularies_is_there(tongue):
    vocabulary = tongue.vocabulary
    families = {kind.partition(".")[0] for kind in KINDS}

    assert set(vocabulary.kinds) == {*KINDS, *families}
    assert set(vocabulary.one) == set(KINDS)
    assert set(vocabulary.relations) == set(vocabulary.relation) == set(RELATIONS)
    assert set(vocabulary.under) == set(UNDER)
    assert set(vocabulary.severities) == {each.value for each in Severity}
    assert set(vocabulary.plays) == set(vocabulary.tasks) == {each.value for each in Play}
    assert set(vocabulary.bounds) == {"at_least", "more_than", "at_most", "less_than"}
    assert set(vocabulary.numbers) == set(NUMBERS)
    assert set(vocabulary.nouns) == FIELDS
    assert set(vocabulary.units) == set(vocabulary.working) == {"day", "hour", "minute", "second"}
    assert (len(set(vocabulary.weekdays)), len(set(vocabulary.months))) == (7, 12)
    assert set(METRICS) <= set(vocabulary.metrics)


def test_both_languages_say_the_same_things():
    english, indonesian = TONGUES["en"], TONGUES["id"]
    for part in ("conditions", "sentences", "labels"):
        ours, theirs = getattr(english, part), getattr(indonesian, part)
        for field in dataclasses.fields(ours):
            said, dit = getattr(ours, field.name), getattr(theirs, field.name)
            assert holes(said) == holes(dit), field.name
    for field in dataclasses.fields(english.vocabulary):
        said, dit = (
            getattr(english.vocabulary, field.name),
            getattr(indonesian.vocabulary, field.name),
        )
        if isinstance(said, tuple):
            assert len(said) == len(dit)
            continue
        assert set(said) == set(dit), field.name
        assert [holes(said[key]) for key in said] == [holes(dit[key]) for key in said], field.name


def holes(form: str | tuple[str, ...]) -> set[str]:
    """What a form is filled with."""
    forms = (form,) if isinstance(form, str) else form
    return {name for each in forms for _, name, _, _ in Formatter().parse(each) if name}


def test_hours_and_topics_are_the_only_fields_that_have_no_noun():
    assert not FIELDS & {TOPIC, *HOURS}


# What is told ------------------------------------------------------------------------------------


def test_every_rule_is_told_under_its_owner_exactly_once(telling, page):
    titles = {telling.speech.title(name): name for name in telling.playbook.roles}
    for view in page.roles:
        told = sorted(item.what for group in view.groups for item in group.items)
        owned = telling.owned(titles[view.title])
        assert told == sorted(f"{upper(telling.conditions.full(each))}." for each in owned)
    assert sum(len(group.items) for view in page.roles for group in view.groups) == len(
        telling.rules
    )


def test_every_rule_has_an_example_that_the_router_sends_to_it(facts, telling, page):
    router = Router(facts.playbook, PublicHolidays())

    assert set(facts.examples) >= {each.id for each in facts.playbook.rules}
    for name, event in facts.examples.items():
        assert router.decide(event).rule == name
    assert all(item.example for view in page.roles for group in view.groups for item in group.items)


def test_what_a_role_does_not_own_is_named_with_its_owner(telling, page):
    for view in page.roles:
        others = {
            telling.speech.role(name): telling.told(telling.owned(name), 99)
            for name in telling.playbook.roles
            if telling.owned(name) and telling.speech.title(name) != view.title
        }
        assert len(view.not_owned) == len(others)
        for line, (owner, things) in zip(view.not_owned, others.items(), strict=True):
            assert line.line == upper(telling.labels.owner_owns.format(owner=owner))
            assert line.items == things


def test_each_meeting_place_names_who_goes_first(facts, telling, page):
    pairs = {
        (
            telling.speech.role(each.first.outcome.owner),
            telling.speech.role(each.second.outcome.owner),
        )
        for each in facts.meetings
    }
    assert pairs
    told = {
        (meeting.first.line, meeting.even.line) for view in page.roles for meeting in view.meetings
    }
    assert told == {
        (
            upper(telling.say.goes_first.format(first=first)),
            telling.say.even.format(second=second),
        )
        for first, second in pairs
    }
    router = Router(facts.playbook, PublicHolidays())
    for each in facts.meetings:
        assert router.decide(each.event).rule == each.first.id
        rest = tuple(one for one in facts.playbook.rules if one.id != each.first.id)
        without = facts.playbook.model_copy(update={"rules": rest})
        assert Router(without, PublicHolidays()).decide(each.event).outcome.owner == (
            each.second.outcome.owner
        )


def test_what_the_sample_declares_with_over_is_told_as_a_meeting_place(kopi):
    owner = {each.id: each.outcome.owner for each in kopi.playbook.rules}
    declared = {
        (each.id, other)
        for each in kopi.playbook.rules
        for other in each.over
        if other in owner and owner[other] != owner[each.id]
    }
    met = {(each.first.id, each.second.id) for each in kopi.meetings}

    assert declared
    assert declared <= met


def test_a_meeting_is_shown_by_a_scenario_where_there_is_one(kopi):
    texts = {scenario.event.get("text") for scenario in kopi.playbook.scenarios}

    assert any(each.real for each in kopi.meetings)
    assert all(each.event.text in texts for each in kopi.meetings if each.real)


@pytest.mark.parametrize("language", TONGUES)
def test_no_word_of_the_samples_charter_needs_the_yaml(kopi, language):
    text = as_markdown(page_of(kopi, TONGUES[language]))
    ids = {"cm", "smm", *(each.id for each in kopi.playbook.rules if "-" in each.id)}
    keys = {"at_least", "first_response", "author.", "conversation.", "audience.", "play:", "over:"}

    assert len(ids) > 3
    for name in ids:
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is None, name
    assert [key for key in keys if key in text] == []
    assert "_" not in text


def test_who_is_asked_after_whom_is_said_in_that_order(kopi):
    tiers = (Tier(by=("cm",)), Tier(by=("lead", "smm"), count=2, not_writer=True))
    asked = Approval(id="statements", by=("cm", "lead", "smm"), count=3, tiers=tiers)
    approvals = {**kopi.playbook.approvals, "statements": asked}
    facts = facts_of(kopi.playbook.model_copy(update={"approvals": approvals}))
    owner = kopi.playbook.roles["cm"].title
    said = {
        language: next(view for view in page_of(facts, tongue).roles if view.title == owner)
        for language, tongue in TONGUES.items()
    }
    assert (
        "the Community Manager has said yes. After that, 2 people out of the Head of Brand and the "
        "Social Media Manager have to say yes too. Nobody approves what they wrote themselves."
    ) in said["en"].approvals[0]
    assert (
        "disetujui dulu oleh Community Manager. Setelah itu harus disetujui juga oleh 2 orang dari "
        "Head of Brand dan Social Media Manager."
    ) in said["id"].approvals[0]


def test_the_sample_says_who_must_say_yes_when_somebody_fell_ill(kopi):
    said = {
        language: next(
            view
            for view in page_of(kopi, tongue).roles
            if view.title == kopi.playbook.roles["cm"].title
        )
        for language, tongue in TONGUES.items()
    }
    assert (
        "the Head of Brand has said yes. The yes lapses after 12 hours." in said["en"].approvals[0]
    )
    assert (
        "disetujui dulu oleh Head of Brand. Persetujuan berlaku 12 jam." in said["id"].approvals[0]
    )
    assert said["en"].goals == ("First response time: within 1 hour.",)
    assert said["id"].goals == ("Waktu tanggapan pertama: paling lama 1 jam.",)
    assert said["id"].hours[0] == (
        "Senin sampai Jumat pukul 08.00–13.00 dan 14.00–22.00; "
        "Sabtu dan Minggu pukul 08.00–22.00 (WIB)."
    )
    assert said["en"].hours[0] == (
        "Monday to Friday 08:00–13:00 and 14:00–22:00; "
        "Saturday and Sunday 08:00–22:00 (Western Indonesian Time, WIB)."
    )


def test_rules_that_differ_in_their_topics_are_said_in_one(telling):
    for name in telling.playbook.roles:
        said = telling.conditions.merged(telling.owned(name))
        assert len(said) == len(set(said))


# Playbooks of other shapes -----------------------------------------------------------------------


def test_one_role_owns_all_and_meets_nobody(tongue):
    alone = {"front": Role(id="front", title="Front desk")}
    playbook = shop(rule("all", "front"), roles=alone)
    (view,) = page_of(facts_of(playbook), tongue).roles

    assert view.owns_all == tongue.sentences.owns_all
    assert (view.not_owned, view.meetings) == ((), ())
    assert view.meets == (tongue.sentences.nobody_meets,)
    assert [item.what for group in view.groups for item in group.items] == [
        f"{upper(tongue.conditions.everything)}."
    ]


def test_a_playbook_without_otherwise_says_what_has_no_owner(tongue):
    comments = When(all=(FieldTest.model_validate(COMMENTS),))
    page = page_of(facts_of(shop(rule("some", "front", comments))), tongue)

    assert page.foreseen == tongue.sentences.incomplete
    assert page.lead == tongue.labels.lead_open


def test_a_playbook_whose_rules_take_everything_has_no_gap_to_tell_of(tongue):
    page = page_of(facts_of(shop(rule("all", "front"))), tongue)

    assert page.foreseen == ""
    assert page.lead == tongue.labels.lead


COMMENTS = {
    "field": "kind",
    "test": {"op": "any_of", "values": ["conversation.comment"]},
}


def test_a_playbook_without_rules_can_be_told(tongue):
    playbook = shop(otherwise=rule(OTHERWISE, "planner"))
    page = page_of(facts_of(playbook), tongue)

    assert [view.count for view in page.roles] == [
        tongue.labels.owns_none,
        tongue.labels.owns_count[0].format(n=1),
    ]
    assert as_html(page).count("<section") == len(page.roles) + 1


def test_a_thousand_rules_stay_readable_and_none_is_left_out(tongue):
    topics = {f"t{n}": {"id": f"t{n}", "words": (f"word{n}",)} for n in range(1000)}
    rules = [
        rule(
            f"r{n}",
            ("front", "planner")[n % 2],
            When(all=(FieldTest(field=TOPIC, test=HoldsTopics(any=(f"t{n}",))),)),
        )
        for n in range(1000)
    ]
    playbook = shop(*rules, topics=topics, otherwise=rule(OTHERWISE, "front"))
    page = page_of(facts_of(playbook), tongue)

    for view in page.roles:
        assert sum(len(group.items) for group in view.groups) == SHOWN
        assert [group.rest for group in view.groups if group.rest]
        assert all(len(other.items) <= 13 for other in view.not_owned)
    assert len(page.everything) == 1001
    assert {f"“t{n}”" for n in range(1000)} == {
        found for row in page.everything for found in re.findall(r"“t\d+”", row.what)
    }
    assert len(page.picture.boxes) <= 30
    assert page.picture.rest


def test_roles_of_one_title_are_told_apart(tongue):
    roles = {name: Role(id=name, title="Manager") for name in ("east", "west")}
    page = page_of(facts_of(shop(rule("all", "east"), roles=roles)), tongue)

    assert [view.title for view in page.roles] == ["Manager (east)", "Manager (west)"]


# The page ----------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script> **x** [y](javascript:z) |\n# h\x1b[31m\u202e @all www.a.id http://a.id"


@pytest.fixture
def hostile():
    topics = {HOSTILE: {"id": HOSTILE, "words": (HOSTILE,)}}
    when = When(all=(FieldTest(field=TOPIC, test=HoldsTopics(any=(HOSTILE,))),))
    roles = {"front": Role(id="front", title=HOSTILE, mission=HOSTILE, scope=HOSTILE)}
    return shop(rule("one", "front", when), roles=roles, topics=topics, brand=HOSTILE)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags = set()
        self.ids = []
        self.links = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in {"href", "src", "xlink:href"}:
                self.links.append(value)
            assert not name.startswith("on"), name


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    return tags


def test_words_of_the_playbook_are_never_markup_of_the_html_page(hostile, tongue):
    html = as_html(page_of(facts_of(hostile), tongue))

    assert parsed(html).tags.isdisjoint({"script", "iframe", "img", "object", "link"})
    assert "&lt;script&gt;" in html
    assert "\x1b" not in html
    assert "\u202e" not in html


def test_words_of_the_playbook_are_never_markup_of_the_markdown_page(hostile, tongue):
    text = as_markdown(page_of(facts_of(hostile), tongue))

    for bare in (
        r"(?<!\\)<script",
        r"(?<!\\)\[y",
        r"(?<!\\)\*\*x",
        r"\w://",
        r"(?<!\\)@all",
        r"www\.a",
    ):
        assert re.search(bare, text) is None, bare
    assert not any(line.startswith("# h") for line in text.splitlines())
    assert "\x1b" not in text
    assert "\u202e" not in text
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [5]


def test_the_html_page_needs_nothing_beside_it(page, tongue):
    html = as_html(page)
    tags = parsed(html)

    assert f'<html lang="{tongue.code}">' in html
    assert len(tags.ids) == len(set(tags.ids))
    assert tags.links == [f"#{view.anchor}" for view in page.roles]
    assert {view.anchor for view in page.roles} <= set(tags.ids)
    assert tags.tags.isdisjoint({"script", "link", "img"})
    assert "url(" not in html.replace("url(#tip)", "")
    assert "@page { size: A4;" in html


def test_the_picture_shows_every_rule_in_the_column_of_its_owner(telling, page):
    columns = dict(zip(telling.playbook.roles, page.picture.lanes, strict=True))
    boxes = page.picture.boxes

    assert len(boxes) == len(telling.rules)
    assert [box.y for box in boxes] == sorted(box.y for box in boxes)
    for box, told in zip(boxes, telling.rules, strict=True):
        lane = columns[told.outcome.owner]
        assert lane.x <= box.x
        assert box.x + box.width <= lane.x + lane.width
    heard = sum(len(set(each.outcome.consulted + each.outcome.informed)) for each in telling.rules)
    assert len(page.picture.marks) == heard


def test_the_same_playbook_gives_the_same_page(tongue):
    pages = {as_html(page_of(facts_of(load_playbook(KOPI)), tongue)) for _ in range(2)}

    assert len(pages) == 1


# The command -------------------------------------------------------------------------------------


def test_days_off_are_named_from_a_day_on(remit):
    dated = remit("charter", KOPI, "--from", "2027-03-01").stdout
    undated = remit("charter", KOPI).stdout

    assert "Next days off for that reason: 8 March 2027" in dated
    assert "Next days off" not in undated


def test_a_language_or_a_format_that_there_is_not_is_refused(refused):
    assert "choose id or en" in refused("charter", KOPI, "--lang", "fr")
    assert "choose md or html" in refused("charter", KOPI, "--format", "pdf")


def test_a_playbook_that_cannot_be_read_is_refused_with_its_line(refused, tmp_path):
    (tmp_path / "playbook.yaml").write_text("remit: 1\nbrand: x\n", "utf-8")

    assert "PB001" in refused("charter", tmp_path)


def test_dated_hours_are_said_after_the_ordinary_ones(kopi):
    week = ((Span(since=540, until=900),),) * 5 + ((), ())
    ramadan = DatedHours(since=date(2027, 2, 8), until=date(2027, 3, 9), hours=Hours(week=week))
    role = kopi.playbook.roles["cm"].model_copy(update={"dated": (ramadan,)})
    roles = {**kopi.playbook.roles, "cm": role}
    facts = facts_of(kopi.playbook.model_copy(update={"roles": roles}))
    said = {
        language: next(view for view in page_of(facts, tongue).roles if view.title == role.title)
        for language, tongue in TONGUES.items()
    }
    assert (
        said["en"]
        .hours[0]
        .endswith(" From 8 February 2027 to 9 March 2027: Monday to Friday 09:00–15:00.")
    )
    assert (
        said["id"]
        .hours[0]
        .endswith(
            " Dari 8 Februari 2027 sampai 9 Maret 2027: Senin sampai Jumat pukul 09.00–15.00."
        )
    )
