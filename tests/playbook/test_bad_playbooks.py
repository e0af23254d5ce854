"""Every mistake of `bad/` gives exactly the messages that lie beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from remit.model import PlaybookError
from remit.playbook import find_problems, load_playbook

BAD = Path(__file__).parent / "bad"
MISTAKES = sorted(path for path in BAD.iterdir() if path.suffix != ".txt")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.stem)
def test_a_mistake_is_explained_in_exactly_these_words(mistake: Path) -> None:
    golden = BAD / f"{mistake.stem}.txt"

    playbook, findings = find_problems(mistake)

    assert playbook is None
    assert "\n".join(map(str, findings)) == golden.read_text().rstrip("\n")
    with pytest.raises(PlaybookError) as raised:
        load_playbook(mistake)
    assert raised.value.findings == findings


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.stem)
def test_a_message_says_what_is_wrong_and_what_to_do(mistake: Path) -> None:
    for finding in find_problems(mistake)[1]:
        assert finding.code in {"PB001", "PB002", "PB003"}
        assert finding.line >= 1
        assert finding.message.count(";") >= 1, finding


def test_every_golden_file_has_its_mistake() -> None:
    assert {path.stem for path in BAD.glob("*.txt")} == {path.stem for path in MISTAKES}
    assert len(MISTAKES) >= 30
