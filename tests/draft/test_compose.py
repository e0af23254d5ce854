"""The draft of a reply: which words, in which language, and what may not get into it."""

from datetime import UTC, date, datetime

import pytest

from remit.draft import compose
from remit.model import Knowledge, Limits, Play, Refused

GREETING = "Halo @{{ author.handle }}!"
STRANGE = [
    "{{7*7}}",
    "{%for-i-in-range(9)%}x{%endfor%}",
    "{#gone#}",
    "<b>&amp;</b>",
    "\\n%s{0}${x}",
    "😀",
    "کاربر",
]


@pytest.mark.parametrize("handle", STRANGE)
def test_a_strangers_name_is_written_as_it_is(handle, drafted):
    assert drafted(GREETING, event={"handle": handle}).text == f"Halo @{handle}!"


@pytest.mark.parametrize(
    ("handle", "written"),
    [
        ("a\n\n@victim", "a@victim"),
        ("a @victim", "a@victim"),
        ("a\u202eb\u200b\x00", "ab"),
        ("@tika", "tika"),
        ("x" * 500, "x" * 100),
        ("\ud83d", ""),
        (None, ""),
    ],
)
def test_a_name_is_one_word_that_can_be_seen(handle, written, drafted):
    assert drafted("{{ author.handle }}.", event={"handle": handle}).text == f"{written}."


def test_an_event_without_an_author_is_answered(drafted):
    composed = drafted("Halo {{ author.handle or 'kak' }}!", event={"author": None})

    assert composed.text == "Halo kak!"


def test_what_the_stranger_wrote_does_not_reach_a_template(drafted):
    with pytest.raises(Refused, match="'text' is undefined"):
        drafted("{{ text }}", event={"text": "hello"})


# Languages ---------------------------------------------------------------------------------------

SPEAKING = "{{ language }}"


@pytest.mark.parametrize(
    ("message", "case", "answer"),
    [
        ("id", None, "id"),
        ("en", None, "en"),
        ("en-GB", None, "en"),
        ("EN", None, "en"),
        ("fr", None, "id"),
        (None, None, "id"),
        (None, "en", "en"),
        ("fr", "en", "en"),
        ("id", "en", "id"),
    ],
)
def test_the_answer_is_in_the_messages_language_or_the_brands_first(message, case, answer, drafted):
    composed = drafted(SPEAKING, event={"language": message}, case={"language": case})

    assert (composed.language, composed.text) == (answer, answer)


def test_a_region_of_the_brands_is_found(an_event, a_case, a_template, a_playbook, now):
    playbook = a_playbook(a_template(SPEAKING), languages=("pt-PT", "pt-BR"))

    def answered(language):
        return compose(an_event(language=language), a_case(template="one"), playbook, now).language

    assert answered("pt-br") == "pt-BR"
    assert answered("pt") == "pt-PT"


def test_a_template_that_lacks_the_language_answers_in_one_that_it_has(
    an_event, a_case, a_template, a_playbook, now
):
    playbook = a_playbook(a_template(SPEAKING, languages=("fr", "id")))

    composed = compose(an_event(language="en"), a_case(template="one"), playbook, now)

    assert composed.language == "id"


def test_a_brand_that_names_no_language_answers_in_english(
    an_event, a_case, a_template, a_playbook, now
):
    playbook = a_playbook(a_template(SPEAKING), languages=())

    assert compose(an_event(), a_case(template="one"), playbook, now).language == "en"


# Which template ----------------------------------------------------------------------------------


def test_the_rules_template_comes_before_the_topics(an_event, a_case, a_template, a_playbook, now):
    playbook = a_playbook(a_template("by topic", "late", topics=("late",)), a_template("by rule"))

    composed = compose(an_event(), a_case(template="one", topics=("late",)), playbook, now)

    assert (composed.text, composed.template) == ("by rule", "one")


def test_without_one_the_first_topic_that_has_a_template_chooses(
    an_event, a_case, a_template, a_playbook, now
):
    playbook = a_playbook(
        a_template("sorry", "sorry", topics=("complaint",)),
        a_template("wait", "late", topics=("late",)),
        a_template("hm", "general"),
    )

    def text_for(*topics):
        return compose(an_event(), a_case(topics=topics), playbook, now).text

    assert text_for("late", "complaint") == "wait"
    assert text_for("unheard", "complaint") == "sorry"
    assert text_for("unheard") == "hm"
    assert text_for() == "hm"


def test_a_topics_template_must_speak_the_language(an_event, a_case, a_template, a_playbook, now):
    playbook = a_playbook(
        a_template("tunggu", "late-id", topics=("late",), languages=("id",)),
        a_template("wait", "late-en", topics=("late",), languages=("en",)),
    )

    composed = compose(an_event(language="en"), a_case(topics=("late",)), playbook, now)

    assert (composed.text, composed.template) == ("wait", "late-en")


def test_where_no_template_fits_a_person_writes(an_event, a_case, a_template, a_playbook, now):
    playbook = a_playbook(a_template("wait", "late", topics=("late",)))

    composed = compose(an_event(), a_case(), playbook, now)

    assert (composed.text, composed.template, composed.citations) == ("", None, ())


@pytest.mark.parametrize("play", [Play.triage, Play.log])
def test_what_nobody_foresaw_gets_no_words_of_a_machine(play, drafted):
    composed = drafted("hello", event={"language": "en"}, case={"play": play})

    assert (composed.text, composed.language) == ("", "en")


