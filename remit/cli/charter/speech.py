"""The small words of a charter: numbers, lists, lengths of time, hours, and the names of roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from remit.cli.charter.tongue import Tongue
from remit.model import Duration, Hours, Playbook, Role, Span

_NETWORKS = {
    "facebook": "Facebook",
    "instagram": "Instagram",
    "linkedin": "LinkedIn",
    "tiktok": "TikTok",
    "whatsapp": "WhatsApp",
    "x": "X",
    "youtube": "YouTube",
}
"""Networks whose name is not simply written with one capital."""
LISTED = 12
"""Names that a list within a sentence has at most."""


class Speech:
    """One language, speaking of one playbook."""

    def __init__(self, tongue: Tongue, playbook: Playbook) -> None:
        self.tongue = tongue
        self.playbook = playbook
        titles = Counter(role.title for role in playbook.roles.values())
        self._titles = {
            name: role.title if role.title and titles[role.title] == 1 else _told_apart(role)
            for name, role in playbook.roles.items()
        }

    # Lists ---------------------------------------------------------------------------------------

    def both(self, items: Iterable[str], limit: int = LISTED) -> str:
        """a, b and c."""
        return self._joined(items, limit, self.tongue.pair, self.tongue.series)

    def either(self, items: Iterable[str], limit: int = LISTED) -> str:
        """a, b or c."""
        return self._joined(items, limit, self.tongue.pair_or, self.tongue.series_or)

    def things(self, items: Iterable[str], limit: int = LISTED) -> str:
        """The same for phrases: those that are lists themselves are kept apart by semicolons."""
        said = list(dict.fromkeys(items))
        inner = (", ", *(form.format(left="", right="") for form in self._forms))
        if len(said) < 2 or not any(mark in each for each in said for mark in inner):
            return self.both(said, limit)
        told = said[:limit]
        if len(said) > limit:
            told.append(self.tongue.sentences.more.format(n=self.number(len(said) - limit)))
        return "; ".join(told)

    @property
    def _forms(self) -> tuple[str, str]:
        return self.tongue.pair, self.tongue.pair_or

    def _joined(self, items: Iterable[str], limit: int, pair: str, series: str) -> str:
        said = list(dict.fromkeys(items))
        if len(said) > limit:
            more = self.tongue.sentences.more.format(n=self.number(len(said) - limit))
            return f"{', '.join(said[:limit])} {more}"
        if len(said) < 2:
            return "".join(said)
        form = pair if len(said) == 2 else series
        return form.format(left=", ".join(said[:-1]), right=said[-1])

    # Numbers and time ----------------------------------------------------------------------------

    def number(self, value: Decimal | int) -> str:
        """10,000.5, or 10.000,5."""
        digits, _, rest = format(abs(value), ",f" if isinstance(value, Decimal) else ",").partition(
            "."
        )
        whole = digits.replace(",", self.tongue.thousands)
        sign = self.tongue.minus if value < 0 else ""
        return f"{sign}{whole}{self.tongue.point}{rest}" if rest else f"{sign}{whole}"

    def counted(self, forms: tuple[str, str], count: int) -> str:
        return forms[count != 1].format(n=self.number(count))

    def length(self, length: Duration, *, working: bool = False) -> str:
        """1 hour and 30 minutes; with `working`, 2 working days."""
        words = self.tongue.vocabulary
        units = words.working if working else words.units
        hours, rest = divmod(length.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        parts = (length.days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second")
        said = [self.counted(units[unit], count) for count, unit in parts if count]
        return self.both(said or [self.counted(units["minute"], 0)])

    def day(self, day: date) -> str:
        words = self.tongue
        month = words.vocabulary.months[day.month - 1]
        return words.sentences.date.format(day=day.day, month=month, year=day.year)

    def hours(self, role: Role) -> str:
        """When a role works, in the brand's time."""
        words = self.tongue.sentences
        if role.hours is None or not any(role.hours.week):
            return words.always
        said = [words.hours.format(times=self._times(role.hours), zone=self.zone())]
        said += [
            words.dated_hours.format(
                first=self.day(one.since), last=self.day(one.until), times=self._times(one.hours)
            )
            for one in role.dated
        ]
        return " ".join(said)

    def _times(self, hours: Hours) -> str:
        """`Monday to Friday 09:00-18:00; Saturday 08:00-12:00`."""
        days: dict[tuple[Span, ...], list[int]] = {}
        for day, spans in enumerate(hours.week):
            if spans:
                days.setdefault(spans, []).append(day)
        return "; ".join(
            self.tongue.sentences.day_hours.format(
                days=self._days(which), spans=self.both(self._span(span) for span in spans)
            )
            for spans, which in days.items()
        )

    def zone(self) -> str:
        """The brand's time zone as people call it."""
        name = self.playbook.timezone
        return self.tongue.vocabulary.zones.get(name, name.replace("_", " "))

    def _days(self, days: Sequence[int]) -> str:
        names, words = self.tongue.vocabulary.weekdays, self.tongue.sentences
        if len(days) == len(names):
            return words.every_day
        said: list[str] = []
        for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0]):
            row = [names[day] for _, day in run]
            if len(row) > 2:
                said.append(words.day_range.format(first=row[0], last=row[-1]))
            else:
                said += row
        return self.both(said)

    def _span(self, span: Span) -> str:
        words = self.tongue.sentences
        form = words.next_day if span.until > 1440 else words.span
        until = span.until - 1440 if span.until > 1440 else span.until
        return form.format(since=self._clock(span.since), until=self._clock(until))

    def _clock(self, minute: int) -> str:
        return f"{minute // 60:02}{self.tongue.clock}{minute % 60:02}"

    # Names ---------------------------------------------------------------------------------------

    def title(self, role: str) -> str:
        """A role's title as the playbook writes it, told apart where two roles share one."""
        return self._titles[role]

    def role(self, role: str) -> str:
        """The same, within a sentence."""
        return self.tongue.sentences.role.format(title=self.title(role))

    def roles(self, roles: Iterable[str]) -> str:
        return self.both(map(self.role, roles), limit=20)

    def any_role(self, roles: Iterable[str]) -> str:
        return self.either(map(self.role, roles), limit=20)

    def language(self, code: str) -> str:
        return self.tongue.vocabulary.languages.get(code.lower(), quoted(code))

    def metric(self, name: str) -> str:
        known = self.tongue.vocabulary.metrics.get(name)
        return upper(spaced(name)) if known is None else known

    def account(self, channel: str) -> str:
        """A channel by the account that people see, and its network."""
        known = self.playbook.channels[channel]
        named = known.account or known.url or known.id
        return f"{quoted(named)} ({network(known.platform)})"


def network(platform: str) -> str:
    return _NETWORKS.get(platform, upper(platform))


def quoted(text: str) -> str:
    return f"“{text}”"


def spaced(name: str) -> str:
    """An id as words."""
    return name.replace("_", " ")


def upper(text: str) -> str:
    """With a capital."""
    return text[:1].upper() + text[1:]


def _told_apart(role: Role) -> str:
    return f"{role.title} ({role.id})" if role.title else role.id
