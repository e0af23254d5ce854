"""What an editor says of the tests in a `when`: JSON Schema, with words and examples for every key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from remit.playbook.scalars import NAME, Number, Schema, Shape

BOUNDS = {
    "at_least": "This much, or more.",
    "more_than": "More than this.",
    "at_most": "This much, or less.",
    "less_than": "Less than this.",
}
"""Tests of a number; several in one mapping hold together."""

# By key: what it says, and values to begin with.
_SAYS: Mapping[str, tuple[str, list[object]]] = {
    "kind": (
        "What arrived; `conversation` covers all below it.",
        ["conversation", "conversation.comment", ["audience", "content.published"]],
    ),
    "platform": ("The network.", ["bluesky", ["bluesky", "sandbox"]]),
    "language": ("The language of the text.", ["id", {"not": ["id", "en"]}]),
    "metric": ("The name of the metric, for metric events.", ["engagement_rate"]),
    "channel": ("The brand's own account.", ["toko", {"not": "toko"}]),
    "under": ("What the interaction hangs under.", ["campaign", ["campaign", "ad"]]),
    "author.relation": ("What the author is to the brand.", [["press", "partner"]]),
    "author.verified": ("Whether the network calls the author verified.", [True]),
    "author.followers": ("How many follow the author.", [{"at_least": 10_000}]),
    "reach": ("How many may have seen it.", [{"at_least": 1_000, "less_than": 50_000}]),
    "sentiment": ("From -1, bad, to 1, good.", [{"less_than": -0.5}]),
    "toxicity": ("From 0 to 1.", [{"at_least": 0.9}]),
    "value": ("The value of a metric event.", [{"more_than": 100}]),
    "change": ("The change of a metric event.", [{"less_than": -0.2}]),
    "within_hours": ("Within the hours of this role.", ["cm"]),
    "outside_hours": ("Outside the hours of this role.", ["cm", ["cm", "smm"]]),
}
_TOPIC = (
    "Which topics the text holds: a name, a list of which one is enough, or all and none.",
    ["refund", ["refund", "late"], {"all": ["refund"], "none": ["safety"]}],
)
_OWN = (
    "A field of the brand's own, as declared under `fields`.",
    ["gold", {"not": "gold"}, {"at_least": 100}],
)
_ANY = (
    "At least one of these mappings holds, beside all the tests around it.",
    [[{"author.relation": "press"}, {"author.followers": {"at_least": 10_000}}]],
)


def when_schema(shapes: Mapping[str, Shape[Any]]) -> Schema:
    """Of `when`; the mappings of its `any` are `#/$defs/tests`."""
    tests = tests_schema(shapes)
    properties = tests["properties"]
    assert isinstance(properties, dict)
    either = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/tests"}}
    return {**tests, "properties": {**properties, "any": _explained(_ANY, either)}}


def tests_schema(shapes: Mapping[str, Shape[Any]]) -> Schema:
    """Of tests that hold together, by the shape of each field's value."""
    tests = {key: _explained(_SAYS[key], _field(shape)) for key, shape in shapes.items()}
    return {
        "type": "object",
        "properties": {**tests, "topic": _explained(_TOPIC, _topic())},
        "patternProperties": {rf"^fields\.{NAME}$": _explained(_OWN, _field(None))},
        "additionalProperties": False,
    }


def _explained(says: tuple[str, Sequence[object]], schema: Schema) -> Schema:
    return {"description": says[0], "examples": list(says[1]), **schema}


def _field(shape: Shape[Any] | None) -> Schema:
    value: Schema = {"type": ["string", "number"]} if shape is None else shape.schema()
    some = [value, {"type": "array", "items": value, "minItems": 1}]
    such = "gold" if shape is None else shape.example()
    operators: dict[str, Schema] = {
        "not": _explained(
            ("None of these; a field that is missing passes.", [such]), {"anyOf": some}
        )
    }
    if shape is None or isinstance(shape, Number):
        for bound, says in BOUNDS.items():
            operators[bound] = _explained((says, [10]), {"type": "number"})
    operators["exists"] = _explained(
        ("true: the field is there. false: it is missing.", [True]), {"type": "boolean"}
    )
    return {"anyOf": [*some, _operators(operators)]}


def _topic() -> Schema:
    name: Schema = {"type": "string", "pattern": f"^{NAME}$"}
    names: Schema = {"type": "array", "items": name, "minItems": 1, "uniqueItems": True}
    some: Schema = {"anyOf": [name, names]}
    operators = {
        "all": _explained(("The text holds all of these.", [["refund", "late"]]), some),
        "none": _explained(("The text holds none of these.", [["safety"]]), some),
    }
    return {"anyOf": [name, names, _operators(operators)]}


def _operators(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "additionalProperties": False,
        "minProperties": 1,
    }
