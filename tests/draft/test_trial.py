"""PB030: templates that lack a language of the brand, or cannot be rendered, are told beforehand."""

from __future__ import annotations

import pytest

from remit.draft import template_findings
from remit.model import AnyOf, FieldTest, HoldsTopics, NoneOf, Outcome, Play, Rule, When

BOTH = '{% if language == "en" %}\nSorry!\n{% else %}\nMaaf!\n{% endif %}\n'


@pytest.fixture
def told(a_playbook):
    """What is told of these templates, `file:line: message`."""

    def tell(*templates, **changes):
        return [
            f"{finding.file}:{finding.line}: {finding.message}"
            for finding in template_findings(a_playbook(*templates, **changes))
        ]

    return tell


def naming(template, *tests, rule="refund"):
    outcome = Outcome(owner="cm", play=Play.reply, template=template)
    return Rule(id=rule, when=When(all=tests), outcome=outcome)


def said_in(*languages, but=False):
    test = NoneOf(values=languages) if but else AnyOf(values=languages)
    return FieldTest(field="language", test=test)


def about(*topics):
    return FieldTest(field="topic", test=HoldsTopics(any=topics))


# Languages ---------------------------------------------------------------------------------------


def test_a_template_of_all_languages_is_fine(told, a_template):
    assert told(a_template(BOTH, languages=("id", "en"))) == []
    assert told(a_template("Halo", languages=("id",)), languages=("id",)) == []


def test_a_template_that_names_no_language_is_written_in_all(told, a_template):
    assert told(a_template(BOTH)) == []


def test_a_brand_that_names_no_language_asks_for_none(told, a_template):
    assert told(a_template("Hello", languages=("fr",)), languages=()) == []


def test_a_template_that_lacks_a_language_is_told_what_it_has(told, a_template):
    (said,) = told(a_template("Maaf!", "sorry", languages=("id",)))
    assert said == (
        "templates/sorry.j2:5: template sorry has no text in en; found id, and the brand answers in "
        "id and en; write it in en and add en to its languages"
    )


def test_a_region_of_a_language_is_the_language(told, a_template):
    assert told(a_template("Olá", languages=("pt",)), languages=("pt-BR",)) == []


def test_templates_of_the_same_topics_share_the_languages(told, a_template):
    indonesian = a_template("Maaf!", "maaf", languages=("id",), topics=("late", "refund"))
    english = a_template("Sorry!", "sorry", languages=("en",), topics=("late", "refund"))
    assert told(indonesian, english) == []
    (said,) = told(indonesian)
    assert said.endswith("to its languages, or write another template for late and refund")


def test_a_topic_that_the_other_template_lacks_is_not_covered_by_it(told, a_template):
    indonesian = a_template("Maaf!", "maaf", languages=("id",), topics=("late", "refund"))
    english = a_template("Sorry!", "sorry", languages=("en",), topics=("late",))
    (said,) = told(indonesian, english)
    assert said.startswith("templates/maaf.j2:5: template maaf has no text in en")


def test_a_language_that_no_template_of_a_topic_has_is_told_once(told, a_template):
    one = a_template("Maaf!", "one", languages=("id",), topics=("late",))
    two = a_template("Maaf!", "two", languages=("id",), topics=("late",))
    assert [said.split(":")[0] for said in told(one, two)] == ["templates/one.j2"]


def test_a_template_that_a_rule_names_is_helped_by_no_other(told, a_template):
    indonesian = a_template("Maaf!", "maaf", languages=("id",), topics=("late",))
    english = a_template("Sorry!", "sorry", languages=("en",), topics=("late",))
    (said,) = told(indonesian, english, rules=(naming("maaf"),))
    assert said.startswith("templates/maaf.j2:5: template maaf has no text in en")
    assert told(indonesian, english, rules=(naming("sorry", said_in("en")),)) == []


def test_otherwise_names_a_template_too(told, a_template):
    template = a_template("Maaf!", "maaf", languages=("id",), topics=("late",))
    other = a_template("Sorry!", "sorry", languages=("en",), topics=("late",))
    assert told(template, other, otherwise=naming("maaf", rule="otherwise")) != []


@pytest.mark.parametrize(
    ("test", "found"),
    [
        (said_in("id"), 0),
        (said_in("id-ID"), 0),
        (said_in("id", "en"), 1),
        (said_in("fr"), 1),
        (said_in("en", but=True), 1),
    ],
)
def test_a_rule_of_one_language_needs_no_other(told, a_template, test, found):
    # Of events in another language, the author's earlier one decides: any of the brand's.
    template = a_template("Maaf!", "maaf", languages=("id",))
    assert len(told(template, rules=(naming("maaf", test),))) == found


