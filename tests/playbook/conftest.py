"""Playbooks to read: a good one that uses the whole language, and small ones made in a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from remit.model import Bundle
from remit.playbook import make_bundle, read_bundle

SMALL = """\
remit: 1
brand: kopi
people: {sari: {name: Sari W.}}
roles:
  cm: {title: Community Manager, people: [sari]}
approvals: {replies: {by: [cm]}}
defaults: {reply: {approval: replies}}
"""

MakeBundle = Callable[..., Bundle]


@pytest.fixture(scope="session")
def good() -> Bundle:
    """A brand's folder that uses every key of the language."""
    return read_bundle(Path(__file__).parent / "good")


@pytest.fixture
def small() -> MakeBundle:
    """A bundle of the smallest playbook, lines added to it, and other files."""

    def make(lines: str = "", files: Mapping[str, str] | None = None) -> Bundle:
        text = {"playbook.yaml": SMALL + lines, **(files or {})}
        return make_bundle({name: body.encode() for name, body in text.items()})

    return make
