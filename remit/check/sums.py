"""What a replay has counted, summed up by everything that its report names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from remit.check.buckets import Buckets
from remit.check.load import (
    HOURS_OF_WEEK,
    NOBODY,
    ChannelLoad,
    Move,
    Moves,
    Report,
    RoleLoad,
    RuleLoad,
    open_share,
)
from remit.model import OTHERWISE, Outcome, Playbook, Severity

Channel = tuple[str | None, str]
"""A channel and its platform; the channel is None where the event names none."""


class Sums:
    """The counts, by everything that a report names.

    Over time they are kept by lane: a role, and whether it is asked to do something.
    """

    def __init__(self, playbook: Playbook, old: Playbook | None) -> None:
        self._playbook = playbook
        self._outcomes = outcomes_of(playbook)
        self._old_outcomes = None if old is None else outcomes_of(old)
        self._hours: tuple[int, int] | None = None
        self._rules: Counter[str] = Counter()
        self._ours: Counter[str] = Counter()
        self._channels: Counter[Channel] = Counter()
        self._week: dict[str, list[int]] = defaultdict(_quiet_week)
        self._work_week: dict[str, list[int]] = defaultdict(_quiet_week)
        self._time = Buckets()
        owners = {rule: outcome.owner for rule, outcome in self._outcomes.items()}
        owners[NOBODY] = NOBODY
        lanes = [
            (owner, work) for owner in dict.fromkeys(owners.values()) for work in (False, True)
        ]
        number = {lane: index for index, lane in enumerate(lanes)}
        self._lanes = lanes
        self.count = len(lanes)
        """How many lanes there are."""
        self.lanes = {
            rule: number[owner, rule != NOBODY and self._outcomes[rule].play.opens_case]
            for rule, owner in owners.items()
        }
        """By rule: the lane of its events."""
        self.quiet = {rule: number[owner, False] for rule, owner in owners.items()}
        """By rule: the lane of what the brand wrote itself."""

    def add_hour(self, hour: int, lane: int, count: int) -> None:
        """Count what came in an hour, so many of them since the year 1."""
        first, last = self._hours or (hour, hour)
        self._hours = (min(first, hour), max(last, hour))
        # The year 1 began on a Monday, and its first day has number 1.
        of_week = (hour - 24) % HOURS_OF_WEEK
        owner, work = self._lanes[lane]
        self._time.add(hour, owner, count)
        self._week[owner][of_week] += count
        if work:
            self._work_week[owner][of_week] += count

    def add(self, rule: str, channel: Channel, count: int, *, ours: bool) -> None:
        """Count what a rule took from a channel."""
        self._rules[rule] += count
        self._channels[channel] += count
        if ours:
            self._ours[rule] += count

    def report(
        self,
        pairs: Counter[tuple[str, str]],
        examples: Mapping[tuple[str, str], str],
        strange_kinds: Mapping[str, int],
    ) -> Report:
        events = self._rules.total()
        first, last = (None, None) if self._hours is None else map(_moment, self._hours)
        return Report(
            brand=self._playbook.brand,
            timezone=self._playbook.timezone,
            events=events,
            ours=self._ours.total(),
            first=first,
            last=last,
            roles=tuple(self._role_loads()),
            rules=tuple(self._rule_loads()),
            channels=tuple(
                ChannelLoad(channel, platform, channel in self._playbook.channels, count)
                for (channel, platform), count in self._channels.most_common()
            ),
            week=_frozen(self._week),
            work_week=_frozen(self._work_week),
            unit=self._time.unit,
            over_time=self._time.counts(),
            strange_kinds=dict(sorted(strange_kinds.items(), key=lambda each: -each[1])),
            moves=None if self._old_outcomes is None else self._moves(pairs, examples),
        )

    def _role_loads(self) -> list[RoleLoad]:
        owners = [*self._playbook.roles, *([NOBODY] if self._rules[NOBODY] else [])]
        loads = {owner: RoleLoad(owner) for owner in owners}
        for rule, count in self._rules.items():
            outcome = self._outcomes.get(rule)
            load = loads[NOBODY if outcome is None else outcome.owner]
            load.events += count
            if outcome is not None:
                load.severity[outcome.severity] += count
                if outcome.play.opens_case:
                    load.cases += count - self._ours[rule]
        for owner, load in loads.items():
            role = self._playbook.roles.get(owner)
            if role is not None and role.hours is not None:
                shares = open_share(role.hours)
                hours = zip(self._work_week[owner], shares, strict=True)
                load.outside_hours = round(sum(count * (1 - share) for count, share in hours))
        return sorted(loads.values(), key=lambda load: -load.events)

    def _rule_loads(self) -> list[RuleLoad]:
        loads = []
        for rule in (*(each.id for each in self._playbook.rules), OTHERWISE, NOBODY):
            outcome = self._outcomes.get(rule)
            if outcome is not None:
                loads.append(
                    RuleLoad(rule, outcome.owner, outcome.severity, outcome.play, self._rules[rule])
                )
            elif self._rules[rule]:
                loads.append(RuleLoad(rule, NOBODY, Severity.normal, None, self._rules[rule]))
        return loads

    def _moves(
        self, pairs: Counter[tuple[str, str]], examples: Mapping[tuple[str, str], str]
    ) -> Moves:
        assert self._old_outcomes is not None
        owners: Counter[tuple[str, str]] = Counter()
        example: dict[tuple[str, str], str | None] = {}
        rules: list[Move] = []
        treated = 0
        for (before, rule), count in pairs.most_common():
            old, new = self._old_outcomes.get(before), self._outcomes.get(rule)
            from_, to = (NOBODY if each is None else each.owner for each in (old, new))
            owners[from_, to] += count
            if _alike(old, new):
                continue
            shown = examples.get((before, rule))
            example.setdefault((from_, to), shown)
            rules.append(Move(from_, to, count, shown, before, rule))
            if from_ == to:
                treated += count
        return Moves(
            owners={pair: owners[pair] for pair in sorted(owners)},
            examples={pair: example.get(pair) for pair in owners},
            treated_otherwise=treated,
            rules=tuple(sorted(rules, key=lambda move: (move.from_ == move.to, -move.events))),
        )


def outcomes_of(playbook: Playbook) -> dict[str, Outcome]:
    """What each rule says. What no rule takes has no outcome."""
    outcomes = {rule.id: rule.outcome for rule in playbook.rules}
    if playbook.otherwise is not None:
        outcomes[OTHERWISE] = playbook.otherwise.outcome
    return outcomes


def _alike(old: Outcome | None, new: Outcome | None) -> bool:
    """Whether two rules treat an event alike; what they say of why, or in which words, is no part."""
    if old is None or new is None:
        return old is new
    aside = {"because": None, "template": None}
    return old.model_copy(update=aside) == new.model_copy(update=aside)


def _moment(hour: int) -> datetime:
    """An hour on the brand's clock; it names no zone, as the report does."""
    days, hours = divmod(hour, 24)
    return datetime.fromordinal(days) + timedelta(hours=hours)


def _quiet_week() -> list[int]:
    return [0] * HOURS_OF_WEEK


def _frozen(week: Mapping[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {owner: tuple(hours) for owner, hours in week.items()}
