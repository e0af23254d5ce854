"""Links lead somewhere, pictures are there, and what is said in passing of a command is true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from flows.forms import reply_form
from remit.cli.app import app
from remit.playbook import load_playbook

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^(`{3,}).*?^\1$", re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(r"`remit ([a-z]+[^`]*)`")
_SLOT = re.compile(r"^[A-Z][A-Za-z.]*$")
"""A word that stands for another: PATH, CASE, EVENT.json."""
EXAMPLES = {"TIME": "2027-03-01T10:00+07:00", "CASE": "12"}


def prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text("utf-8"))


def anchors(page: Path) -> set[str]:
    """The headings as GitHub and most others name them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    bare = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.strip().replace(" ", "-") for heading in bare}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for link in _LINK.findall(prose(page)):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_linked_from_another():
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in _LINK.findall(prose(page))
    }
    orphans = {page.relative_to(ROOT).as_posix() for page in PAGES if page not in linked}
    assert orphans <= {"README.md"}


def test_the_pictures_are_small_and_as_large_as_a_screen():
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    assert [picture.name for picture in pictures] == [
        "artifact.png",
        "charter.png",
        "form.png",
        "replay.png",
        "runs.png",
        "sandbox.png",
    ]
    for picture in pictures:
        read = picture.read_bytes()
        size = int.from_bytes(read[16:20], "big"), int.from_bytes(read[20:24], "big")
        assert size == (1280, 800)
        assert len(read) < 300_000


GROUP: Any = typer.main.get_command(app)


def quoted() -> list[str]:
    """Between backticks on a page, and in the examples of `--help`."""
    found = {said for page in PAGES for said in _QUOTED.findall(page.read_text("utf-8"))}
    for command in GROUP.commands.values():
        found |= set(command.epilog.removeprefix("Example: remit ").split("; remit "))
    return sorted(found)


@pytest.mark.parametrize("said", quoted())
def test_a_command_named_in_passing_has_these_options(said):
    """With all that it needs it is parsed; a fragment has at least options that there are."""
    words = [EXAMPLES.get(word, word) for word in shlex.split(said.partition(" > ")[0])]
    if words[0] == words[0].upper():  # `remit COMMAND --help`
        words[0] = "check"
    command = GROUP.commands[words[0]]
    needed = {name for each in command.params if each.required for name in each.opts}
    if "--help" in words[1:]:
        return
    given = {word for word in words[1:] if word.startswith("--")}
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    assert given <= known
    whole = len(words) > 1 and not any(_SLOT.match(word) for word in words[1:])
    if whole and {name for name in needed if name.startswith("--")} <= given | {"--published"}:
        command.make_context(words[0], words[1:])


def test_the_tutorial_names_the_fields_of_the_form_as_it_shows_them():
    playbook = load_playbook(ROOT / "playbooks" / "kopi")
    case: Any = SimpleNamespace(owner="cm", approval=None)
    fields = reply_form(case, None, playbook, "").model_json_schema()["properties"]
    titles = {each.get("title", "Decision") for each in fields.values()}
    rows = re.findall(
        r"^ +\| ([A-Z][^|]+) \|", (ROOT / "docs" / "tutorial.md").read_text("utf-8"), re.MULTILINE
    )
    named = {name for row in rows for name in row.split(", ")}
    assert titles == named
