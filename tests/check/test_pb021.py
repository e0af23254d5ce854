"""An escalation that reaches no person, a circle of backups, and a ladder that is too slow."""

from __future__ import annotations

import pytest

from remit.check.findings import pb021
from remit.decide import Router, clock

ROLES = """
timezone: Asia/Jakarta
people: {sari: {name: Sari W.}, bayu: {name: Bayu P.}, ratna: {name: Ratna S.}}
approvals: {replies: {by: [cm]}}
defaults: {reply: {approval: replies}}
roles:
  cm: {title: CM, people: [sari, bayu], hours: {mon-fri: "09:00-18:00"}%s}
  lead: {title: Lead, people: [ratna]}
  empty: {title: Nobody yet}
rules:
  - {id: crisis, when: {kind: conversation}, owner: cm, play: %s, escalation: up%s}
escalations: {up: [%s]}
"""
UP = "{after: 0m, notify: owner}, {after: 30m, notify: lead}"


def brand(steps: str = UP, *, due: str = "", cm: str = "", play: str = "reply") -> str:
    return ROLES % (cm and f", {cm}", play, due and f", due: {{{due}}}", steps)


def found_in(examined) -> list[str]:
    return [one.message for one in pb021.find(examined)]


@pytest.mark.parametrize(
    ("steps", "cm", "found", "remedy"),
    [
        (
            "{after: 0m, notify: owner}, {after: 15m, notify: backup}",
            "",
            "step 2 (15m) tells backup, and cm has no backup",
            "add `backup: ROLE` to cm, or name a role with people in the step",
        ),
        (
            "{after: 0m, notify: empty}",
            "",
            "step 1 (0m) tells empty, and the role empty has no people",
            "add `people: [NAME]` to empty, or name another role in the step",
        ),
        (
            "{after: 0m, notify: owner}, {after: 15m, notify: backup}",
            "backup: empty",
            "step 2 (15m) tells backup, and the role empty has no people",
            "add `people: [NAME]` to empty, or name another role in the step",
        ),
        (
            "{after: 15m, notify: backup}, {after: 30m, notify: empty}",
            "",
            (
                "step 1 (15m) tells backup, and cm has no backup; "
                "step 2 (30m) tells empty, and the role empty has no people"
            ),
            "add `backup: ROLE` to cm, or name a role with people in the step",
        ),
    ],
)
def test_a_step_that_tells_nobody_is_named(study, steps, cm, found, remedy):
    (one,) = pb021.find(study(brand(steps, cm=cm)))

    assert one.message == (
        f"the escalation up reaches no person in a step; found {found}; {remedy}"
    )
    assert (one.rule, one.line) == ("crisis", 13)


@pytest.mark.parametrize(
    "steps",
    [
        "{after: 0m, notify: owner}",
        "{after: 0m, notify: cm}, {after: 5m, notify: owner}",
        "{after: 0m, notify: ratna}",
        "{after: 0m, notify: owner}, {after: 15m, notify: backup}",
    ],
)
def test_steps_that_tell_somebody_are_no_finding(study, steps):
    assert not found_in(study(brand(steps, cm="backup: lead")))


def test_a_rule_that_only_logs_climbs_no_ladder(study):
    assert not found_in(study(brand("{after: 0m, notify: empty}", play="log")))


def test_rules_of_one_owner_and_escalation_have_one_finding(study):
    text = brand("{after: 0m, notify: backup}").replace(
        "escalations:",
        "  - {id: other, when: {}, owner: cm, play: triage, escalation: up}\n"
        "  - {id: third, when: {}, owner: lead, play: triage, escalation: up}\nescalations:",
    )

    first, second = pb021.find(study(text))

    assert (first.rule, first.others) == ("crisis", ("other",))
    assert (second.rule, second.others) == ("third", ())


