"""`--help` is there at once: it and what needs only a playbook import nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("prefect", "sqlalchemy", "alembic", "httpx", "lingua", "apprise", "uvicorn", "fastapi")
PROBE = """
import sys
from remit.cli import main
sys.argv = ["remit", *sys.argv[1:]]
try:
    main()
finally:
    print("IMPORTED", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.fixture
def imported(environment, tmp_path):
    def run(*words: object) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", PROBE, *map(str, words)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return set(done.stderr.rpartition("IMPORTED ")[2].split())

    return run


@pytest.mark.parametrize("words", [["--help"], ["up", "--help"], ["demo", "-h"], ["schema"]])
def test_help_imports_nothing_heavy(imported, words):
    assert imported(*words).isdisjoint({*HEAVY, "jinja2"})


def test_checking_a_playbook_imports_nothing_heavy(imported, kopi):
    assert imported("check", kopi).isdisjoint(HEAVY)


def test_explaining_an_event_imports_nothing_heavy(imported, kopi, tmp_path):
    event = tmp_path / "event.json"
    event.write_text(
        '{"id": "1", "kind": "conversation.mention", "platform": "sandbox",'
        ' "time": "2027-03-01T10:00:00+07:00", "text": "buka jam berapa?"}'
    )
    assert imported("explain", kopi, event).isdisjoint(HEAVY)


def test_without_a_word_the_commands_are_listed(remit):
    done = remit()
    assert done.returncode == 2
    listed = done.stdout + done.stderr
    for command in ("check", "explain", "up", "demo", "deploy", "status", "cases", "decide"):
        assert command in listed


def test_a_command_that_there_is_not_is_named(refused):
    assert "No such command 'chek'" in refused("chek")


def test_an_option_that_there_is_not_is_named(refused, kopi):
    assert "--formt" in refused("check", kopi, "--formt", "json")
