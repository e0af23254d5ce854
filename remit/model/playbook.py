"""A playbook as a value: what the loader makes and everything else reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, Field

from remit.model.base import Frozen, Play, Severity

Scalar = str | bool | Decimal
"""A value that a test may name. Numbers are exact decimals."""

OTHERWISE = "otherwise"
"""The name of the rule that takes what no other rule takes."""


class Duration(Frozen):
    """A length of time as written: `15m`, `4h`, `2d`, `1h30m`.

    `days` count working days on the business clock and 24 hours on the calendar, so they are kept
    apart from `seconds`.
    """

    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `1d2h30m15s`, largest unit first. Raises ValueError with the form to use."""
        match = re.fullmatch(r"(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,8})s)?", text)
        if match is None or not text:
            raise ValueError(
                f"{text!r} is not a length of time; write it like 15m, 4h, 2d or 1h30m"
            )
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return cls(days=days, seconds=hours * 3600 + minutes * 60 + seconds)

    @property
    def calendar(self) -> timedelta:
        """On the calendar, where a day has 24 hours."""
        return timedelta(days=self.days, seconds=self.seconds)

    def __str__(self) -> str:
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        parts = ((self.days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
        return "".join(f"{count}{unit}" for count, unit in parts if count) or "0m"


class Where(Frozen):
    """A place in a file of the bundle."""

    file: str = ""
    line: int = 0
    """From 1; 0 for what nobody wrote."""


# Tests -----------------------------------------------------------------------------------------


class AnyOf(Frozen):
    """The field has one of these values. For `kind`, a value covers all below it."""

    op: Literal["any_of"] = "any_of"
    values: tuple[Scalar, ...]


class NoneOf(Frozen):
    """The field has none of these values, or is missing."""

    op: Literal["none_of"] = "none_of"
    values: tuple[Scalar, ...]


class Range(Frozen):
    """The number lies within all bounds given."""

    op: Literal["range"] = "range"
    at_least: Decimal | None = None
    more_than: Decimal | None = None
    at_most: Decimal | None = None
    less_than: Decimal | None = None


class Exists(Frozen):
    """The field is there (or, with false, is missing)."""

    op: Literal["exists"] = "exists"
    exists: bool


class HoldsTopics(Frozen):
    """The text holds any of `any`, all of `all`, and none of `none`; empty parts ask nothing."""

    op: Literal["topics"] = "topics"
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


Test = AnyOf | NoneOf | Range | Exists | HoldsTopics


class FieldTest(Frozen):
    """A test of one field. `field` is spelt as in the playbook: `author.relation`, `fields.tier`."""

    field: str
    test: Test = Field(discriminator="op")


class When(Frozen):
    """`all` tests hold, and, if `any` is not empty, all tests of at least one of its mappings."""

    all: tuple[FieldTest, ...] = ()
    any: tuple[tuple[FieldTest, ...], ...] = ()


# Rules -----------------------------------------------------------------------------------------


class Due(Frozen):
    """Internal limits of a case, on the owner's business clock unless `clock` is calendar."""

    first_response: Duration | None = None
    next_response: Duration | None = None
    resolution: Duration | None = None
    clock: Literal["business", "calendar"] = "business"


class HoldOrder(Frozen):
    """Stops the publications of a role while the case lives."""

    posts_of: str
    starts: Literal["at_once", "acknowledged"] = "at_once"
    at_most: Duration | None = None
    topics: tuple[str, ...] = ()
    """Only posts about these; empty: all posts of the brand."""


class Outcome(Frozen):
    """What a rule says of an event. Also the part of a Decision that can differ between playbooks."""

    owner: str
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()
    severity: Severity = Severity.normal
    play: Play
    template: str | None = None
    approval: str | None = None
    """The name of an approval, defaults already applied."""
    escalation: str | None = None
    due: Due | None = None
    hold: HoldOrder | None = None
    because: str | None = None


class Rule(Frozen):
    """One rule; the first that matches an event decides it."""

    id: str
    when: When = When()
    outcome: Outcome
    over: tuple[str, ...] = ()
    """Rules that this one precedes on purpose; `("any",)` for all."""
    where: Where = Where()


# People, roles, clocks -------------------------------------------------------------------------


class Span(Frozen):
    """Local open time of one weekday, in minutes from midnight. `until` above 1440 crosses it."""

    since: int
    until: int


class Hours(Frozen):
    """Open spans by weekday, Monday first. No spans at all: never closed."""

    week: tuple[tuple[Span, ...], ...] = ((), (), (), (), (), (), ())


class DatedHours(Frozen):
    """Hours that hold on some days alone, both included, in place of the others."""

    since: date
    until: date
    hours: Hours


class Shift(Frozen):
    """Who of a role is on, and when. It says whom to tell first; it moves no due time."""

    people: tuple[str, ...]
    hours: Hours
    since: date | None = None
    until: date | None = None
    """Both days included; None: ever since, for ever."""


class Holidays(Frozen):
    """Which public holidays close a role."""

    country: str
    joint_leave: bool = False


class Goal(Frozen):
    """What a role aims for."""

    metric: str
    at_least: Decimal | Duration | None = None
    at_most: Decimal | Duration | None = None
    where: Where = Where()


class Person(Frozen):
    id: str
    name: str


class Role(Frozen):
    id: str
    title: str
    mission: str = ""
    scope: str = ""
    goals: tuple[Goal, ...] = ()
    hours: Hours | None = None
    """None: open at all times."""
    dated: tuple[DatedHours, ...] = ()
    """Of those that hold on a day the last does; `hours` where none does."""
    holidays: Holidays | None = None
    people: tuple[str, ...] = ()
    backup: str | None = None
    on_call: bool = False
    where: Where = Where()


class Channel(Frozen):
    """One account of the brand on a platform."""

    id: str
    platform: str
    account: str | None = None
    url: str | None = None
    credentials: str | None = None
    """`env:NAME` or `file:PATH`; never the secret itself."""
    mode: Literal["live", "watch"] = "live"
    since: datetime | None = None
    """Import history from here, without opening cases."""


class Topic(Frozen):
    """Holds in a text that has one of `words` and none of `without`."""

    id: str
    words: tuple[str, ...]
    without: tuple[str, ...] = ()
    """Spelt `not` in the playbook."""


class FieldSpec(Frozen):
    """A field of the brand's own: either named values or a number."""

    id: str
    values: tuple[str, ...] = ()
    number: bool = False
    at_least: Decimal | None = None
    at_most: Decimal | None = None


class Step(Frozen):
    """One rung of an escalation."""

    after: Duration
    notify: str
    """A role, a person, or `owner`, `backup`."""


class Tier(Frozen):
    """So many people of these roles."""

    by: tuple[str, ...]
    """Roles."""
    count: int = 1
    not_writer: bool = False
    """Spelt `not: writer`."""


class Approval(Frozen):
    """Who must say yes before something goes out."""

    id: str
    by: tuple[str, ...] = ()
    """Roles; with `tiers`, all of theirs."""
    count: int = 1
    """How many people; with `tiers`, of all of them together."""
    expires: Duration | None = None
    not_writer: bool = False
    """Spelt `not: writer`; with `tiers` each says it for itself."""
    identity: Literal["asserted", "verified"] = "asserted"
    tiers: tuple[Tier, ...] = ()
    """Asked one after the other; empty where everybody is asked at once."""
    where: Where = Where()

    @property
    def asked(self) -> tuple[Tier, ...]:
        """Who is asked, in order: one tier where the approval has none."""
        return self.tiers or (Tier(by=self.by, count=self.count, not_writer=self.not_writer),)


class Grouping(Frozen):
    by: Literal["author_in_thread", "thread", "author", "event"] = "author_in_thread"
    within: Duration = Duration(seconds=86400)


class Schedule(Frozen):
    """When something runs: exactly one of the two."""

    every: Duration | None = None
    cron: str | None = None


class Notify(Frozen):
    """Where and when a person wants to be told."""

    to: str
    """`env:NAME` or `file:PATH` of an Apprise address; never the address itself."""
    quiet: Span | None = None
    """Local time of every day at which only what cannot wait is told."""
    digest: tuple[int, ...] = ()
    """Minutes of the day at which what can wait is told, in one message."""
    digest_every: Duration | None = None
    """The same, so often. At most one of the two digests is there."""
    repeat: Duration | None = None
    """Again so often, until somebody has it."""
    only: tuple[str, ...] = ()
    """Kinds of reminders; empty: all. The steps of an escalation are always told."""


class Contact(Frozen):
    """A line of contacts.csv."""

    platform: str
    handle: str
    relation: str | None = None
    fields: Mapping[str, str | Decimal] = Field(default_factory=dict)


class Template(Frozen):
    """A reply template with its front matter."""

    id: str
    body: str
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    where: Where = Where()


class Knowledge(Frozen):
    """An approved answer."""

    id: str
    body: str
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    valid_until: date | None = None
    sources: tuple[str, ...] = ()


class Scenario(Frozen):
    """A test of the playbook: `event` as in EVENT.json (its time is `at`), `expect` as written."""

    name: str
    at: AwareDatetime
    event: Mapping[str, object]
    expect: Mapping[str, object]
    where: Where = Where()


# Campaigns -------------------------------------------------------------------------------------


class Image(Frozen):
    file: str
    """Path inside the bundle."""
    alt: str


class BriefPost(Frozen):
    """One post of a brief, to be rendered for each of its channels."""

    id: str
    channels: tuple[str, ...]
    text: str
    texts: Mapping[str, str] = Field(default_factory=dict)
    """By channel, where a channel needs its own words."""
    images: tuple[Image, ...] = ()
    topics: tuple[str, ...] = ()
    language: str | None = None
    at: AwareDatetime | None = None
    after: Duration | None = None
    """Its slot: an instant, or so long after the approval. Exactly one of the two."""


class Brief(Frozen):
    """What a campaign is for and what it says."""

    id: str
    title: str
    objective: str = ""
    audience: str = ""
    owner: str
    writer: str | None = None
    """The person who wrote it."""
    budget: Decimal | None = None
    goals: tuple[Goal, ...] = ()
    posts: tuple[BriefPost, ...]
    where: Where = Where()


class Playbook(Frozen):
    """Everything that a brand decided beforehand."""

    hash: str = ""
    """Hex SHA-256 of the bundle it was read from."""
    language_version: int = 1
    brand: str
    timezone: str = "UTC"
    languages: tuple[str, ...] = ()
    people: Mapping[str, Person] = Field(default_factory=dict)
    roles: Mapping[str, Role]
    channels: Mapping[str, Channel] = Field(default_factory=dict)
    topics: Mapping[str, Topic] = Field(default_factory=dict)
    fields: Mapping[str, FieldSpec] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    otherwise: Rule | None = None
    escalations: Mapping[str, tuple[Step, ...]] = Field(default_factory=dict)
    approvals: Mapping[str, Approval] = Field(default_factory=dict)
    autopilot: Mapping[str, int] = Field(default_factory=dict)
    """Rule id to answers a day."""
    grouping: Grouping = Grouping()
    schedules: Mapping[str, Schedule] = Field(default_factory=dict)
    shifts: Mapping[str, tuple[Shift, ...]] = Field(default_factory=dict)
    """By role."""
    notify: Mapping[str, Notify] = Field(default_factory=dict)
    """By person."""
    contacts: tuple[Contact, ...] = ()
    templates: Mapping[str, Template] = Field(default_factory=dict)
    knowledge: tuple[Knowledge, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    campaigns: Mapping[str, Brief] = Field(default_factory=dict)


class Bundle(Frozen):
    """All files of a playbook folder by relative path. `hash`: hex SHA-256 over paths and contents."""

    files: Mapping[str, bytes]
    hash: str
