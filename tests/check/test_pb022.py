"""A first response that can come after the platform has closed the door."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.check.findings import pb022
from remit.decide import Router, clock
from remit.model import Event, Refused

BRAND = """
timezone: %s
people: {sari: {name: Sari W.}, dewi: {name: Dewi K.}}
approvals: {replies: {by: [cm]}}
defaults: {reply: {approval: replies}}
roles:
  cm: {title: CM, people: [sari], %s}
  night: {title: Night, people: [dewi]}
channels:
  chat: {platform: sandbox, account: kopi, credentials: env:CHAT}
  bsky: {platform: bluesky, account: kopi.example.com, credentials: env:BSKY}
rules:
  %s
"""
START = datetime.fromisoformat("2027-01-01T00:00+07:00")
OFFICE = 'hours: {mon-fri: "09:00-18:00"}'
ASK = "- {id: ask, when: {kind: conversation}, owner: cm, play: reply, due: {first_response: 1h}}"


def brand(hours: str = OFFICE, rules: str = ASK, zone: str = "Asia/Jakarta") -> str:
    return BRAND % (zone, hours, rules)


@pytest.mark.parametrize(
    ("hours", "due", "wait", "since", "until"),
    [
        # From Friday 18:00 to Monday 09:00 are 63 hours, and one of work: 64.
        (OFFICE, "1h", "64 h", "Fri 1 Jan 2027 18:00", "Mon 4 Jan 2027 10:00"),
        # Friday 1 January 18:00 to Tuesday 18:00, when two days of nine hours are over.
        (OFFICE, "18h", "96 h", "Fri 1 Jan 2027 18:00", "Tue 5 Jan 2027 18:00"),
        # The next working day at its opening: what comes on Friday after six counts from Monday on.
        (OFFICE, "1d", "87 h", "Fri 1 Jan 2027 18:00", "Tue 5 Jan 2027 09:00"),
        # Two spans a day; the weekend from Friday 17:00 to Monday 09:00 is the longest.
        (
            'hours: {mon-fri: ["09:00-12:00", "13:00-17:00"]}',
            "4h",
            "69 h",
            "Fri 1 Jan 2027 17:00",
            "Mon 4 Jan 2027 14:00",
        ),
        # The night shift of Monday to Friday ends on Saturday at six; the next begins on Monday
        # at ten in the evening: 64 hours. The shift of Thursday ends on the first Friday.
        (
            'hours: {mon-fri: "22:00-06:00"}',
            "30m",
            "64 h 30 min",
            "Sat 2 Jan 2027 06:00",
            "Mon 4 Jan 2027 22:30",
        ),
        # Two whole days closed.
        (
            'hours: {mon-fri: "00:00-24:00"}',
            "1h",
            "49 h",
            "Sat 2 Jan 2027 00:00",
            "Mon 4 Jan 2027 01:00",
        ),
    ],
)
def test_the_longest_wait_begins_when_the_week_closes(study, hours, due, wait, since, until):
    rules = ASK.replace("1h", due)

    (one,) = pb022.find(study(brand(hours, rules), windows={"sandbox": "24h"}))

    assert one.message == (
        "the first response can be later than sandbox takes an answer, which is 24 h; "
        f"found {due} on the hours of cm to be {wait} from {since} to {until}; "
        "give cm hours in between, or another role those events"
    )


def test_the_event_shown_waits_so_long_and_comes_by_the_channel(study):
    examined = study(brand(), windows={"sandbox": "24h"})

    (one,) = pb022.find(examined)

    assert one.event is not None
    assert (one.event.channel, one.event.platform) == ("chat", "sandbox")
    decision = Router(examined.playbook).decide(one.event)
    assert decision.rule == one.rule == "ask"
    due, _ = clock.due_times(
        decision.outcome.due, examined.playbook.roles["cm"], "Asia/Jakarta", one.event.time
    )
    assert due is not None
    assert due - one.event.time == timedelta(hours=64)


@pytest.mark.parametrize(
    ("window", "late"), [("63h", True), ("64h", False), ("3d", False), ("63h59m59s", True)]
)
def test_an_answer_at_the_end_of_the_window_is_in_time(study, window, late):
    assert bool(list(pb022.find(study(brand(), windows={"sandbox": window})))) is late


@pytest.mark.parametrize(
    ("rules", "late"),
    [
        # Platforms of declared channels only, and what their events are.
        (ASK, ["ask"]),
        (ASK.replace("{kind: conversation}", "{channel: chat}"), ["ask"]),
        (ASK.replace("{kind: conversation}", "{channel: bsky}"), []),
        (ASK.replace("{kind: conversation}", "{platform: bluesky}"), []),
        (ASK.replace("{kind: conversation}", "{platform: sandbox}"), ["ask"]),
        (ASK.replace("{kind: conversation}", "{platform: {not: sandbox}}"), []),
        (ASK.replace("{kind: conversation}", "{kind: audience}"), []),
        # The rule above leaves only the other channel.
        (f"- {{id: chat, when: {{channel: chat}}, owner: night, play: reply}}\n  {ASK}", []),
        (f"- {{id: bsky, when: {{channel: bsky}}, owner: night, play: reply}}\n  {ASK}", ["ask"]),
        # The night of another role who always works.
        (ASK.replace("{kind: conversation}", "{outside_hours: cm}"), ["ask"]),
        (ASK.replace("owner: cm", "owner: night"), []),
        # On the calendar it is as long as it says.
        (ASK.replace("1h}", "1h, clock: calendar}"), []),
        (ASK.replace("1h}", "2d, clock: calendar}"), ["ask"]),
        # No promise, no answer.
        (ASK.replace("first_response", "resolution"), []),
        (ASK.replace(", due: {first_response: 1h}", ""), []),
        (ASK.replace("play: reply", "play: log"), []),
        (ASK.replace("play: reply", "play: triage"), ["ask"]),
        (
            "- {id: a, when: {kind: audience}, owner: cm, play: log}\notherwise: {owner: cm, play: triage, due: {first_response: 1h}}",
            ["otherwise"],
        ),
    ],
)
def test_only_what_can_come_by_a_channel_with_a_window_is_asked(study, rules, late):
    found = pb022.find(study(brand(rules=rules), windows={"sandbox": "24h", "whatsapp": "1h"}))

    assert [one.rule for one in found] == late


def test_in_the_hours_of_the_owner_the_last_second_waits_longest(study):
    rules = ASK.replace("{kind: conversation}", "{within_hours: cm}")

    (one,) = pb022.find(study(brand(rules=rules), windows={"sandbox": "24h"}))

    # All who come after Friday 17:00 wait alike; 17:01 is the first full minute of them.
    assert "64 h from Fri 1 Jan 2027 17:59:59" in one.message
    assert one.event is not None


def test_what_the_night_role_takes_makes_no_one_late(study):
    rules = (
        "- {id: night, when: {outside_hours: cm}, owner: night, play: reply, "
        "due: {first_response: 1h}}\n  " + ASK.replace("1h", "30m")
    )

    # Only what comes in the last half hour before a close waits for the next opening.
    (one,) = pb022.find(study(brand(rules=rules), windows={"sandbox": "24h"}))

    assert one.rule == "ask"
    assert "63 h 30 min from Fri 1 Jan 2027 17:59:59" in one.message


def test_holidays_make_the_wait_longer(study, calendar):
    closed = calendar({"2027-03-08": "Nyepi", "2027-03-09": "Lebaran"}, estimated=["2027-03-09"])
    hours = f"{OFFICE}, holidays: {{country: ID}}"

    (one,) = pb022.find(study(brand(hours), windows={"sandbox": "24h"}, holidays=closed))

    # Friday 5 March 18:00 to Wednesday 09:00 are 6 + 4 x 24 + 9 hours.
    assert (
        "112 h from Fri 5 Mar 2027 18:00 to Wed 10 Mar 2027 10:00, "
        "of which Tue 9 Mar 2027 Lebaran is only estimated; " in one.message
    )


def test_a_night_in_which_the_clocks_go_back_is_an_hour_longer(study):
    hours = 'hours: {daily: "09:00-18:00"}'

    (one,) = pb022.find(study(brand(hours, zone="America/New_York"), windows={"sandbox": "16h"}))

    # Every night of 15 hours has 16 until the answer; one has 17.
    assert "17 h from Sat 6 Nov 2027 18:00 to Sun 7 Nov 2027 10:00" in one.message


def test_each_platform_with_a_window_has_its_own_finding(study):
    found = list(pb022.find(study(brand(), windows={"sandbox": "24h", "bluesky": "48h"})))

    assert [one.event and one.event.channel for one in found] == ["chat", "bsky"]
    assert ["48 h" in one.message for one in found] == [False, True]


spans = st.sets(st.integers(0, 47), min_size=2, max_size=4).map(sorted)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    days=st.lists(st.one_of(st.none(), spans), min_size=7, max_size=7).filter(any),
    asked=st.sampled_from(["{kind: conversation}", "{within_hours: cm}", "{outside_hours: cm}"]),
    due=st.sampled_from(["30m", "5h", "1d", "1d2h", "2d"]),
)
def test_no_minute_of_two_weeks_waits_longer(study, days, asked, due):
    hours = {
        name: [
            f"{a // 2:02}:{a % 2 * 30:02}-{b // 2:02}:{b % 2 * 30:02}"
            for a, b in zip(edges[::2], edges[1::2], strict=False)
        ]
        for name, edges in zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), days, strict=True)
        if edges
    }
    rules = ASK.replace("{kind: conversation}", asked).replace("1h", due)
    examined = study(brand(f"hours: {json.dumps(hours)}", rules), windows={"sandbox": "1s"})
    cm, router = examined.playbook.roles["cm"], Router(examined.playbook)
    said = examined.playbook.rules[0].outcome

    def wait(event: Event) -> timedelta:
        end, _ = clock.due_times(said.due, cm, "Asia/Jakarta", event.time)
        assert end is not None
        return end - event.time

    (one,) = pb022.find(examined)

    assert one.event is not None
    longest = timedelta()
    for minute in range(0, 14 * 1440, 7):
        event = one.event.model_copy(update={"time": START + timedelta(minutes=minute)})
        try:
            router.decide(event)
        except Refused:
            continue
        longest = max(longest, wait(event))
    assert longest <= wait(one.event) < longest + timedelta(minutes=7, seconds=1)


def test_without_windows_nothing_is_late(study):
    assert not list(pb022.find(study(brand())))
