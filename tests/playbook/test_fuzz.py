"""Whatever the files hold, reading ends in a playbook or in findings, and nothing else."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.check import Given, Study
from remit.check.proof import prove
from remit.model import Bundle, Playbook, PlaybookError
from remit.playbook import find_problems, load_playbook, make_bundle
from tests.playbook.bombs import BOMBS
from tests.playbook.mutations import mutant

SEEDS = 10
MUTANTS = 1_000
"""Of each seed."""
PROVED = 6
"""Of those of each seed that can be read: they are many, and a proof takes longer than a reading."""
PATIENCE = 10
"""Seconds of work, for what is never to take longer."""
MEMORY = 1024**3
REAL = ("fifty megabytes", "laughs", "keys in keys", "items", "one line of items", "mistakes")
"""Bombs that are given to the command itself."""


def ends_well(bundle: Bundle) -> Playbook | None:
    playbook, findings = find_problems(bundle)
    assert (playbook is None) == bool(findings)
    # A lone carriage return ends a line too.
    last = {
        name: content.count(b"\n") + content.count(b"\r") + 2
        for name, content in bundle.files.items()
    }
    for finding in findings:
        assert finding.file in bundle.files
        assert 1 <= finding.line <= last[finding.file]
        assert str(finding).isprintable()
        assert finding.message.count("; ") >= 1
    return playbook


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_damaged_playbook_ends_in_findings(seed: int) -> None:
    chance = random.Random(seed)
    readable = proved = refused = 0
    for _ in range(MUTANTS):
        bundle = mutant(chance)
        began = time.process_time()
        playbook = ends_well(bundle)
        if playbook is None:
            refused += 1
            if refused % 50 == 0:
                with pytest.raises(PlaybookError):
                    load_playbook(bundle)
        else:
            readable += 1
            if proved < PROVED and len(playbook.rules) < 12:
                proved += 1
                prove(Study(playbook, Given(since=date(2027, 1, 1))))
        assert time.process_time() - began < PATIENCE

    # Neither would prove anything alone.
    assert refused > MUTANTS // 4
    assert readable > MUTANTS // 20
    assert proved == PROVED


words = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["cm", "any", "12:30", "no", "true", "1", "-0.5", "2h", "0m", "", "env:A"]),
)
values = st.recursive(
    words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
KEYS = [
    "remit",
    "brand",
    "fields",
    "defaults",
    "timezone",
    "languages",
    "people",
    "roles",
    "channels",
    "topics",
    "rules",
    "otherwise",
    "escalations",
    "approvals",
    "autopilot",
    "grouping",
    "schedules",
    "notify",
]


def flow(value: object) -> str:
    """A value in YAML's flow form; words are sometimes plain, as people write them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    text = str(value)
    if text.isalnum() and text.isascii():
        return text
    return "'" + "".join(char for char in text if char.isprintable()).replace("'", "''") + "'"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=6))
def test_any_value_in_any_place_ends_in_findings(sections: dict[str, object]) -> None:
    text = "".join(f"{key}: {flow(value)}\n" for key, value in sections.items())
    ends_well(make_bundle({"playbook.yaml": text.encode("utf-8", "replace")}))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_end_in_findings(main: bytes, other: bytes) -> None:
    names = ("contacts.csv", "scenarios/a.yaml", "templates/a.j2", "knowledge/a.md")
    ends_well(make_bundle({"playbook.yaml": main, **dict.fromkeys(names, other)}))
    ends_well(
        make_bundle({"playbook.yaml": main, "templates/a.j2": b"---\n" + other + b"\n---\nx"})
    )


@pytest.mark.parametrize("name", sorted(set(BOMBS) - set(REAL)))
def test_a_bomb_ends_in_findings(name: str) -> None:
    made = BOMBS[name]()
    bundle = make_bundle({"playbook.yaml": made if isinstance(made, bytes) else made.encode()})
    began = time.process_time()

    assert ends_well(bundle) is None
    assert time.process_time() - began < PATIENCE


@pytest.mark.parametrize("name", REAL)
def test_a_bomb_is_refused_by_the_command(tmp_path: Path, name: str) -> None:
    """With 1 GB of memory and 10 seconds of work, as the kernel counts them."""
    made = BOMBS[name]()
    file = tmp_path / "playbook.yaml"
    file.write_bytes(made if isinstance(made, bytes) else made.encode())

    done = subprocess.run(
        [sys.executable, "-m", "remit", "check", tmp_path],
        preexec_fn=_bounded,  # no thread of the test is at work
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE * 10,
        check=False,
    )

    assert done.returncode in {1, 2}, done.stderr[-2000:]
    assert b"Traceback" not in done.stderr
    assert b"PB001" in done.stdout


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE, PATIENCE))


def test_a_thousand_mistakes_are_all_told_soon() -> None:
    rule = "  - {{id: rule-{0}, when: {{kindd: x}}, owner: cmm, play: replay, over: [rle-{0}]}}\n"
    text = "remit: 1\nbrand: kopi\nroles: {cm: {title: CM}}\nrules:\n"
    text += "".join(rule.format(number) for number in range(1000))

    start = time.process_time()
    findings = find_problems(make_bundle({"playbook.yaml": text.encode()}))[1]

    assert len(findings) == 4000
    assert time.process_time() - start < PATIENCE
