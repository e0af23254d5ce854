"""What the tests of this room share: playbooks from YAML, and holidays that the test chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from remit.check.study import Away, Given, Study
from remit.model import Duration, HolidayCalendar
from remit.playbook import load_playbook

SINCE = date(2027, 1, 1)
"""A Friday. 366 days on is Saturday 1 January 2028, the last day looked at."""


class Calendar:
    """Holidays of every country, by day: a name, and whether it is only estimated."""

    def __init__(self, days: Mapping[str, str], estimated: Sequence[str] = ()) -> None:
        self._days = {date.fromisoformat(day): name for day, name in days.items()}
        self._estimated = {date.fromisoformat(day) for day in estimated}

    def closed(self, country: str, joint_leave: bool, day: date) -> bool:
        return day in self._days

    def named(self, country: str, joint_leave: bool, day: date) -> str | None:
        return self._days.get(day)

    def estimated(self, country: str, joint_leave: bool, day: date) -> bool:
        return day in self._estimated


@pytest.fixture(scope="session")
def calendar() -> type[Calendar]:
    return Calendar


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., Study]:
    """The study of a playbook given in YAML, without its first two lines."""

    def build(
        text: str,
        *,
        since: date = SINCE,
        holidays: HolidayCalendar | None = None,
        away: Sequence[str] = (),
        windows: Mapping[str, str] | None = None,
    ) -> Study:
        file = tmp_path / "playbook.yaml"
        file.write_text(f"remit: 1\nbrand: kopi\n{text}")
        gone = []
        for line in away:
            person, _, days = line.partition(" ")
            first, _, last = days.partition("..")
            gone.append(Away(person, date.fromisoformat(first), date.fromisoformat(last or first)))
        limits = {name: Duration.parse(length) for name, length in (windows or {}).items()}
        given = Given(since=since, holidays=holidays, away=tuple(gone), reply_windows=limits)
        return Study(load_playbook(tmp_path), given)

    return build
