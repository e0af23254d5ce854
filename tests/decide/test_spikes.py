"""What is a storm, and how often chance alone is taken for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import cos, exp, pi
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.decide import spikes
from remit.decide.spikes import FLOOR, MINIMUM, WINDOW, chance, is_over, rises, slices, usual

AT = datetime(2027, 3, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
counts = st.integers(min_value=0, max_value=3000)
rates = st.floats(min_value=0.01, max_value=1000)


@pytest.mark.parametrize(
    ("count", "rate", "expected"),
    [
        (0, 5.0, 1.0),
        (1, 1.0, 0.632121),  # 1 - 1/e
        (3, 1.0, 0.080301),  # 1 - (1 + 1 + 1/2)/e
        (20, 10.0, 3.454342e-3),
        (20, 4.0, 1.0e-8),
    ],
)
def test_the_chance_is_the_tail_of_a_poisson_distribution(count, rate, expected):
    assert chance(count, rate) == pytest.approx(expected, rel=0.05)


@given(counts, rates)
def test_a_chance_is_between_nothing_and_certainty(count, rate):
    assert 0.0 <= chance(count, rate) <= 1.0


@given(counts, rates)
def test_more_messages_are_never_likelier(count, rate):
    assert chance(count + 1, rate) <= chance(count, rate) + 1e-12


@given(counts, rates, st.floats(min_value=1, max_value=3))
def test_the_same_count_is_likelier_where_more_is_said(count, rate, times):
    assert chance(count, rate) <= chance(count, rate * times) + 1e-9


@given(counts, rates)
def test_what_is_a_storm_stays_one_with_another_message(count, baseline):
    if rises(count, baseline):
        assert rises(count + 1, baseline)


@given(counts, rates)
def test_what_is_a_storm_is_one_where_less_is_usual(count, baseline):
    if rises(count, baseline):
        assert rises(count, baseline / 2)


@given(counts, rates)
def test_what_rises_is_not_over(count, baseline):
    if rises(count, baseline):
        assert not is_over([0, 0, count], baseline)


def test_a_handful_is_no_storm_however_quiet_it_is():
    assert not rises(MINIMUM - 1, 0.0)
    assert rises(MINIMUM, 0.0)


def test_a_busy_hour_is_no_storm_though_chance_does_not_explain_it():
    assert chance(400, 250) < spikes.RARE
    assert not rises(400, 250)
    assert rises(800, 250)


def test_a_storm_is_over_after_three_calm_windows():
    assert is_over([100, 3, 3, 3], 2.0)
    assert not is_over([3, 4, 3], 2.0)
    assert not is_over([3, 3], 2.0)


def test_nothing_is_usual_within_the_first_hour():
    assert slices(AT, None) == []
    assert slices(AT, AT - WINDOW - timedelta(minutes=59)) == []
    assert usual([]) is None


def test_on_the_first_day_the_hour_before_is_usual():
    assert slices(AT, AT - 7 * WINDOW) == [(AT - 7 * WINDOW, AT - WINDOW)]
    assert slices(AT, AT - 50 * WINDOW) == [(AT - 7 * WINDOW, AT - WINDOW)]
    assert usual([(12, 6 * WINDOW)]) == 2.0


def test_four_weeks_on_record_give_this_time_of_each_day():
    spans = slices(AT, AT - 40 * DAY)
    assert len(spans) == 28
    assert spans[0] == (AT - DAY - WINDOW, AT - DAY)
    assert spans[-1] == (AT - 28 * DAY - WINDOW, AT - 28 * DAY)


@given(st.integers(min_value=70, max_value=60 * 24 * 60))
def test_what_is_usual_is_told_from_the_past_alone(minutes):
    first = AT - timedelta(minutes=minutes)
    spans = slices(AT, first)
    assert spans
    assert all(first <= since < until <= AT - WINDOW for since, until in spans)
    assert len({since for since, _ in spans}) == len(spans)


def test_a_storm_of_last_week_is_not_what_is_usual():
    quiet = [(2, WINDOW)] * 27
    assert usual([*quiet, (900, WINDOW)]) == pytest.approx(2.0)


def test_what_is_never_spoken_of_has_a_baseline():
    assert usual([(0, WINDOW)] * 28) == FLOOR


def _tide(minute: float, mean: float) -> float:
    """Messages a window: few at night, most in the evening."""
    return max(0.0, mean * (1 + 0.9 * cos(2 * pi * (minute / 1440 - 0.8))))


def _drawn(rate: float, random: Random) -> int:
    """Knuth's way for small rates; a large one is a sum of small ones."""
    total = 0
    while rate > 0:
        part = min(rate, 30.0)
        rate -= part
        limit, product = exp(-part), random.random()
        while product > limit:
            total += 1
            product *= random.random()
    return total


@pytest.mark.parametrize("mean", [0.2, 1.0, 5.0, 25.0, 100.0])
@pytest.mark.parametrize("days", [1, 3, 28])
def test_chance_alone_raises_no_alarm_in_weeks_of_tides(mean, days, record_property):
    """Every ten minutes of 28 days, judged by the days before: 4,032 windows for each line."""
    random = Random(f"{mean} {days}")
    windows = 144
    said = [
        [_drawn(_tide(number * 10, mean), random) for number in range(windows)]
        for _ in range(28 + days)
    ]
    flat = [count for day in said for count in day]
    first = AT - len(flat) * WINDOW
    alarms = 0
    for index in range(days * windows + 1, len(flat)):
        at = first + (index + 1) * WINDOW
        begun = max(first, at - WINDOW - days * DAY)
        spans = slices(at, begun)
        lengths = [
            (sum(flat[(since - first) // WINDOW : (until - first) // WINDOW]), until - since)
            for since, until in spans
        ]
        rate = usual(lengths)
        assert rate is not None
        alarms += rises(flat[index], rate)
    record_property("false_alarms", alarms)
    print(f"mean {mean:5.1f} a window, {days:2d} days on record: {alarms} false alarms in 4032")
    assert alarms == 0


@pytest.mark.parametrize("mean", [0.2, 1.0, 5.0, 25.0, 100.0])
def test_chance_alone_raises_no_alarm_on_a_first_day(mean):
    """Forty brands, each with nothing but its first day on record, begun in the dead of night."""
    random = Random(f"first {mean}")
    alarms = 0
    for _ in range(40):
        said = [_drawn(_tide(number * 10, mean), random) for number in range(144)]
        for index in range(7, 144):
            [(since, until)] = slices(AT + (index + 1) * WINDOW, AT)
            count = sum(said[(since - AT) // WINDOW : (until - AT) // WINDOW])
            rate = usual([(count, until - since)])
            assert rate is not None
            alarms += rises(said[index], rate)
    print(f"mean {mean:5.1f} a window, first days: {alarms} false alarms in 5480")
    assert alarms == 0


def test_a_storm_over_a_tide_is_found_within_its_minute():
    assert rises(120, _tide(1140, 5.0))
    assert rises(30, _tide(1140, 2.0))