# Approved answers --------------------------------------------------------------------------------

ANSWERING = "{{ knowledge | join(' ') or '-' }}"


def answer(name, **changes):
    return Knowledge(**({"id": name, "body": f"Answer {name}.", "topics": ("hours",)} | changes))


def test_an_answer_that_stands_in_the_text_is_cited(drafted):
    knowledge = (answer("one"), answer("two"))

    composed = drafted("{{ knowledge | first }}", case={"topics": ("hours",)}, knowledge=knowledge)

    assert (composed.text, composed.citations) == ("Answer one.", ("one",))


def test_an_answer_holds_through_its_last_day_where_the_brand_is(
    an_event, a_case, a_template, a_playbook
):
    playbook = a_playbook(
        a_template(ANSWERING), knowledge=(answer("old", valid_until=date(2027, 3, 2)),)
    )

    def said(hour, minute, day=2):
        at = datetime(2027, 3, day, hour, minute, tzinfo=UTC)
        return compose(an_event(), a_case(template="one", topics=("hours",)), playbook, at)

    assert said(16, 59).citations == ("old",)  # one minute to midnight in Jakarta
    assert said(17, 0).citations == ()
    assert said(17, 0).text == "-"


def test_answers_are_of_the_topic_and_the_language(drafted):
    knowledge = (
        answer("en", languages=("en",)),
        answer("id", languages=("id",)),
        answer("any"),
        answer("refunds", topics=("refund",)),
    )

    composed = drafted(ANSWERING, case={"topics": ("hours",)}, knowledge=knowledge)

    assert composed.citations == ("id", "any")


def test_answers_follow_the_cases_topics_and_come_once(drafted):
    knowledge = (answer("one"), answer("two", topics=("menu", "hours")))

    composed = drafted(ANSWERING, case={"topics": ("menu", "hours")}, knowledge=knowledge)

    assert composed.citations == ("two", "one")


def test_a_case_without_topics_has_no_answers(drafted):
    assert drafted(ANSWERING, knowledge=(answer("one"),)).text == "-"


def test_answers_are_left_out_until_the_text_fits(an_event, a_case, a_template, a_playbook, now):
    playbook = a_playbook(a_template("Hi. " + ANSWERING), knowledge=(answer("one"), answer("two")))
    case = a_case(template="one", topics=("hours",))

    def within(graphemes):
        return compose(an_event(), case, playbook, now, Limits(graphemes=graphemes))

    assert within(300).citations == ("one", "two")
    assert within(20).text == "Hi. Answer one."
    assert within(10).text == "Hi. -"
    assert within(1).text == "Hi. -"  # a person shortens it


# What a template may not do ----------------------------------------------------------------------

BROKEN = [
    "{{ nobody }}",
    "{{ author.email }}",
    "{{ author.handle",
    "{% if %}",
    "{{ knowledge[5] }}",
    "{% include 'secrets' %}",
    "{% import 'os' as os %}",
    "{{ author.handle.upper() }}",
    "{{ author.items() }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ self.__init__.__globals__ }}",
    "{{ author.handle | attr('__class__') }}",
    "{{ cycler }}",
    "{{ lipsum(n=1000) }}",
    "{% for i in range(10) %}{{ i }}{% endfor %}",
    "{{ 'x' * 999999999 }}",
    "{{ 9 ** 999999999 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ 'x' | center(999999999) }}",
    "{{ 'x' | nothing }}",
    "{{ 1 / 0 }}",
    "{% for x in 5 %}{% endfor %}",
    "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
    "{{ topics.append('x') }}",
    "{{ " + "(" * 3000 + ")" * 3000 + " }}",
]


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: body[:40])
def test_a_template_that_cannot_be_rendered_is_refused(body, drafted):
    with pytest.raises(Refused) as refused:
        drafted(body, case={"topics": ("hours",)}, knowledge=(answer("one"),))

    assert refused.value.code == "template"
    assert "templates/one.j2" in str(refused.value)


def test_the_error_names_the_line_of_the_file(drafted):
    def place(body):
        with pytest.raises(Refused) as refused:
            drafted(body)
        return str(refused.value).split(": ")[0]

    # The front matter ends above line 5.
    assert place("{{ nobody }}") == "templates/one.j2:5"
    assert place("first\nsecond {{ nobody }}") == "templates/one.j2:6"
    assert place("first\nsecond\n{% if %}") == "templates/one.j2:7"


def test_a_template_that_makes_a_book_is_refused(drafted):
    with pytest.raises(Refused, match="5001 characters"):
        drafted("x" * 5_001)


def test_a_template_may_choose_and_repeat(drafted):
    body = (
        "{# a note #}\n"
        "{% for topic in topics %}\n"
        "{{ topic | title }}{% if not loop.last %}, {% endif %}\n"
        "{% endfor %}\n"
    )

    assert drafted(body, case={"topics": ("late", "menu")}).text.split() == ["Late,", "Menu"]


def test_a_template_may_choose_other_words_after_a_rejection(drafted):
    body = "{% if rejected %}Other words{% else %}Words{% endif %}{{ rejected }}"

    assert drafted(body).text == "Words0"
    assert drafted(body, rejected=2).text == "Other words2"


def test_one_rendering_leaves_no_trace_in_the_next(drafted):
    body = "{% set brand = 'other' %}{{ author.handle }} of {{ brand }}"

    first, second = (drafted(body, event={"handle": handle}) for handle in "ab")

    assert (first.text, second.text) == ("a of other", "b of other")
