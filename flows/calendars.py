"""Public holidays and joint leave, from the `holidays` package."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays

from remit.model import InputError


@lru_cache(maxsize=64)
def _days(country: str, joint_leave: bool, year: int) -> frozenset[date]:
    categories = (holidays.PUBLIC, holidays.GOVERNMENT) if joint_leave else (holidays.PUBLIC,)
    try:
        supported = set(holidays.country_holidays(country, years=year).supported_categories)
        chosen = tuple(each for each in categories if each in supported)
        return frozenset(holidays.country_holidays(country, years=year, categories=chosen))
    except NotImplementedError as unknown:
        raise InputError(
            f"no holidays are known for country {country!r}; write its two-letter code, like ID"
        ) from unknown


class PublicHolidays:
    """`remit.model.HolidayCalendar` over the kept tables of the package."""

    def closed(self, country: str, joint_leave: bool, day: date) -> bool:
        return day in _days(country, joint_leave, day.year)
