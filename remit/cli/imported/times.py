"""Times as people and platforms export them: ISO, 01/03/2027 10:00, 1 Mar 2027, seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from remit.model import InputError

_ZONE = r"(?P<zone>z|utc|gmt|wib|wita|wit|(?:utc|gmt)?[+-]\d{1,2}(?::?\d{2})?)?"
_CLOCK = (
    r"(?:(?:,|\s|t|\bat\b|\bpukul\b)+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?\s*(?P<half>[ap]\.?m\.?)?)?\s*"
)
_NUMBERS = re.compile(
    r"(?P<a>\d{1,2})([/.-])(?P<b>\d{1,2})\2(?P<year>\d{4}|\d{2})" + _CLOCK + _ZONE
)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})([/.-])(?P<month>\d{1,2})\2(?P<day>\d{1,2})" + _CLOCK + _ZONE
)
_DAY_NAME = re.compile(
    r"(?P<day>\d{1,2})[\s-]+(?P<name>[a-z]{3,9})\.?,?[\s-]+(?P<year>\d{4})" + _CLOCK + _ZONE
)
_NAME_DAY = re.compile(
    r"(?P<name>[a-z]{3,9})\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})" + _CLOCK + _ZONE
)
_YEAR_LAST = re.compile(
    r"(?P<name>[a-z]{3})\s+(?P<day>\d{1,2})\s+(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})"
    r"\s+(?P<zone>[+-]\d{4}|utc|gmt)\s+(?P<year>\d{4})"
)
_FORMS = (_YEAR_FIRST, _DAY_NAME, _NAME_DAY, _YEAR_LAST)
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun|sen|sel|rab|kam|jum|sab|min)[a-z]*[,\s]+")
_EPOCH = re.compile(r"(\d{9,10})(\.\d+)?|\d{13}|\d{16}")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb peb", "mar", "apr", "may mei", "jun", "jul", "aug agu ags", "sep", "oct okt",
         "nov nop", "dec des"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
"""English and Indonesian, by their first three letters."""
_ZONES = {"wib": 7, "wita": 8, "wit": 9}
_START = datetime(1970, 1, 1, tzinfo=UTC)


def proves(text: str) -> bool | None:
    """Whether this date can only be read day first (True), or only month first (False)."""
    match = _NUMBERS.fullmatch(_plain(text))
    if match is None:
        return None
    a, b = int(match["a"]), int(match["b"])
    if (a > 12) is (b > 12):
        return None
    return a > 12


def is_ambiguous(text: str) -> bool:
    """Whether this date reads otherwise day first than month first."""
    match = _NUMBERS.fullmatch(_plain(text))
    return match is not None and int(match["a"]) != int(match["b"]) and proves(text) is None


def read_time(text: str, zone: tzinfo, *, day_first: bool) -> datetime:
    """An instant; `zone` is that of times that name none. Raises InputError."""
    try:
        found = _read(_plain(text), day_first=day_first)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{text!r} is no time: {error}; write it like 2027-03-01 10:00") from error
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _plain(text: str) -> str:
    return _WEEKDAY.sub("", " ".join(text.split()).lower())


def _read(text: str, *, day_first: bool) -> datetime:
    if _EPOCH.fullmatch(text):
        return _since_1970(text)
    numbers = _NUMBERS.fullmatch(text)
    if numbers is not None:
        day, month = int(numbers["a"]), int(numbers["b"])
        if not day_first:
            day, month = month, day
        year = int(numbers["year"])
        return _at(numbers, year if year > 99 else 2000 + year, month, day)
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            parts = match.groupdict()
            name = parts.get("name")
            month = int(parts["month"]) if name is None else _month(name)
            return _at(match, int(parts["year"]), month, int(parts["day"]))
    return datetime.fromisoformat(text.upper())


def _month(name: str) -> int:
    if name[:3] not in _MONTHS:
        raise ValueError(f"{name} is not a month")
    return _MONTHS[name[:3]]


def _since_1970(text: str) -> datetime:
    whole, _, part = text.partition(".")
    # Seconds, thousandths or millionths of them, by the length of the number.
    unit = 1 if len(whole) <= 10 else 10 ** (len(whole) - 10)
    micros = int(whole) * 1_000_000 // unit + (int(part[:6].ljust(6, "0")) if part else 0)
    return _START + timedelta(microseconds=micros)


def _at(match: re.Match[str], year: int, month: int, day: int) -> datetime:
    parts = match.groupdict()
    hour = int(parts["hour"] or 0)
    half = (parts.get("half") or "").replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(f"there is no {hour} o'clock {half}")
        hour = hour % 12 + (12 if half == "pm" else 0)
    micros = int((parts.get("part") or "0").ljust(6, "0")[:6])
    clock = (hour, int(parts["minute"] or 0), int(parts["second"] or 0), micros)
    return datetime(year, month, day, *clock, tzinfo=_offset(parts["zone"]))


def _offset(zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    if zone in _ZONES:
        return timezone(timedelta(hours=_ZONES[zone]))
    digits = zone.removeprefix("utc").removeprefix("gmt")
    if digits in {"", "z"}:
        return UTC
    hours, minutes = re.fullmatch(r"[+-](\d{1,2}):?(\d{2})?", digits).groups()  # type: ignore[union-attr] # _ZONE matched it
    away = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-away if digits.startswith("-") else away)
