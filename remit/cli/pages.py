"""What the docstring of a finding's module says: of it the pages in docs/findings are made."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from textwrap import dedent

from remit.check import findings

EXAMPLES = ("Anti-pattern", "Better")
_MODULE = re.compile(r"pb\d{3}")
_SECTION = re.compile(r"^(\S[^\n]*)::\n\n((?:(?:[ ]{4}[^\n]*)?\n)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """One finding explained."""

    code: str
    title: str
    text: str
    """Paragraphs."""
    sections: Mapping[str, str]
    """By heading: an example, or what to do."""

    @property
    def remedy(self) -> str:
        return self.sections.get("What to do", "")

    @property
    def examples(self) -> Mapping[str, str]:
        """By heading: YAML of a playbook, or a template."""
        return {name: self.sections[name] for name in EXAMPLES if name in self.sections}

    @property
    def path(self) -> str:
        return path_of(self.code)


def fenced(example: str) -> str:
    """An example as a block of Markdown."""
    return f"```{'jinja' if example.startswith('---') else 'yaml'}\n{example}```"


def path_of(code: str) -> str:
    """Where the page lies in the repository."""
    return f"docs/findings/{code}.md"


@cache
def pages() -> Mapping[str, Page]:
    """By code, in order: every finding that there is."""
    names = sorted(each.name for each in iter_modules(findings.__path__))
    modules = [
        import_module(f"{findings.__name__}.{name}") for name in names if _MODULE.fullmatch(name)
    ]
    return {module.CODE: read(module.CODE, module.__doc__ or "") for module in modules}


def read(code: str, docstring: str) -> Page:
    """The parts of such a docstring."""
    title, _, rest = inspect.cleandoc(docstring).partition("\n\n")
    rest += "\n"
    sections = {
        heading.strip(): dedent(body).strip("\n") + "\n" for heading, body in _SECTION.findall(rest)
    }
    first = _SECTION.search(rest)
    text = rest[: first.start()] if first else rest
    return Page(code, " ".join(title.split()), text.strip(), sections)
