"""Every mistake of `bad/` is found, in exactly the words that lie beside it, and nothing else is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows.calendars import PublicHolidays
from remit.check import Given, Study, prove
from remit.decide import Router
from remit.model import Duration, Finding, Playbook, Refused
from remit.playbook import load_playbook

BAD = Path(__file__).parent / "bad"
MISTAKES = sorted(path for path in BAD.iterdir() if path.is_dir())
PROVED = (
    *("PB010", "PB011", "PB012", "PB013", "PB014", "PB015"),
    *("PB020", "PB021", "PB022", "PB023"),
)
GIVEN = Given(
    since=date(2027, 1, 1),
    holidays=PublicHolidays(),
    reply_windows={"sandbox": Duration.parse("24h")},
)
FAULTS = Path(__file__).parent / "five-faults"


def proved(folder: Path, code: str | None = None) -> tuple[Playbook, list[Finding]]:
    """What is found, without the remarks that another code makes."""
    playbook = load_playbook(folder)
    found = prove(Study(playbook, GIVEN))
    return playbook, [one for one in found if one.severity != "info" or one.code == code]


def in_full(found: list[Finding]) -> str:
    lines: list[str] = []
    for one in found:
        lines.append(f"{one.severity} {one}")
        if one.others:
            lines.append(f"  others: {', '.join(one.others)}")
        if one.event is not None:
            said = one.event.model_dump(mode="json", exclude_defaults=True)
            lines.append(f"  event: {', '.join(f'{name}={value}' for name, value in said.items())}")
    return "\n".join(lines)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.name)
def test_a_mistake_is_explained_in_exactly_these_words(mistake: Path) -> None:
    code = mistake.name.partition("-")[0].upper()

    _, found = proved(mistake, code)

    assert {one.code for one in found} == {code}
    assert in_full(found) == (mistake / "expected.txt").read_text().rstrip("\n")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.name)
def test_its_event_is_decided_as_the_message_says(mistake: Path) -> None:
    playbook, found = proved(mistake, mistake.name.partition("-")[0].upper())

    for one in found:
        assert one.message.count(";") >= 2, one
        assert one.line > 1
        if one.event is None:
            continue
        try:
            taken = Router(playbook).decide(one.event).rule
        except Refused:
            taken = None
        assert taken == one.rule
        if one.code == "PB011":
            rest = tuple(rule for rule in playbook.rules if rule.id != taken)
            without = playbook.model_copy(update={"rules": rest})
            assert Router(without).decide(one.event).rule == one.others[0]
            assert Router(playbook).next(one.event).rule == one.others[0]


def test_every_code_of_this_room_has_a_mistake() -> None:
    codes = {path.name.partition("-")[0].upper() for path in MISTAKES}
    assert codes == set(PROVED)


def test_five_planted_faults_are_found_and_nothing_else() -> None:
    _, found = proved(FAULTS)

    assert [(one.code, one.rule, one.others) for one in found] == [
        ("PB011", "crisis", ("press",)),
        ("PB014", "press", ("crisis",)),
        ("PB012", "uang-kembali", ("refund",)),
        ("PB013", "menu", ("hours",)),
        ("PB015", "otherwise", ()),
    ]