@pytest.mark.parametrize(
    ("backups", "circles"),
    [
        ({"cm": "lead"}, []),
        ({"cm": "lead", "lead": "empty"}, []),
        ({"cm": "cm"}, ["cm -> cm"]),
        ({"cm": "lead", "lead": "cm"}, ["cm -> lead -> cm"]),
        ({"cm": "lead", "lead": "empty", "empty": "lead"}, ["lead -> empty -> lead"]),
        ({"cm": "lead", "lead": "lead", "empty": "cm"}, ["lead -> lead"]),
        ({"cm": "lead", "lead": "empty", "empty": "cm"}, ["cm -> lead -> empty -> cm"]),
        ({"cm": "cm", "lead": "empty", "empty": "lead"}, ["cm -> cm", "lead -> empty -> lead"]),
    ],
)
def test_a_circle_of_backups_is_found_once(study, backups, circles):
    text = brand("{after: 0m, notify: owner}")
    for role, backup in backups.items():
        text = text.replace(f"  {role}: {{title", f"  {role}: {{backup: {backup}, title")

    found = list(pb021.find(study(text)))

    assert [one.message.split("; ")[1] for one in found] == [f"found {each}" for each in circles]
    assert all(one.line in {9, 10, 11} for one in found)


@pytest.mark.parametrize(
    ("steps", "due", "found"),
    [
        # Due 15 minutes after it came, whenever it came; the lead hears of it after 30.
        (UP, "first_response: 15m, clock: calendar", "15 min"),
        (UP, "first_response: 30m, clock: calendar", None),
        (UP, "first_response: 31m, clock: calendar", None),
        (UP, "resolution: 20m, clock: calendar", "20 min"),
        (UP, "first_response: 1h, resolution: 20m, clock: calendar", "20 min"),
        # On working time the least is what it says, as long as the role works so long.
        (UP, "first_response: 15m", "15 min"),
        (UP, "first_response: 30m", None),
        ("{after: 10h, notify: lead}", "first_response: 9h", "9 h"),
        # Ten hours of nine-hour days are never over sooner than the next day at ten.
        ("{after: 24h, notify: lead}", "first_response: 10h", None),
        ("{after: 26h, notify: lead}", "first_response: 10h", "25 h"),
        # A working day is 24 hours from nine to nine, at its shortest.
        ("{after: 25h, notify: lead}", "first_response: 1d", "24 h"),
        ("{after: 1d, notify: lead}", "first_response: 1d", None),
        # The last step tells nobody new: the lead knows since ten minutes.
        (
            "{after: 10m, notify: lead}, {after: 5h, notify: lead}, {after: 6h, notify: ratna}",
            "first_response: 15m",
            None,
        ),
        (
            "{after: 10m, notify: lead}, {after: 5h, notify: owner}",
            "first_response: 15m",
            "15 min",
        ),
        # What is due later is not what the first answer is protected by.
        (UP, "next_response: 15m, clock: calendar", None),
    ],
)
def test_a_ladder_slower_than_the_answer_is_found(study, steps, due, found):
    messages = found_in(study(brand(steps, due=due)))

    assert [one.split("due after ")[1].split(";")[0] for one in messages] == (
        [found] if found else []
    )


def test_the_least_time_is_shown_with_an_event(study):
    examined = study(brand("{after: 26h, notify: lead}", due="first_response: 10h"))

    (one,) = pb021.find(examined)

    # Monday is the first day with another working day behind it; Friday 1 January has none.
    assert one.message == (
        "the escalation up outlasts the due time that it protects; found step 1 telling ratna after "
        "26 h, and the first response (10h) of an event of Mon 4 Jan 2027 09:00 due after 25 h; "
        "tell ratna within 25 h, or give more time"
    )
    assert one.event is not None
    assert Router(examined.playbook).decide(one.event).rule == "crisis"
    rule = examined.playbook.rules[0].outcome
    due, _ = clock.due_times(
        rule.due, examined.playbook.roles["cm"], examined.playbook.timezone, one.event.time
    )
    assert due is not None
    assert (due - one.event.time).total_seconds() == 25 * 3600


def test_only_hours_at_which_events_come_are_counted(study):
    # In working hours half an hour is over after half an hour; at night the last second before nine
    # leaves the least, which is a second more.
    night = brand("{after: 59m, notify: lead}", due="first_response: 30m").replace(
        "{kind: conversation}", "{outside_hours: cm}"
    )
    day = night.replace("outside_hours", "within_hours")

    (one,) = pb021.find(study(night))
    (two,) = pb021.find(study(day))

    assert "Fri 1 Jan 2027 08:59:59 due after 30 min 1 s" in one.message
    assert "Fri 1 Jan 2027 09:00 due after 30 min;" in two.message
