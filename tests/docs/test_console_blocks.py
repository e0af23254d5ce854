"""Every command that a page shows can be typed: it runs, or is at least taken as it stands.

What starts servers or needs a deployed brand is parsed by the command itself and asked for its help.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from remit.cli.app import app

FOR_REAL = {"charter", "check", "diff", "explain", "new", "schema", "test", "--help"}
"""Commands of remit that need a playbook and nothing else."""
SHELL = {"cp", "rm", "python3", "read", "export"}
REMIT = ".venv/bin/remit"


def commands(text: str) -> list[str]:
    """The lines without their comments."""
    lines = [re.sub(r"\s+# .*", "", line).strip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture
def project(tmp_path: Path, root: Path, blocks_of) -> Path:
    """A folder like a clone: the playbooks, an installed `.venv`, a ledger file, the tutorial's event."""
    shutil.copytree(root / "playbooks", tmp_path / "playbooks")
    begun = [sys.executable, "-m", "remit", "new", "warung", "--into", str(tmp_path / "playbooks")]
    subprocess.run(begun, cwd=root, check=True, capture_output=True)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".remit").mkdir()
    with sqlite3.connect(tmp_path / ".remit" / "ledger.db") as ledger:
        ledger.execute("create table kept (id integer)")
    ledger.close()
    (event,) = blocks_of("docs/tutorial.md", "json")
    (tmp_path / "event.json").write_text(event.text, "utf-8")
    return tmp_path


def run(line: str, folder: Path) -> str:
    environment = os.environ | {"REMIT_HOME": str(folder / ".remit"), "DO_NOT_TRACK": "1"}
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment,
        input="typed\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def taken(words: list[str]) -> None:
    """Remit takes these words: every option is there, nothing is missing."""
    group = typer.main.get_command(app)
    name, *rest = words
    command = group.commands[name]  # type: ignore[attr-defined] # an app of several commands is a group
    command.make_context(name, rest)
    assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def try_one(line: str, folder: Path, root: Path) -> None:
    words = shlex.split(re.sub(r"\s>.*", "", line))
    if words[0] == "make":
        run(f"{line} --dry-run", root)
    elif words[0] == REMIT and (words[1] in FOR_REAL or "--prefect-yaml" in words):
        run(line, folder)
    elif words[0] == REMIT:
        taken(words[1:])
    elif words[0] == ".venv/bin/prefect":
        named = [word for word in words[1:] if re.fullmatch(r"[a-z-]+", word) and word[0] != "-"]
        helped = run(" ".join([words[0], *named[:2], "--help"]), folder)
        asked = {word for word in words if word.startswith("--")}
        assert {word for word in asked if word not in helped} == set(), line
    else:
        assert words[0] in SHELL, f"no test knows how to try {line}"
        run(line, folder)


def test_commands_are_taken(console_block, project, root):
    lines = commands(console_block.text)
    assert lines
    for line in lines:
        if line.startswith(f"{REMIT} new warung"):
            shutil.rmtree(project / "playbooks" / "warung")
        try_one(line, project, root)


def test_a_mistake_is_reported_as_the_tutorial_shows(project, blocks_of):
    (shown,) = blocks_of("docs/tutorial.md", "text")
    playbook = project / "playbooks" / "warung" / "playbook.yaml"
    before, otherwise, after = playbook.read_text("utf-8").partition("\notherwise:\n")
    mistaken = after.replace("owner: cm", "owner: cmm", 1)
    playbook.write_text(before + otherwise + mistaken, "utf-8")
    done = subprocess.run(
        [REMIT, "check", "playbooks/warung"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    first = done.stdout.partition("\n\n")[0]
    place = re.compile(r"\b\d+(?=:| \|)")  # the sample grows; what is said of its line does not
    assert place.sub("n", shown.text.strip()) == place.sub("n", first)


def test_the_copied_ledger_is_whole(project, blocks_of):
    (copying,) = (
        line
        for block in blocks_of("docs/operations.md", "console")
        for line in commands(block.text)
        if line.startswith("python3")
    )
    run(copying, project)
    copy = sqlite3.connect(project / "ledger-backup.db")
    assert copy.execute("select name from sqlite_master").fetchall() == [("kept",)]
    copy.close()
