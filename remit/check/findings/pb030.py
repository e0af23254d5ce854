"""A template cannot answer: it lacks a language of the brand, or cannot be rendered.

A template that a rule names answers in every language in which that rule's events are answered. One
that is found by its topics may leave a language to another template of the same topics; all of them
together speak every language of the brand. `general` is asked when nothing else fits, so it speaks
them all.

Each template is read for variables, filters and calls that templates do not have, also in branches
that are seldom taken, and rendered in each of its languages, with and without approved answers, for
the topics that lead to it. A text that is empty then is a language that was forgotten.

Anti-pattern::

    ---
    id: sorry
    languages: [id]
    topics: [refund]
    ---
    Maaf ya kak @{{ author.handle }}, kami cek dulu.

Better::

    ---
    id: sorry
    languages: [id, en]
    topics: [refund]
    ---
    {% if language == "en" %}
    Sorry for that, @{{ author.handle }}! We are looking into it.
    {% else %}
    Maaf ya kak @{{ author.handle }}, kami cek dulu.
    {% endif %}

What to do::

    Write the text in the language that is missing and add it to `languages`, or write a second
    template of the same topics in that language. `default(...)` gives words for what may be absent.
"""

from __future__ import annotations

from collections.abc import Iterator

from remit.check.study import Study
from remit.model import Finding

CODE = "PB030"


def find(study: Study) -> Iterator[Finding]:
    """Found where templates can be rendered, and handed down."""
    yield from study.given.templates
