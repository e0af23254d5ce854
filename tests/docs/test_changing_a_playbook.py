"""The page on changing a playbook: its workflow can run, and its sentences are those of the command."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer
import yaml

from remit.cli.app import app

PAGE = "docs/changing-a-playbook.md"


@pytest.fixture
def steps(blocks_of) -> list[dict[str, Any]]:
    (block,) = blocks_of(PAGE, "yml")
    workflow = yaml.safe_load(block.text)
    found: list[dict[str, Any]] = workflow["jobs"]["playbook"]["steps"]
    return found


def test_every_command_of_the_workflow_is_taken(steps):
    group = typer.main.get_command(app)
    lines = [step["run"] for step in steps if ".venv/bin/remit" in step.get("run", "")]
    assert [shlex.split(line)[1] for line in lines] == ["check", "test", "diff"]
    for line in lines:
        _, name, *rest = shlex.split(re.split(r" (?:>|\|\|) ", line)[0])
        group.commands[name].make_context(name, rest)  # type: ignore[attr-defined] # an app of several commands is a group


def test_the_workflow_installs_as_this_repository_does(steps, root):
    (target,) = (
        step["run"].removeprefix("make ") for step in steps if "make" in step.get("run", "")
    )
    assert re.search(rf"^{target}:", (root / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_the_sentences_shown_are_those_of_the_command(blocks_of, root):
    _, shown = blocks_of(PAGE, "text")
    note = (root / "tests" / "cli" / "changed" / "note.txt").read_text("utf-8")
    lines = [re.sub(r"^\d+\. ", "", line.strip()) for line in shown.text.splitlines()]
    assert len(lines) > 3
    assert [line for line in lines if line not in note] == []
