"""The pages name every figure, variable and code that the programs know."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime

import pytest
import typer

from flows.report import as_rows
from remit.cli.app import app
from remit.cli.story import Story
from remit.decide import Router
from remit.ledger.audit import Audit
from remit.measure import Scorecard, scorecards
from remit.model import Event, Facts, Play, Playbook, Role
from remit.playbook import load_playbook

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def missing(names: set[str], text: str) -> set[str]:
    return {name for name in names if f"`{name}`" not in text}


def test_every_field_of_a_scorecard_is_explained(page):
    assert missing(set(Scorecard.model_fields), page("metrics.md")) == set()


def test_every_line_of_a_report_is_explained(page):
    playbook = Playbook(brand="kopi", roles={"cm": Role(id="cm", title="CM")})
    (card,) = scorecards(Facts(brand="kopi", since=NOW, until=NOW), playbook)
    lines = {str(row["measure"]) for row in as_rows(card)}
    assert {line for line in lines if f"| {line} |" not in page("metrics.md")} == set()


def test_every_figure_of_the_demo_is_explained(page):
    source = inspect.getsource(Story._summary)
    named = set(re.findall(r'^ {12}"(\w+)":', source, re.MULTILINE)) | {"wrong"}
    assert len(named) > 10
    assert missing(named, page("metrics.md")) == set()


def test_every_figure_of_an_audit_is_explained(page):
    assert missing(set(Audit.model_fields), page("operations.md")) == set()


def test_every_code_of_an_audit_is_explained(page, root):
    ledger = root / "remit" / "ledger"
    source = "".join((ledger / name).read_text("utf-8") for name in ("lost.py", "shown.py"))
    codes = re.findall(r'(?:code ?= ?f?|else |= |id, )"([a-z_]+_[a-z_]*)', source)
    assert {"no_case", "standstill_", "same_key", "shown_though_", "other_words"} <= set(codes)
    assert {code for code in codes if f"`{code}" not in page("operations.md")} == set()


def test_every_variable_of_the_environment_is_explained(page, root):
    sources = [
        source.read_text("utf-8")
        for room in ("remit", "flows", "integrations")
        for source in (root / room).rglob("*.py")
    ]
    known = {name for text in sources for name in re.findall(r"\bREMIT_[A-Z_]+\b", text)}
    assert known
    assert missing(known, page("operations.md")) == set()


@pytest.mark.parametrize("name", ["tutorial.md", "playbook.md", "operations.md", "metrics.md"])
def test_every_command_that_a_page_names_exists(page, name):
    group = typer.main.get_command(app)
    known = set(group.commands)  # type: ignore[attr-defined] # an app of several commands is a group
    named = set(re.findall(r"\bremit ([a-z]+)\b", page(name)))
    assert named - known == set()


def test_the_complaint_of_the_tutorial_is_the_community_managers(page, root):
    (text,) = re.findall(r"^   `(@kopi\.nusa .+)`\.", page("tutorial.md"), re.MULTILINE)
    event = Event(id="1", kind="conversation.mention", platform="sandbox", time=NOW, text=text)
    decision = Router(load_playbook(root / "playbooks" / "kopi")).decide(event)
    assert (decision.outcome.owner, decision.outcome.play) == ("cm", Play.reply)
