"""Events that have happened, sent through a playbook and counted: who owns what, when, and what moved.

Each event is decided once and counted twice, by rule and channel and by hour and lane (`sums`); with
an old playbook also by pair of rules. Everything else is summed up from those counts, whenever there
are many of them. So the cost of an event is that of its decision and little more, and memory does not
grow with the number of events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo

from remit.check.load import NOBODY, Report
from remit.check.sums import Channel, Sums
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
_When = tuple[int, int, tzinfo | None] | tuple[int, int, int, tzinfo | None]
"""Day since the year 1, hour, maybe its quarter, and offset from UTC, all as the event has them."""
_Counted = tuple[str, bool, str | None, str]
"""Rule, whether the brand wrote it itself, channel and platform as said."""
_COUNTS = 8_000
"""Counts that are kept before they are summed up: few enough to stay near the processor."""
_HOURS = 50_000
_QUARTER = 15
_CHANNELS = 200
_STRANGE_KINDS = 50
_PAIRS = 20_000
_LONGEST = 200
"""Characters that are kept of a text from outside."""


class Replay:
    """Takes events; `report` says what they come to."""

    def __init__(
        self,
        playbook: Playbook,
        old: Playbook | None = None,
        holidays: HolidayCalendar | None = None,
    ) -> None:
        self._playbook = playbook
        self._router = Router(playbook, holidays)
        self._old_router = None if old is None else Router(old, holidays)
        self._sums = Sums(playbook, old)
        self._hours: dict[_When, int] = {}
        """The hour on the brand's clock, where it shows one for all of that time."""
        self._counts: Counter[_Counted] = Counter()
        self._by_hour: Counter[int] = Counter()
        """By hour times the number of lanes, plus the lane."""
        self._channels: set[Channel] = set()
        """Those that are told by name, though the playbook does not declare them."""
        self._pairs: Counter[tuple[str, str]] = Counter()
        """By the rule of the old playbook and the rule of this one."""
        self._examples: dict[tuple[str, str], str] = {}
        self._strange_kinds: Counter[str] = Counter()

    def take(self, events: Sequence[Event], taken: Taken | None = None) -> None:
        """Decide and count some events; a hundred or so at once cost the least."""
        rules = _rules(self._router, events)
        hours = self._hours
        lanes, quiet, count = self._sums.lanes, self._sums.quiet, self._sums.count
        counted: list[_Counted] = []
        by_hour: list[int] = []
        for event, rule in zip(events, rules, strict=True):
            said = event.__dict__
            if rule == OTHERWISE and said["kind"] not in _KINDS:
                self._note(event.kind)
            time = said["time"]
            hour = hours.get((time.toordinal(), time.hour, time.tzinfo))
            if hour is None:
                hour = self._hour(time)
            ours = said["ours"]
            by_hour.append(hour * count + (quiet if ours else lanes)[rule])
            counted.append((rule, ours, said["channel"], said["platform"]))
        self._by_hour.update(by_hour)
        self._counts.update(counted)
        if max(len(self._by_hour), len(self._counts)) >= _COUNTS:
            self._sum_up()
        if self._old_router is not None:
            self._compare(events, rules, _rules(self._old_router, events))
        if taken is not None:
            for event, rule in zip(events, rules, strict=True):
                taken(event.id, rule)

    def _compare(self, events: Sequence[Event], now: Sequence[str], before: Sequence[str]) -> None:
        pairs = list(zip(before, now, strict=True))
        self._pairs.update(pairs)
        for event, pair in zip(events, pairs, strict=True):
            if pair not in self._examples and len(self._examples) < _PAIRS:
                self._examples[pair] = cut(event.id)

    def report(self) -> Report:
        """What all events so far come to."""
        self._sum_up()
        return self._sums.report(self._pairs, self._examples, self._strange_kinds)

    def _sum_up(self) -> None:
        for (rule, ours, channel, platform), count in self._counts.items():
            self._sums.add(rule, self._channel(channel, platform), count, ours=ours)
        for number, count in self._by_hour.items():
            self._sums.add_hour(*divmod(number, self._sums.count), count)
        self._counts.clear()
        self._by_hour.clear()

    def _hour(self, time: datetime) -> int:
        """Hours on the brand's clock since the year 1, as if no clock ever changed."""
        zone = time.tzinfo
        if (
            zone is None or zone.utcoffset(None) is None
        ):  # its offset changes: no key to remember by
            return _hour(local(time, self._playbook.timezone))
        begin = time.replace(minute=0, second=0, microsecond=0)
        hour = self._shown(begin, timedelta(hours=1))
        if hour is not None:
            self._remember((time.toordinal(), time.hour, zone), hour)
            return hour
        # Clocks that are apart by half an hour or a quarter of one.
        quarter = time.minute // _QUARTER
        key = (time.toordinal(), time.hour, quarter, zone)
        hour = self._hours.get(key)
        if hour is None:
            begin += timedelta(minutes=quarter * _QUARTER)
            hour = self._shown(begin, timedelta(minutes=_QUARTER))
            if hour is None:
                return _hour(local(time, self._playbook.timezone))
            self._remember(key, hour)
        return hour

    def _shown(self, begin: datetime, length: timedelta) -> int | None:
        """The hour that the brand's clock shows all that time; None where it shows two."""
        ends = (begin, begin + length - timedelta.resolution)
        first, last = (_hour(local(end, self._playbook.timezone)) for end in ends)
        return first if first == last else None

    def _remember(self, key: _When, hour: int) -> None:
        if len(self._hours) >= _HOURS:
            self._hours.clear()
        self._hours[key] = hour

    def _channel(self, channel: str | None, platform: str) -> Channel:
        """The channel as it is told: a declared one fixes its platform, and of others there are few."""
        declared = self._playbook.channels.get(channel or "")
        if declared is not None:
            return channel, declared.platform
        named = (channel, platform)
        if named not in self._channels:
            if (
                len(self._channels) >= _CHANNELS
                or max(len(channel or ""), len(platform)) > _LONGEST
            ):
                return OTHERS
            self._channels.add(named)
        return named

    def _note(self, kind: str) -> None:
        known = self._strange_kinds
        name = cut(kind)
        known["(others)" if len(known) >= _STRANGE_KINDS and name not in known else name] += 1


def _rules(router: Router, events: Sequence[Event]) -> list[str]:
    try:
        return [decision.rule for decision in router.decide_each(events)]
    except Refused:  # some have no owner
        return [_rule(router, event) for event in events]


def _rule(router: Router, event: Event) -> str:
    try:
        return router.decide(event).rule
    except Refused as refused:
        return _nobody(refused)


def _nobody(refused: Refused) -> str:
    if refused.code != "no_rule":
        raise refused
    return NOBODY


def _hour(at: datetime) -> int:
    return at.toordinal() * 24 + at.hour


def cut(text: str) -> str:
    """As much of a text from outside as is kept."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
