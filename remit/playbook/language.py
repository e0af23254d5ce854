"""The shape of playbook.yaml: every key that it may have, and what it says."""

from __future__ import annotations

from typing import Any

from remit.model import (
    Channel,
    FieldSpec,
    Goal,
    Grouping,
    Holidays,
    Person,
    Role,
    Schedule,
    Topic,
    Where,
)
from remit.playbook.hours import RoleHours
from remit.playbook.nodes import Node
from remit.playbook.notes import Reading
from remit.playbook.notifying import NOTIFY
from remit.playbook.rules import APPROVALS, DEFAULTS, ESCALATIONS, OTHERWISE_RULE, RULES
from remit.playbook.scalars import Choice, Count, Flag, Goalpost, Length, Moment, Name, Number, Text
from remit.playbook.shapes import Converted, Either, Field, ListOf, MapOf, Place, Record
from remit.playbook.shifts import SHIFTS
from remit.playbook.texts import LANGUAGE, Address, Cron, Phrase, Secret, Version, Zone

LATER = ("attribution", "conduct", "llm", "publisher", "retention", "voice")


def _goal(values: dict[str, Any], place: Place) -> Goal:
    return Goal(**values, where=Where(file=place.reading.file, line=place.line))


GOAL = Record(
    "a goal",
    {
        "metric": Field(
            Name(),
            "What is measured.",
            required=True,
            such=("engagement_rate", "first_response"),
        ),
        "at_least": Field(Goalpost(), "As much as this, or more.", such=(0.03,)),
        "at_most": Field(Goalpost(), "As much as this, or less.", such=("1h",)),
    },
    _goal,
    some_of=("at_least", "at_most"),
)


def _holidays(values: dict[str, Any], _: Place) -> Holidays:
    return Holidays(**values)


_HOLIDAYS = Record(
    "holidays",
    {
        "country": Field(
            Text("the code of a country", "[A-Z]{2}", "write it like ID or NO", example="ID"),
            "Whose public holidays close the role.",
            required=True,
        ),
        "joint_leave": Field(Flag(), "Whether days of joint leave close it too.", default=False),
    },
    _holidays,
)


def _person(values: dict[str, Any], place: Place) -> Person:
    return Person(id=place.key, **values)


PEOPLE = MapOf(
    Record(
        "a person",
        {"name": Field(Text(), "As others call them.", required=True, such=("Sari W.",))},
        _person,
    ),
    "person",
    says="A person, by the id that roles name.",
    reserved=("backup", "owner"),
)


def _role(values: dict[str, Any], place: Place) -> Role:
    for many in ("goals", "people"):
        values[many] = tuple(values.get(many, ()))
    if "hours" in values:
        values["hours"], values["dated"] = values["hours"]
    where = Where(file=place.reading.file, line=place.line)
    role = Role(id=place.key, where=where, **values)
    place.reading.notes.roles[role.id] = role
    return role


ROLES = MapOf(
    Record(
        "a role",
        {
            "title": Field(
                Text(), "Its name for people.", required=True, such=("Community Manager",)
            ),
            "mission": Field(
                Text(),
                "What it is there for, in a sentence.",
                such=("Be the brand's face; listen, answer, settle, protect.",),
            ),
            "scope": Field(Text(), "What it works on.", such=("people and conversations",)),
            "goals": Field(ListOf(GOAL), "What it aims for."),
            "hours": Field(
                RoleHours(),
                "When it is there, by day; always, where nothing is said. "
                "A list: the ordinary hours, and those from a day to a day.",
                such=(
                    {"mon-fri": "09:00-18:00", "sat": ["08:00-12:00", "14:00-24:00"]},
                    [
                        {"mon-fri": "09:00-18:00"},
                        {"from": "2027-02-08", "to": "2027-03-09", "mon-fri": "09:00-15:00"},
                    ],
                ),
            ),
            "holidays": Field(_HOLIDAYS, "Which holidays close it."),
            "people": Field(ListOf(Name("person")), "Who holds it."),
            "backup": Field(
                Name("role"), "The role that an escalation's `backup` tells.", such=("lead",)
            ),
            "on_call": Field(Flag(), "Reachable outside hours, for escalations.", default=False),
        },
        _role,
    ),
    "role",
    says="A role, by the id that rules name.",
    reserved=("backup", "owner"),
    some=True,
)


def _channel(values: dict[str, Any], place: Place) -> Channel:
    return Channel(id=place.key, **values)


CHANNELS = MapOf(
    Record(
        "a channel",
        {
            "platform": Field(Name(), "The network.", required=True, such=("bluesky", "sandbox")),
            "account": Field(Text(), "The brand's name there.", such=("kopi.example.com",)),
            "url": Field(Address(), "The server, where the network has many."),
            "credentials": Field(Secret(), "env:NAME or file:PATH; never the secret itself."),
            "mode": Field(
                Choice("live", "watch"),
                "watch: listens, decides and drafts, never sends.",
                default="live",
            ),
            "since": Field(Moment(), "Import from here, without opening cases."),
        },
        _channel,
    ),
    "channel",
    says="One account of the brand on a network, by the id that rules and briefs name.",
    reserved=("other",),
)


def _topic_of_words(words: list[str], _: Node, reading: Reading) -> Topic:
    return Topic(id=reading.key, words=tuple(words))


def _topic(values: dict[str, Any], place: Place) -> Topic:
    return Topic(id=place.key, words=tuple(values["words"]), without=tuple(values.get("not", ())))


