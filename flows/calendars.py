"""Public holidays and joint leave, from the `holidays` package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from inspect import signature
from typing import Any

from remit.model import InputError

_ENGLISH = "en_US"
_ESTIMATED = re.compile(r" ?\((observed, )?estimated\)")
"""How the English names of the package mark a day that it reckons."""


@lru_cache(maxsize=64)
def _days(country: str, joint_leave: bool, year: int) -> Mapping[date, str]:
    """Its holidays and their names. In English wherever it is run: findings do not drift."""
    # Many playbooks never ask for a day, and it knows two hundred countries.
    import holidays

    categories = (holidays.PUBLIC, holidays.GOVERNMENT) if joint_leave else (holidays.PUBLIC,)
    try:
        known = holidays.country_holidays(country, years=year)
        of_country = type(known)
        # Some countries mark what they estimate only when asked.
        asked = signature(of_country.__init__).parameters
        marks: dict[str, Any] = (
            {"islamic_show_estimated": True} if "islamic_show_estimated" in asked else {}
        )
        return dict(
            of_country(
                years=year,
                categories=tuple(each for each in categories if each in known.supported_categories),
                language=_english(known.supported_languages),
                **marks,
            )
        )
    except NotImplementedError as unknown:
        raise InputError(
            f"no holidays are known for country {country!r}; write its two-letter code, like ID"
        ) from unknown


def _english(languages: tuple[str, ...]) -> str | None:
    """The language of that kind that a country has; None: its only one."""
    if _ENGLISH in languages:
        return _ENGLISH
    return next((each for each in languages if each.startswith("en")), None)


class PublicHolidays:
    """`remit.model.HolidayCalendar` over the kept tables of the package."""

    def closed(self, country: str, joint_leave: bool, day: date) -> bool:
        return day in _days(country, joint_leave, day.year)

    def named(self, country: str, joint_leave: bool, day: date) -> str | None:
        name = _days(country, joint_leave, day.year).get(day)
        if name is None:
            return None
        names = dict.fromkeys(_ESTIMATED.sub("", each) for each in name.split("; "))
        return ", ".join(names)

    def estimated(self, country: str, joint_leave: bool, day: date) -> bool:
        name = _days(country, joint_leave, day.year).get(day, "")
        return _ESTIMATED.search(name) is not None
