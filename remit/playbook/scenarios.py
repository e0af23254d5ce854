"""The shape of scenarios/*.yaml: an event, the time, and the decision that is expected."""

from __future__ import annotations

from typing import Any

from remit.model import RELATIONS, UNDER, Scenario, Where
from remit.playbook.nodes import Broken, Node, Table, Word, describe
from remit.playbook.notes import Reading
from remit.playbook.scalars import (
    SUCH,
    Choice,
    Count,
    Flag,
    Moment,
    Name,
    Number,
    Schema,
    Shape,
    Text,
)
from remit.playbook.shapes import Anything, Field, ListOf, Place, Record


def _as_read(values: dict[str, Any], _: Place) -> dict[str, Any]:
    return values


class OwnValues(Shape[dict[str, object]]):
    """Values of the brand's own fields, by name."""

    wants = "a mapping from the brand's fields to values"
    remedy = "write {tier: gold}"

    def read(self, node: Node, reading: Reading) -> dict[str, object] | None:
        if not isinstance(node, Table):
            return self.wrong(node, reading)
        found: dict[str, object] = {}
        for key, entry in node.entries.items():
            reading.use(key, ("field",), entry.line)
            if not isinstance(entry.value, Word):
                if not isinstance(entry.value, Broken):
                    reading.note(
                        entry.line,
                        f"a field of an event holds one value; found {describe(entry.value)}; "
                        "write text, a number, true or false",
                    )
                continue
            with reading.at(key):
                value = Anything().read(entry.value, reading)
            if value is not None:
                found[key] = value
        return found if len(found) == len(node.entries) else None

    def schema(self) -> Schema:
        value = {"type": ["string", "number", "boolean"]}
        return {"type": "object", "additionalProperties": value}

    def example(self) -> object:
        return {"tier": "gold"}


_ID = Text("an id as text", example="at://kopi.example.com/1")

EVENT = Record(
    "the event of a scenario",
    {
        "id": Field(_ID, "The network's id."),
        "kind": Field(Text(), "What arrived.", required=True, such=("conversation.comment",)),
        "platform": Field(Text(), "The network.", required=True, such=("sandbox", "bluesky")),
        "channel": Field(Name("channel"), "The brand's account."),
        "text": Field(Text(), "What it says.", such=("uang kembali dong",)),
        "language": Field(Text(), "In which language.", such=("id", "en")),
        "under": Field(Choice(*UNDER), "What it hangs under."),
        "thread": Field(_ID, "The id of the conversation's first message."),
        "parent": Field(_ID, "The id of the message answered."),
        "ours": Field(Flag(), "Whether the brand's own account wrote it."),
        "author": Field(
            Record(
                "an author",
                {
                    "id": Field(_ID, "The network's id."),
                    "handle": Field(Text(), "The name shown.", such=("warta.kota",)),
                    "relation": Field(Choice(*RELATIONS), "What the author is to the brand."),
                    "followers": Field(Count(), "How many follow.", such=(10_000,)),
                    "verified": Field(Flag(), "Whether the network says so."),
                },
                _as_read,
            ),
            "Who wrote it.",
            such=({"handle": "warta.kota", "relation": "press", "followers": 7_300},),
        ),
        "reach": Field(Count(), "How many may have seen it.", such=(1_000,)),
        "sentiment": Field(Number(), "From -1 to 1.", such=(-0.8,)),
        "toxicity": Field(Number(), "From 0 to 1.", such=(0.9,)),
        "metric": Field(Text(), "The name of the metric.", such=("engagement_rate",)),
        "value": Field(Number(), "Its value.", such=(0.02,)),
        "change": Field(Number(), "Its change.", such=(-0.3,)),
        "fields": Field(OwnValues(), "The brand's own."),
    },
    _as_read,
    instead={"time": "write the time as `at`, beside `event`"},
)


class Named(Anything):
    """A value as it stands; where it is a word, one that must be declared."""

    def __init__(self, kind: str, *, many: bool = False) -> None:
        self.kind_used = kind
        self.many = many

    def read(self, node: Node, reading: Reading) -> object | None:
        value = super().read(node, reading)
        if isinstance(value, str):
            reading.use(value, (self.kind_used,), node.line)
        elif isinstance(value, list):
            for name in value:
                if isinstance(name, str):
                    reading.use(name, (self.kind_used,), node.line)
        return value

    def example(self) -> object:
        return [SUCH[self.kind_used]] if self.many else SUCH[self.kind_used]


class Expected(Record[dict[str, object]]):
    """Parts of the decision, as written."""

    def __init__(self) -> None:
        super().__init__(
            "what is expected",
            {
                "rule": Field(Named("rule"), "The rule that decides."),
                "owner": Field(Named("role"), "The accountable role."),
                "consulted": Field(Named("role", many=True), "Roles that may comment."),
                "informed": Field(Named("role", many=True), "Roles that get a line."),
                "severity": Field(Anything(), "How loud.", such=("critical",)),
                "play": Field(Anything(), "What is done.", such=("reply", "triage")),
                "template": Field(Named("template"), "The template."),
                "approval": Field(Named("approval"), "The approval."),
                "escalation": Field(Named("escalation"), "The escalation."),
                "due": Field(
                    Anything(),
                    "Due times, as instants or lengths.",
                    such=({"first_response": "1h"},),
                ),
                "hold": Field(Anything(), "The hold.", such=({"posts_of": "smm"},)),
                "topics": Field(Named("topic", many=True), "The topics that the text holds."),
            },
            _as_read,
            some_of=("rule", "owner", "consulted", "informed", "severity", "play", "template",
                     "approval", "escalation", "due", "hold", "topics"),
        )  # fmt: skip


def _scenario(values: dict[str, Any], place: Place) -> Scenario:
    return Scenario(**values, where=Where(file=place.reading.file, line=place.line))


class ScenarioName(Text):
    """Names are told apart across files."""

    def read(self, node: Node, reading: Reading) -> str | None:
        name = super().read(node, reading)
        if name is None or not reading.declare("scenario", name, node.line):
            return None
        return name


SCENARIO = Record(
    "a scenario",
    {
        "name": Field(
            ScenarioName(),
            "What happens, in words.",
            required=True,
            such=("a refund asked at night",),
        ),
        "at": Field(Moment(), "When.", required=True),
        "event": Field(EVENT, "What arrives.", required=True),
        "expect": Field(Expected(), "What is decided.", required=True),
    },
    _scenario,
)


def _scenarios(values: dict[str, Any], _: Place) -> tuple[Scenario, ...]:
    return tuple(values["scenarios"])


SCENARIOS = Record(
    "a file of scenarios",
    {"scenarios": Field(ListOf(SCENARIO), "Tests of the playbook.", required=True)},
    _scenarios,
)
