"""A first response can come after the platform has closed the door.

Some platforms let a brand answer a message for so long only: a *reply window*. A rule with a due time
for the first response promises an answer by then; this finds a rule whose promise, at its worst,
ends after the window of a platform from which it can get a conversation. Nights, weekends and
holidays of the owner count: one hour of working time is 64 hours from Friday at six, when the role
works on weekdays from nine to six. With `clock: calendar` the promise is as long as it says.

The worst is taken over every instant of the 366 days at which such an event can come to the rule by a
declared channel of that platform, to the second, and the event of that instant is shown. A rule
without a due time for the first response promises nothing that could be late, and `log` and
`campaign` answer nobody.

Anti-pattern::

    roles:
      cm:
        title: Community Manager
        hours: {mon-fri: "09:00-18:00"}
        people: [sari]
    channels:
      chat: {platform: sandbox}         # say it can be answered for 24 hours
    rules:
      - {id: ask, when: {kind: conversation}, owner: cm, play: reply, due: {first_response: 1h}}

Better::

    roles:
      cm:
        title: Community Manager
        hours: {daily: "09:00-18:00"}
        people: [sari]
    channels:
      chat: {platform: sandbox}
    rules:
      - {id: ask, when: {kind: conversation}, owner: cm, play: reply, due: {first_response: 1h}}

What to do::

    Give the owner hours that leave no gap longer than the window, give the hours of the gap to a
    role that works then (`outside_hours`), or shorten the due time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remit.check.days import length_text, moment_text
from remit.check.holidays import holidays_in, named
from remit.check.rules import cases_of
from remit.check.study import Study
from remit.check.timetable import Wait
from remit.model import Duration, Finding, Play, Rule

CODE = "PB022"
_ANSWERS = {Play.reply, Play.triage}


def find(study: Study) -> Iterator[Finding]:
    """One finding for each rule and platform, in the order of the rules."""
    channels = _channels(study)
    for number, rule in cases_of(study.playbook):
        for platform, among in channels.items():
            window = _seconds(study.given.reply_windows[platform])
            if not _may_be_late(rule, study, window):
                continue
            found = _worst(study, number, rule, among)
            if found is not None and found[0].seconds > window:
                wait, channel = found
                yield Finding(
                    code=CODE,
                    file=rule.where.file,
                    line=max(rule.where.line, 1),
                    rule=rule.id,
                    message=_message(study, rule, platform, wait),
                    event=study.arrivals.event(number, wait.since, channel),
                )


def _channels(study: Study) -> dict[str, list[str]]:
    """The channels of each platform that has a window."""
    channels: dict[str, list[str]] = {}
    for channel in study.playbook.channels.values():
        if channel.platform in study.given.reply_windows:
            channels.setdefault(channel.platform, []).append(channel.id)
    return channels


def _may_be_late(rule: Rule, study: Study, window: int) -> bool:
    """Whether some instant, were it one of the rule's, waits longer."""
    due, roster = rule.outcome.due, study.roster
    if rule.outcome.play not in _ANSWERS or due is None or due.first_response is None:
        return False
    waits = roster.waits(rule.outcome.owner, due.first_response, due, roster.looked_at)
    return waits.longest.seconds > window


def _worst(
    study: Study, number: int, rule: Rule, channels: Sequence[str]
) -> tuple[Wait, str] | None:
    """The longest wait of what comes by one of these, and by which."""
    due, roster = rule.outcome.due, study.roster
    assert due is not None
    assert due.first_response is not None
    found = None
    for channel in channels:
        within = study.arrivals.instants(number, channel) & roster.looked_at
        if within:
            wait = roster.waits(rule.outcome.owner, due.first_response, due, within).longest
            if found is None or wait.seconds > found[0].seconds:
                found = (wait, channel)
    return found


def _message(study: Study, rule: Rule, platform: str, wait: Wait) -> str:
    due, owner = rule.outcome.due, rule.outcome.owner
    assert due is not None
    wall, until = study.roster.days.wall, wait.since + wait.seconds
    window = _seconds(study.given.reply_windows[platform])
    calendar = due.clock == "calendar"
    return (
        f"the first response can be later than {platform} takes an answer, which is "
        f"{length_text(window)}; found {due.first_response} on "
        f"{'the calendar' if calendar else f'the hours of {owner}'} to be "
        f"{length_text(wait.seconds)} from {moment_text(wall(wait.since))} to "
        f"{moment_text(wall(until))}{'' if calendar else _estimated(study, owner, wait)}; "
        + (
            f"give no more than {length_text(window)}"
            if calendar
            else f"give {owner} hours in between, or another role those events"
        )
    )


def _estimated(study: Study, owner: str, wait: Wait) -> str:
    """The holidays within that may yet be on other days."""
    span = (wait.since, wait.since + wait.seconds)
    days = holidays_in((span,), (study.playbook.roles[owner],), study.roster)
    guessed = named(days, estimated=True)
    if not guessed:
        return ""
    verb = "is" if len(guessed) == 1 else "are"
    return f", of which {' and '.join(guessed)} {verb} only estimated"


def _seconds(length: Duration) -> int:
    return int(length.calendar.total_seconds())
