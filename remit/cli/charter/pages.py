"""A page as Markdown and as one HTML file that needs nothing beside it.

Words from the playbook are data: what would be markup in either is shown as it is written.
"""

from __future__ import annotations

import re
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from remit.cli.charter.views import Page

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&@$])|(?<=:)(//)|\b(www)(\.)", re.IGNORECASE)
_JOINERS = "\u200c\u200d"
"""Within an emoji or a word, and not to be seen."""


def as_markdown(page: Page) -> str:
    return _environment("md").get_template("charter.md.j2").render(page=page).strip() + "\n"


def as_html(page: Page) -> str:
    return _environment("html").get_template("charter.html.j2").render(page=page).strip() + "\n"


@lru_cache(maxsize=2)
def _environment(format_: str) -> Environment:
    return Environment(
        loader=PackageLoader("remit.cli.charter"),
        autoescape=True,
        finalize=_markdown if format_ == "md" else _html,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def _html(value: object) -> Markup:
    return value if isinstance(value, Markup) else escape(_clean(str(value)))


def _markdown(value: object) -> Markup:
    """A backslash before all that could be markup, a link or somebody's name on GitHub."""
    if isinstance(value, Markup):
        return value
    return Markup(_MARKUP.sub(_backslash, _clean(str(value))))  # noqa: S704 - it is escaped here


def _backslash(found: re.Match[str]) -> str:
    char, slashes, www, _ = found.groups()
    if char:
        return f"\\{char}"
    return r"\/\/" if slashes else f"{www}\\."


def _clean(text: str) -> str:
    """On one line, and nothing that moves a cursor or turns the direction of writing."""
    seen = "".join(
        char if char.isprintable() or char in _JOINERS or char.isspace() else "�" for char in text
    )
    return " ".join(seen.split())
