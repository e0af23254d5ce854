"""Events that have happened, sent through a playbook and counted: who owns what, when, and what moved.

Each event is decided once and counted twice: by rule within an hour of the brand's clock, and by
rule, channel and the rule of the old playbook. Everything else is summed up from those counts,
whenever there are many of them. So the cost of an event is that of its decision and little more, and
memory does not grow with the number of events.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from remit.check.load import NOBODY, Report
from remit.check.sums import Cell, Channel, Key, Sums
from remit.decide import Router
from remit.decide.clock import local
from remit.model import (
    KINDS,
    OTHERWISE,
    Event,
    HolidayCalendar,
    Playbook,
    Refused,
)

OTHERS: Channel = ("(others)", "")
Taken = Callable[[str, str], object]
"""Told of each event: its id, and the rule that took it."""

_KINDS = frozenset(KINDS)
_CELLS = 10_000
"""Hours whose counts are kept before they are summed up: more than a year of them."""
_COUNTS = 50_000
"""As _CELLS, for the counts by rule and channel."""
_HOUR = timedelta(hours=1)
_CHANNELS = 200
_STRANGE_KINDS = 50
_PAIRS = 20_000
_LONGEST = 200
"""Characters that are kept of a text from outside."""


class Replay:
    """Takes events one by one; `report` says what they come to."""

    def __init__(
        self,
        playbook: Playbook,
        old: Playbook | None = None,
        holidays: HolidayCalendar | None = None,
    ) -> None:
        self._playbook = playbook
        self._router = Router(playbook, holidays)
        self._old_router = None if old is None else Router(old, holidays)
        self._cells: dict[tuple[int, int, timedelta | None], Cell] = {}
        """By day, hour and offset as the event has them, where all of that hour is one of ours."""
        self._hours: dict[int, Cell] = {}
        """By hours on the brand's clock since the year 1, as if no clock ever changed."""
        self._counts: defaultdict[Key, int] = defaultdict(int)
        self._channels: dict[Channel, Channel] = {}
        self._examples: dict[tuple[str, str], str] = {}
        self._strange_kinds: Counter[str] = Counter()
        self._sums = Sums(playbook, old)

    def take(self, events: Iterable[Event], taken: Taken | None = None) -> None:
        """Decide and count each event."""
        # All names are local: this loop is what a replay's speed is made of.
        cells, channels, counts, examples = (
            self._cells, self._channels, self._counts, self._examples,
        )  # fmt: skip
        decide = self._router.decide
        decide_old = None if self._old_router is None else self._old_router.decide
        for event in events:
            time = event.time
            cell = cells.get((time.toordinal(), time.hour, time.utcoffset()))
            if cell is None:
                cell = self._cell(time)
            try:
                rule = decide(event).rule
            except Refused as refused:
                rule = _nobody(refused)
            if rule == OTHERWISE and event.kind not in _KINDS:
                self._note(event.kind)
            ours = event.ours
            cell[rule, ours] += 1
            named = (event.channel, event.platform)
            channel = channels.get(named)
            if channel is None:
                channel = self._channel(named)
            if decide_old is None:
                counts[rule, ours, channel, rule] += 1
            else:
                try:
                    before = decide_old(event).rule
                except Refused as refused:
                    before = _nobody(refused)
                counts[rule, ours, channel, before] += 1
                if (before, rule) not in examples and len(examples) < _PAIRS:
                    examples[before, rule] = cut(event.id)
                if len(counts) >= _COUNTS:
                    self._sum_up()
            if taken is not None:
                taken(event.id, rule)

    def report(self) -> Report:
        """What all events so far come to."""
        self._sum_up()
        return self._sums.report(self._examples, self._strange_kinds)

    def _sum_up(self) -> None:
        for hour, cell in self._hours.items():
            self._sums.add_hour(hour, cell)
        for key, count in self._counts.items():
            self._sums.add(key, count)
        self._hours.clear()
        self._cells.clear()
        self._counts.clear()

    def _cell(self, time: datetime) -> Cell:
        if len(self._hours) >= _CELLS:
            self._sum_up()
        hour = _hour(local(time, self._playbook.timezone))
        cell = self._hours.setdefault(hour, defaultdict(int))
        begin = time.replace(minute=0, second=0, microsecond=0)
        ends = (begin, begin + _HOUR - timedelta.resolution)
        if all(_hour(local(end, self._playbook.timezone)) == hour for end in ends):
            self._cells[time.toordinal(), time.hour, time.utcoffset()] = cell
        return cell

    def _channel(self, named: Channel) -> Channel:
        channel, platform = named
        declared = self._playbook.channels.get(channel or "")
        known = named if declared is None else (channel, declared.platform)
        short = len(channel or "") <= _LONGEST and len(platform) <= _LONGEST
        if short and len(self._channels) < _CHANNELS:
            self._channels[named] = known
            return known
        return OTHERS if declared is None else known

    def _note(self, kind: str) -> None:
        known = self._strange_kinds
        name = cut(kind)
        known["(others)" if len(known) >= _STRANGE_KINDS and name not in known else name] += 1


def _nobody(refused: Refused) -> str:
    if refused.code != "no_rule":
        raise refused
    return NOBODY


def _hour(at: datetime) -> int:
    return at.toordinal() * 24 + at.hour


def cut(text: str) -> str:
    """As much of a text from outside as is kept."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