_PHRASES = ListOf(Phrase(), "a list of phrases, or a mapping with words and not")
TOPICS = MapOf(
    Either(
        Record(
            "a topic",
            {
                "words": Field(
                    ListOf(Phrase()),
                    "The topic holds where one of these is there; * leads or trails a word.",
                    required=True,
                    such=(["refund*", "uang kembali"],),
                ),
                "not": Field(
                    ListOf(Phrase()), "And none of these is there.", such=(["refund party"],)
                ),
            },
            _topic,
        ),
        Converted(_PHRASES, _topic_of_words),
    ),
    "topic",
    says="What a text can be about: phrases, or words and not.",
)


def _bounds(values: dict[str, Any], _: Place) -> dict[str, Any]:
    return values


def _field(values: dict[str, Any], place: Place) -> FieldSpec:
    if "values" in values:
        return FieldSpec(id=place.key, values=tuple(values["values"]))
    return FieldSpec(id=place.key, number=True, **values["number"])


class OwnFields(MapOf[FieldSpec]):
    """The brand's own fields, told to what is read after them."""

    def read(self, node: Node, reading: Reading) -> dict[str, FieldSpec] | None:
        found = super().read(node, reading)
        read = found or {}
        for name in reading.notes.names("field"):
            reading.notes.fields[name] = read.get(name)
            reading.notes.own.append(f"fields.{name}")
        return found


FIELDS = OwnFields(
    Record(
        "a field",
        {
            "values": Field(
                ListOf(Text()), "Its named values.", such=(["gold", "silver", "none"],)
            ),
            "number": Field(
                Record(
                    "number",
                    {
                        "at_least": Field(Number(), "The smallest it may be.", such=(0,)),
                        "at_most": Field(Number(), "The largest it may be.", such=(100,)),
                    },
                    _bounds,
                ),
                "A number, within these bounds.",
                such=({"at_least": 0},),
            ),
        },
        _field,
        exactly_one=("values", "number"),
    ),
    "field",
    says="An event field of the brand's own: named values, or a number.",
)


def _per_day(values: dict[str, Any], _: Place) -> int:
    return int(values["per_day"])


AUTOPILOT = MapOf(
    Record(
        "autopilot",
        {
            "per_day": Field(
                Count(1), "Answers a day that go out unseen.", required=True, such=(20,)
            )
        },
        _per_day,
    ),
    says="A rule whose template answers go out unseen.",
    keys=Name("rule"),
)


def _grouping(values: dict[str, Any], _: Place) -> Grouping:
    return Grouping(**values)


GROUPING = Record(
    "grouping",
    {
        "by": Field(
            Choice("author_in_thread", "thread", "author", "event"),
            "What makes one case.",
            default=Grouping().by,
        ),
        "within": Field(
            Length(),
            "For how long a later message joins.",
            default=str(Grouping().within),
            such=("24h",),
        ),
    },
    _grouping,
)


def _schedule(values: dict[str, Any], _: Place) -> Schedule:
    return Schedule(**values)


_SCHEDULE = Record(
    "a schedule",
    {
        "every": Field(Length(), "Again and again, so long apart.", such=("30s", "1h")),
        "cron": Field(Cron(), "By the clock of the brand's zone."),
    },
    _schedule,
    exactly_one=("every", "cron"),
)


def _as_read(values: dict[str, Any], _: Place) -> dict[str, Any]:
    return values


SCHEDULES = Record(
    "schedules",
    {
        "listen": Field(_SCHEDULE, "Reading the channels."),
        "sweep": Field(_SCHEDULE, "Looking after what is overdue."),
        "report": Field(_SCHEDULE, "A scorecard for each role.", such=({"cron": "0 9 * * mon"},)),
    },
    _as_read,
)

# `fields` and `defaults` come first: what follows them is read in their light.
PLAYBOOK = Record(
    "a playbook",
    {
        "remit": Field(Version(), "Version of the playbook language.", required=True),
        "brand": Field(Name(example="kopi"), "The brand's id.", required=True),
        "fields": Field(FIELDS, "Event fields of the brand's own."),
        "defaults": Field(DEFAULTS, "The approval of rules that name none, by their play."),
        "timezone": Field(Zone(), "The zone of hours and schedules.", default="UTC"),
        "languages": Field(
            ListOf(LANGUAGE),
            "Languages that the brand answers in; the first is its own.",
            such=(["id", "en"],),
        ),
        "people": Field(PEOPLE, "Who works for the brand."),
        "roles": Field(ROLES, "Who owns what.", required=True),
        "shifts": Field(
            SHIFTS,
            "Who of a role is on when, and is told first.",
            # Two: an editor inserts a single one at once, and writes nested ones as [object Object].
            such=(
                {
                    "cm": [
                        {"people": ["sari"], "mon-fri": "08:00-15:00"},
                        {"people": ["bayu"], "mon-fri": "15:00-22:00"},
                    ]
                },
                {"lead": [{"people": ["ratna"], "daily": "09:00-17:00"}]},
            ),
        ),
        "channels": Field(CHANNELS, "The brand's accounts."),
        "topics": Field(TOPICS, "What a text can be about."),
        "rules": Field(RULES, "From top to bottom: the first that matches an event decides it."),
        "otherwise": Field(OTHERWISE_RULE, "What no rule takes."),
        "escalations": Field(
            ESCALATIONS,
            "Who is told when, until somebody acknowledges.",
            such=(
                {
                    "urgent": [
                        {"after": "0m", "notify": "owner"},
                        {"after": "15m", "notify": "lead"},
                    ]
                },
                {"patient": [{"after": "4h", "notify": "backup"}]},
            ),
        ),
        "approvals": Field(APPROVALS, "Who must say yes before something goes out."),
        "autopilot": Field(AUTOPILOT, "Rules whose template answers go out unseen."),
        "grouping": Field(GROUPING, "Which events make one case."),
        "schedules": Field(SCHEDULES, "When things run."),
        "notify": Field(NOTIFY, "Where and when each person is told."),
    },
    _as_read,
    later=LATER,
)
