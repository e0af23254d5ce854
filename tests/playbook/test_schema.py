"""The JSON Schema for editors agrees with the loader, and the file with the schema."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from remit.model import Bundle
from remit.playbook import json_schema, load_playbook, make_bundle
from remit.playbook.campaigns import BRIEF
from remit.playbook.compose import compose
from remit.playbook.language import PLAYBOOK
from remit.playbook.nodes import Items, Node, Table
from remit.playbook.notes import Notes, Reading
from remit.playbook.scalars import Shape
from remit.playbook.scenarios import SCENARIOS

ROOT = Path(__file__).parents[2]
BAD = Path(__file__).parent / "bad"


def plain(node: Node | None) -> object:
    """The data that an editor sees."""
    if isinstance(node, Table):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    assert node is not None
    text = getattr(node, "text", None)
    if text is None or getattr(node, "empty", False):
        return None
    if getattr(node, "flag", False) or getattr(node, "number", False):
        return json.loads(text)
    return text


def data(content: bytes) -> object:
    return plain(compose(content.decode(), lambda line, message: None))


def errors(instance: object, part: str | None = None) -> list[str]:
    schema = json_schema()
    if part is not None:
        parts = schema["$defs"]
        assert isinstance(parts, dict)
        schema = parts[part]
    return [error.message for error in Draft202012Validator(schema).iter_errors(instance)]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_the_file_is_what_the_loader_knows() -> None:
    """Written anew by `remit schema > schemas/playbook.v1.schema.json`."""
    written = (ROOT / "schemas" / "playbook.v1.schema.json").read_text()

    assert json.loads(written) == json_schema()


def test_the_good_playbook_fits_the_schema(good: Bundle) -> None:
    assert errors(data(good.files["playbook.yaml"])) == []
    assert errors(data(good.files["scenarios/crisis.yaml"]), "scenarios") == []
    assert errors(data(good.files["campaigns/launch.yaml"]), "brief") == []


@pytest.mark.parametrize(
    "mistake",
    ["any-in-any", "approval-of-no-role", "credentials-typed-in-place", "due-in-words", "empty-list",
     "empty-test", "field-neither-values-nor-number", "hours-without-colon", "missing-keys",
     "kind-outside-the-hierarchy", "list-at-the-top", "moderate-is-later", "reserved-keys",
     "unknown-keys", "unknown-operator", "values-outside-the-list", "version-2", "wrong-types"],
)  # fmt: skip
def test_a_mistake_of_shape_does_not_fit_the_schema(mistake: str) -> None:
    assert errors(data((BAD / f"{mistake}.yaml").read_bytes()))


Way = tuple[str, ...]


def keys(schema: Any, way: Way = ()) -> Iterator[tuple[Way, dict[str, Any]]]:
    """Every key that the schema knows, with the way to it and what is said of it."""
    if isinstance(schema, list):
        for part in schema:
            yield from keys(part, way)
        return
    if not isinstance(schema, dict):
        return
    for group in ("properties", "patternProperties", "$defs"):
        for key, value in schema.get(group, {}).items():
            if group != "$defs":
                yield (*way, key), value
            yield from keys(value, (*way, key))
    if isinstance(schema.get("additionalProperties"), dict):
        yield (*way, "*"), schema["additionalProperties"]
    for part in ("additionalProperties", "items", "anyOf", "oneOf"):
        yield from keys(schema.get(part), way)


EVERY_KEY = list(keys(json_schema()))


def test_every_key_is_described_with_examples_that_fit() -> None:
    wrong = []
    for way, said in EVERY_KEY:
        if way[-2:] == ("fields", "*") and "scenarios" in way:
            continue  # values of the brand's own fields, about which nothing is known here
        alone = Draft202012Validator({**said, "$defs": json_schema()["$defs"]})
        fits = said.get("examples") and all(alone.is_valid(one) for one in said["examples"])
        if not fits or not said.get("description", "").endswith(".") or "" in said["examples"]:
            wrong.append(".".join(way))

    assert wrong == []
    assert len(EVERY_KEY) > 200


def test_the_loader_takes_every_example() -> None:
    """Each is read as YAML by the shape that made it."""
    refused = []
    for name, shape in (("playbook", PLAYBOOK), ("scenarios", SCENARIOS), ("brief", BRIEF)):
        for way, at, such in examples(shape, (name,)):
            files = {"images/cup.png": b""}
            reading = Reading(Notes(files=files, images=list(files)), "a.yaml", key=way[-1])
            node = compose(json.dumps(such, ensure_ascii=False), reading.note)
            assert node is not None
            if at.read(node, reading) is None or reading.notes.findings:
                refused.append((way, such, [each.message for each in reading.notes.findings]))

    assert refused == []


def examples(shape: Any, way: Way) -> Iterator[tuple[Way, Shape[Any], object]]:
    for key, field in getattr(shape, "fields", {}).items():
        for such in field.such or (field.shape.example(),):
            yield (*way, key), field.shape, such
        yield from examples(field.shape, (*way, key))
    for inside in ("item", "inner", "table", "other"):
        if hasattr(shape, inside):
            yield from examples(getattr(shape, inside), way)


DEFAULTS = """\
remit: 1
brand: kopi
people: {sari: {name: Sari W.}}
roles: {cm: {title: CM, people: [sari], holidays: {country: ID}}}
channels: {toko: {platform: sandbox}}
rules:
  - {id: a, when: {}, owner: cm, play: log, due: {resolution: 1d}, hold: {posts_of: cm}}
approvals: {replies: {by: [cm]}}
"""


def test_a_default_is_what_holds_where_the_key_is_left_out() -> None:
    playbook = load_playbook(make_bundle({"playbook.yaml": DEFAULTS.encode()}))
    said, role = playbook.rules[0].outcome, playbook.roles["cm"]
    assert said.due
    assert said.hold
    assert role.holidays
    held = {
        "timezone": playbook.timezone,
        "on_call": role.on_call,
        "joint_leave": role.holidays.joint_leave,
        "mode": playbook.channels["toko"].mode,
        "severity": said.severity,
        "clock": said.due.clock,
        "starts": said.hold.starts,
        "count": playbook.approvals["replies"].count,
        "identity": playbook.approvals["replies"].identity,
        "by": playbook.grouping.by,
        "within": str(playbook.grouping.within),
    }

    written = {way[-1]: said["default"] for way, said in EVERY_KEY if "default" in said}

    assert written == held


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("remit.playbook", {"prefect", "httpx", "sqlalchemy", "jinja2", "asyncio", "yaml"}),
        ("remit.playbook.load", {"prefect", "httpx", "sqlalchemy", "jinja2"}),
    ],
)
def test_importing_the_room_stays_light(module: str, heavy: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"

    loaded = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).split()

    assert not heavy & set(loaded)
