"""The JSON Schema for editors agrees with the loader, and the file with the schema."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from remit.model import Bundle
from remit.playbook import json_schema
from remit.playbook.compose import compose
from remit.playbook.nodes import Items, Node, Table

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


def test_every_key_is_described() -> None:
    properties = json_schema()["properties"]
    assert isinstance(properties, dict)
    assert all(part["description"].endswith(".") for part in properties.values())


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
