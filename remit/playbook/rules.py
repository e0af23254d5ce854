"""Shapes of what decides: rules, what a rule says, escalations, approvals."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from remit.model import (
    OTHERWISE,
    Approval,
    Due,
    HoldOrder,
    Outcome,
    Play,
    Rule,
    Severity,
    Step,
    Tier,
    Where,
)
from remit.playbook.nodes import Entry, Items, Node, Table, Word
from remit.playbook.notes import Reading
from remit.playbook.scalars import NAME, Choice, Count, Length, Name, Schema, Shape, Text
from remit.playbook.shapes import Converted, Field, ListOf, MapOf, Place, Record
from remit.playbook.when import WhenShape

ANY = "any"
_ROLES = ListOf(Name("role"))


def _due(values: dict[str, Any], _: Place) -> Due:
    return Due(**values)


def _hold(values: dict[str, Any], _: Place) -> HoldOrder:
    return HoldOrder(**values)


DUE = Record(
    "due",
    {
        "first_response": Field(
            Length(), "Until the first reply that a person approved.", such=("1h", "4h")
        ),
        "next_response": Field(Length(), "Until the reply to what the author writes next."),
        "resolution": Field(Length(), "Until the case is resolved.", such=("2d",)),
        "clock": Field(
            Choice("business", "calendar"),
            "business: only the owner's open hours count. calendar: day and night.",
            default="business",
        ),
    },
    _due,
    some_of=("first_response", "next_response", "resolution"),
)

HOLD = Record(
    "a hold",
    {
        "posts_of": Field(
            Name("role"), "The role whose publications stop.", required=True, such=("smm",)
        ),
        "starts": Field(
            Choice("at_once", "acknowledged"),
            "When it begins: with the case, or when somebody has taken it.",
            default="at_once",
        ),
        "at_most": Field(Length(), "After this it ends, loudly.", such=("2h",)),
        "topics": Field(ListOf(Name("topic")), "Only publications about these."),
    },
    _hold,
)

SAID: dict[str, Field] = {
    "owner": Field(Name("role"), "The one role that is accountable.", required=True),
    "consulted": Field(
        _ROLES, "Roles that see the case and may comment before it is due.", such=(["smm"],)
    ),
    "informed": Field(_ROLES, "Roles that get a line.", such=(["lead"],)),
    "severity": Field(
        Choice(*map(str, Severity)),
        "How loud it is; normal where nothing is said.",
        default=str(Severity.normal),
        such=("critical",),
    ),
    "play": Field(
        Choice(*map(str, Play), later=("moderate",)),
        "What is done: reply drafts an answer, campaign plans posts, triage asks a person, "
        "log asks nobody.",
        required=True,
    ),
    "template": Field(
        Name("template"),
        "The template to draft from; where none is named, the one that knows the topic.",
    ),
    "approval": Field(Name("approval"), "Who must say yes before it goes out."),
    "escalation": Field(Name("escalation"), "Who is told when nobody acknowledges."),
    "due": Field(DUE, "Internal limits."),
    "hold": Field(HOLD, "Whose publications stop meanwhile."),
    "because": Field(Text(), "Why, for people.", such=("a person looks at what nobody foresaw",)),
}


def _outcome(values: dict[str, Any], reading: Reading) -> Outcome:
    said = {key: value for key, value in values.items() if key in SAID}
    for roles in ("consulted", "informed"):
        said[roles] = tuple(said.get(roles, ()))
    default = reading.notes.defaults.get(said["play"])
    if default is not None:
        said.setdefault("approval", default)
    return Outcome(**said)


def _rule(values: dict[str, Any], place: Place) -> Rule:
    rule = Rule(
        id=values.get("id", OTHERWISE),
        when=values.get("when", Rule.model_fields["when"].default),
        outcome=_outcome(values, place.reading),
        over=tuple(values.get("over", ())),
        where=Where(file=place.reading.file, line=place.line),
    )
    place.reading.notes.rules.append(rule)
    return rule


class Over(Shape[list[str]]):
    """Rules that this one precedes on purpose, or the word any."""

    wants = "a list of rules, or any"
    _rules = ListOf(Name("rule"))

    def read(self, node: Node, reading: Reading) -> list[str] | None:
        if isinstance(node, Word) and node.text == ANY:
            return [ANY]
        if isinstance(node, Word):
            return self.wrong(node, reading, "write over: [RULE], or over: any")
        if isinstance(node, Items):
            for item in node.items:
                if isinstance(item, Word) and item.text == ANY:
                    return self.wrong(node, reading, "write over: any, without brackets")
        return self._rules.read(node, reading)

    def schema(self) -> Schema:
        return {"anyOf": [{"const": ANY}, self._rules.schema()]}

    def example(self) -> object:
        return ["creator-lead"]


class RuleShape(Record[Rule]):
    """A rule. Its findings carry its id."""

    def __init__(self, what: str, fields: dict[str, Field], name: str | None = None) -> None:
        super().__init__(what, fields, _rule)
        self.name = name

    def read(self, node: Node, reading: Reading) -> Rule | None:
        reading.rule = self.name
        if self.name is None and isinstance(node, Table):
            entry = node.entries.get("id")
            if isinstance(entry, Entry) and isinstance(entry.value, Word):
                reading.rule = entry.value.text if re.fullmatch(NAME, entry.value.text) else None
        try:
            return super().read(node, reading)
        finally:
            reading.rule = None


class RuleId(Name):
    """The id of a rule; two words mean something else."""

    def read(self, node: Node, reading: Reading) -> str | None:
        name = super().read(node, reading)
        if name in {ANY, OTHERWISE}:
            return self.wrong(node, reading, f"{name} has a meaning of its own; choose another")
        return name

    def schema(self) -> Schema:
        return super().schema() | {"not": {"enum": [ANY, OTHERWISE]}}


class Rules(ListOf[Rule]):
    """The rules, in order. What could be read is kept for the findings that need whole rules."""

    def __init__(self) -> None:
        fields = {
            "id": Field(RuleId(), "Its name everywhere.", required=True, such=("crisis",)),
            "when": Field(
                WhenShape(), "Tests that all hold; {} matches everything.", required=True
            ),
            **SAID,
            "over": Field(
                Over(),
                "Rules below that this one precedes on purpose, where both could take an event; "
                "or any.",
                such=(["creator-lead"], ANY),
            ),
        }
        super().__init__(RuleShape("a rule", fields), declares="rule")

    def read(self, node: Node, reading: Reading) -> list[Rule] | None:
        if not isinstance(node, Items):
            reading.notes.broken.add("rule")
        return super().read(node, reading)


RULES = Rules()
OTHERWISE_RULE = RuleShape("otherwise", SAID, OTHERWISE)


def _step(values: dict[str, Any], _: Place) -> Step:
    return Step(**values)


def _in_order(steps: list[Step], node: Node, reading: Reading) -> tuple[Step, ...] | None:
    for one, two in pairwise(steps):
        if two.after.calendar < one.after.calendar:
            reading.note(
                node.line,
                f"the steps of an escalation go on in time; found {two.after} after {one.after}; "
                "put them in order",
            )
            return None
    return tuple(steps)


STEP = Record(
    "a step",
    {
        "after": Field(Length(zero=True), "How long after the case opened.", required=True),
        "notify": Field(
            Name("role", "person", besides=("owner", "backup")),
            "A role, a person, owner, or backup: the owner's backup.",
            required=True,
            such=("owner", "backup", "lead"),
        ),
    },
    _step,
)
ESCALATIONS = MapOf(
    Converted(ListOf(STEP), _in_order),
    "escalation",
    says="Who is told when, until somebody acknowledges.",
)


def _tier(values: dict[str, Any], _: Place) -> Tier:
    said = {key: value for key, value in values.items() if key != "not"}
    said["by"] = tuple(said["by"])
    return Tier(not_writer="not" in values, **said)


_NOT = Field(Choice("writer"), "writer: another person than who wrote it.")
TIER = Record(
    "a tier",
    {
        "by": Field(_ROLES, "Roles whose people may say yes.", required=True, such=(["cm"],)),
        "count": Field(Count(1), "How many must; 1 where nothing is said.", default=1),
        "not": _NOT,
    },
    _tier,
)


def _approval(values: dict[str, Any], place: Place) -> Approval | None:
    where = Where(file=place.reading.file, line=place.line)
    said = {key: values[key] for key in ("expires", "identity") if key in values}
    tiers = tuple(values.get("tiers", ()))
    if not tiers:
        tier = _tier({key: values[key] for key in ("by", "count", "not") if key in values}, place)
        return Approval(
            id=place.key,
            by=tier.by,
            count=tier.count,
            not_writer=tier.not_writer,
            where=where,
            **said,
        )
    for key in _OF_A_TIER:
        if key in values:
            place.reading.note(
                place.node.entries[key].line,
                f"an approval with tiers says {key} in each of them; found it beside tiers; "
                "move it into the tiers that it is for",
            )
            return None
    return Approval(
        id=place.key,
        by=tuple(dict.fromkeys(role for tier in tiers for role in tier.by)),
        count=sum(tier.count for tier in tiers),
        tiers=tiers,
        where=where,
        **said,
    )


_OF_A_TIER = ("count", "not")


class ApprovalShape(Record[Approval]):
    """What one tier says of itself is not said beside tiers."""

    def schema(self) -> Schema:
        return super().schema() | {"dependentRequired": {key: ["by"] for key in _OF_A_TIER}}


APPROVALS = MapOf(
    ApprovalShape(
        "an approval",
        {
            "by": Field(_ROLES, "Roles whose people may say yes.", such=(["cm", "smm"],)),
            "count": Field(Count(1), "How many must; 1 where nothing is said.", default=1),
            "expires": Field(Length(), "After this it escalates.", such=("12h",)),
            "not": _NOT,
            "identity": Field(
                Choice("asserted", "verified"),
                "verified: only with a personal code.",
                default="asserted",
            ),
            "tiers": Field(
                ListOf(TIER),
                "Instead of by: who is asked first, who after that, and so on.",
                such=([{"by": ["cm"]}, {"by": ["lead"]}],),
            ),
        },
        _approval,
        exactly_one=("by", "tiers"),
    ),
    "approval",
    says="Who must say yes, by the id that rules name.",
)


def _default(values: dict[str, Any], _: Place) -> str:
    return str(values["approval"])


_DEFAULT = Record(
    "a default",
    {"approval": Field(Name("approval"), "The approval where a rule names none.", required=True)},
    _default,
)


def _defaults(values: dict[str, Any], place: Place) -> dict[str, str]:
    place.reading.notes.defaults.update(values)
    return values


class Defaults(Record[dict[str, str]]):
    """Unreadable defaults are no reason to miss them in every rule."""

    def read(self, node: Node, reading: Reading) -> dict[str, str] | None:
        defaults = super().read(node, reading)
        if defaults is None:
            reading.notes.broken.add("default")
        return defaults


DEFAULTS = Defaults(
    "defaults",
    {
        "reply": Field(_DEFAULT, "For rules whose play is reply."),
        "campaign": Field(_DEFAULT, "For rules whose play is campaign."),
    },
    _defaults,
)
