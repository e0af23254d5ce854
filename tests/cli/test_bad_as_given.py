"""Mistakes that only show with what the command knows of platforms, templates and metrics: each folder
of `bad/` is found, in exactly the words that lie beside it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from remit.cli.checking import examined

BAD = Path(__file__).parent / "bad"
MISTAKES = sorted(BAD.iterdir())


def found(mistake: Path) -> str:
    """Without the remark on what falls to otherwise, which is no mistake of these."""
    findings = examined(mistake, datetime(2027, 1, 1)).findings  # noqa: DTZ001 - a day, as typed
    return "\n".join(f"{each.severity} {each}" for each in findings if each.code != "PB010")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.name)
def test_a_mistake_is_explained_in_exactly_these_words(mistake):
    said = found(mistake)
    assert said == (mistake / "expected.txt").read_text("utf-8").rstrip("\n")
    assert mistake.name.partition("-")[0].upper() in said


def test_there_is_a_folder_for_each_of_these_codes():
    codes = {mistake.name.partition("-")[0] for mistake in MISTAKES}
    assert codes == {"pb030", "pb040", "pb041", "pb050"}