def test_what_answers_everything_else_speaks_every_language(told, a_template):
    general = a_template("Halo", "general", languages=("id",), topics=("late",))
    other = a_template("Sorry!", "sorry", languages=("en",), topics=("late",))
    assert [said.split(":")[0] for said in told(general, other)] == ["templates/general.j2"]


def test_a_language_that_the_front_matter_promises_and_the_text_forgets_is_told(told, a_template):
    (said,) = told(a_template('{% if language == "id" %}Maaf!{% endif %}', languages=("id", "en")))
    assert said == (
        "templates/one.j2:5: template one says nothing; found in en, with no approved answer and "
        "no topic; give it words for this case, or `default(...)` for what may be absent"
    )


# Rendering ---------------------------------------------------------------------------------------

FOUND = {
    "{{ text }}": (5, "uses an unknown variable; found text"),
    "Halo\n{% if 'late' in topics %}{{ nobody }}{% endif %}": (6, "found nobody"),
    "{{ author.email }}": (5, "found author.email; use author.handle"),
    "Halo\n\n{{ author['email'] }}": (7, "found author.email"),
    "{{ brand | center(9) }}": (5, "uses an unknown filter; found center"),
    "{% if language == 'xx' %}{{ brand | reverse }}{% endif %}Halo": (5, "found reverse"),
    "{% if brand is magic %}a{% endif %}b": (5, "unknown test; found magic"),
    "Halo\n{% include 'other' %}": (6, "takes in another file; found include"),
    "{% if language == 'xx' %}{% import 'a' as b %}{% endif %}Halo": (5, "found import"),
    "{{ 'x' * 9 }}": (5, "calculates; found *"),
    "{{ author.handle.upper() }}": (5, "calls a method; found upper()"),
    "{{ author.handle": (5, "is no template; found"),
    "a\nb {% if %}": (6, "is no template; found"),
    "{{ " + "(" * 3000 + ")" * 3000 + " }}": (5, "is no template; found"),
    "{{ knowledge[0] }}": (5, "cannot be rendered"),
    "Halo\n{{ knowledge | first }}": (6, "cannot be rendered"),
    "{{ topics[0] }}": (5, "cannot be rendered"),
    "{{ 1 / 0 }}": (5, "cannot be rendered: division by zero"),
    "{% for x in 5 %}{% endfor %}": (5, "cannot be rendered"),
    "x" * 5001: (5, "makes more than 5000 characters"),
    "{{ '' }}": (5, "says nothing"),
}


@pytest.mark.parametrize("body", FOUND, ids=lambda body: body[:40])
def test_what_cannot_be_rendered_is_told_with_its_line(body, told, a_template):
    line, said = FOUND[body]
    found = told(a_template(body), languages=("id",))
    assert found
    assert all(each.startswith(f"templates/one.j2:{line}: template one ") for each in found)
    assert said in found[0]
    assert all(each.count("; ") >= 2 for each in found)


def test_words_for_after_a_rejection_are_tried_too(told, a_template):
    assert told(a_template("{% if rejected %}Sorry{% else %}Halo{% endif %}")) == []
    (said,) = told(a_template("{% if rejected %}{{ knowledge[1] }}{% endif %}Halo"))
    assert "with no approved answer and no topic, after a draft was rejected; give it" in said


def test_a_mistake_is_told_once_though_many_cases_meet_it(told, a_template):
    topics = ("late", "refund", "menu")
    assert len(told(a_template("{{ knowledge[0] }}", topics=topics))) == 1


def test_names_of_the_templates_own_are_no_variables(told, a_template):
    body = (
        "{% set greeting = 'Halo' %}{% for topic in topics %}{{ topic }}{{ loop.index }}{% endfor %}"
        "{% macro hi(who) %}{{ who }}{% endmacro %}{{ greeting }} {{ hi(brand) }}"
    )
    assert told(a_template(body)) == []


def test_topics_that_always_lead_to_a_template_may_be_counted_on(told, a_template):
    first = a_template("{{ topics[0] }}", topics=("late",))
    assert told(first) == []
    assert told(first, rules=(naming("one", about("late")),)) == []
    (said,) = told(first, rules=(naming("one"),))
    assert "with no approved answer and no topic" in said


def test_the_rules_that_name_a_template_are_with_its_findings(a_playbook, a_template):
    playbook = a_playbook(a_template("{{ text }}"), rules=(naming("one"),))
    (finding,) = template_findings(playbook)
    assert (finding.code, finding.severity, finding.rule) == ("PB030", "error", None)
    assert finding.others == ("refund",)
