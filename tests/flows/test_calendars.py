"""Holidays by name, in one language wherever Remit runs; what is only estimated says so."""

from __future__ import annotations

from datetime import date, timedelta

import holidays as package
import pytest

from flows.calendars import PublicHolidays
from remit.model import InputError


@pytest.mark.parametrize(
    ("country", "joint", "day", "name", "estimated"),
    [
        ("ID", False, date(2027, 3, 8), "Day of Silence", False),
        ("ID", True, date(2027, 3, 8), "Day of Silence", False),
        ("ID", False, date(2027, 3, 9), None, False),
        ("ID", True, date(2027, 3, 9), "Eid al-Fitr Joint Holiday", False),
        ("ID", False, date(2027, 3, 10), "Eid al-Fitr", True),
        ("ID", True, date(2027, 3, 13), None, False),
        ("US", False, date(2027, 7, 5), "Independence Day (observed)", False),
        # A country that has one language only.
        ("CM", False, date(2027, 1, 1), "New Year's Day", False),
    ],
)
def test_a_holiday_has_a_name_without_marks(country, joint, day, name, estimated):
    calendar = PublicHolidays()

    assert calendar.named(country, joint, day) == name
    assert calendar.closed(country, joint, day) is (name is not None)
    assert calendar.estimated(country, joint, day) is estimated


@pytest.mark.parametrize("language", ["id_ID.UTF-8", "en_US.UTF-8", "C"])
def test_the_language_of_the_machine_changes_no_name(language, monkeypatch):
    monkeypatch.setenv("LANGUAGE", language)
    monkeypatch.setenv("LANG", language)

    assert PublicHolidays().named("ID", False, date(2031, 8, 17)) == "Independence Day"


@pytest.mark.parametrize("code", ["ID", "MY", "SA", "PS", "CI", "TR", "EG", "PK", "SG", "AE", "BD"])
def test_countries_that_wait_for_the_moon_have_days_that_are_estimated(code):
    calendar = PublicHolidays()
    days = package.country_holidays(code, years=2034)

    # Years away from any announcement.
    estimated = [day for day in days if calendar.estimated(code, False, day)]
    names = [calendar.named(code, False, day) for day in estimated]

    assert 1 < len(estimated) < len(days)
    assert not any("estimated" in str(name) for name in names)


def test_asking_for_marks_moves_no_day():
    calendar = PublicHolidays()

    for code in ("ID", "SA", "PS", "CI", "US", "CM"):
        days = package.country_holidays(code, years=2027, categories=(package.PUBLIC,))
        year = [date(2027, 1, 1) + timedelta(days=number) for number in range(365)]
        assert [day for day in year if calendar.closed(code, False, day)] == sorted(
            day for day in days if day.year == 2027
        )


def test_a_country_that_is_none_is_told_with_the_form_to_use():
    with pytest.raises(InputError, match="two-letter code, like ID"):
        PublicHolidays().named("XX", False, date(2027, 1, 1))
