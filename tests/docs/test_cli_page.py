"""docs/cli.md is what `--help` says. To write it again: REMIT_WRITE_DOCS=1 pytest tests/docs."""

from __future__ import annotations

import os

import typer
from typer.testing import CliRunner

from remit.cli.app import app

HEAD = """\
# Commands

What `remit COMMAND --help` says of each command; a test keeps this page so. How they are used is in
the [tutorial](tutorial.md) and in [operations](operations.md).

Every command ends with 0 where it did what was asked, and with 2 and a sentence on standard error
where it could not run. These end with 1 where they ran and found something: `check` errors, `test` a
scenario that does not hold, `diff` an event that changes owner or treatment, `replay` a line that is no
event or an event without an owner, `import` a row that is none, `status --audit` anything lost, doubled
or unapproved, `demo --headless` a story that went wrong. `--format json` prints one JSON document.

`deploy` and every command after it work on a ledger: that of `REMIT_HOME`, or `REMIT_DATABASE_URL`.
"""


def said(*words: str) -> str:
    done = CliRunner().invoke(app, [*words, "--help"], prog_name="remit", terminal_width=80)
    assert done.exit_code == 0, done.output
    return done.output.strip()


def made() -> str:
    group = typer.main.get_command(app)
    names = list(group.commands)  # type: ignore[attr-defined] # an app of several commands is a group
    parts = [HEAD, f"```text\n{said()}\n```\n"]
    parts += [f"## remit {name}\n\n```text\n{said(name)}\n```\n" for name in names]
    return "\n".join(parts)


def test_the_page_of_commands_is_what_help_says(root):
    page = root / "docs" / "cli.md"
    if os.environ.get("REMIT_WRITE_DOCS"):
        page.write_text(made(), "utf-8")
    assert page.read_text("utf-8") == made(), (
        "write it again: REMIT_WRITE_DOCS=1 .venv/bin/pytest tests/docs/test_cli_page.py"
    )
