"""An editor completes and explains every key: asked of the YAML language server that editors run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remit.playbook import json_schema
from tests.servers.editor import YamlEditor

pytestmark = pytest.mark.server

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
BOUND = "# yaml-language-server: $schema=playbook.schema.json"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A playbook beside its schema, as `remit new` leaves them."""
    (tmp_path / "playbook.schema.json").write_text(json.dumps(json_schema()))
    return tmp_path / "playbook.yaml"


def lines(*rest: str, part: str = "") -> str:
    return "\n".join([BOUND + part, *rest])


def test_a_rule_is_begun_with_the_keys_of_a_rule(yaml_editor: YamlEditor, file: Path) -> None:
    offered = yaml_editor.completions(file, lines("rules:", "  - |"))

    rule = {"id", "when", "owner", "consulted", "informed", "severity", "play", "template"}
    rule |= {"approval", "escalation", "due", "hold", "because", "over"}
    assert rule <= set(offered)
    assert all(offered[key]["documentation"] for key in rule)
    (whole,) = (offered[label] for label in set(offered) - rule)
    assert all(f"{key}:" in whole["insertText"] for key in ("id", "when", "owner", "play"))


@pytest.mark.parametrize(
    ("before", "some"),
    [
        (["|"], {"remit", "brand", "roles", "rules", "otherwise", "topics"}),
        (["roles:", "  cm:", "    |"], {"title", "mission", "hours", "people", "on_call"}),
        (["rules:", "  - when:", "      |"], {"kind", "topic", "any", "author.followers"}),
        (["rules:", "  - when:", "      any:", "        - |"], {"kind", "topic"}),
        (["rules:", "  - when:", "      kind: |"], {"conversation", "conversation.comment"}),
        (["rules:", "  - when:", "      reach:", "        |"], {"at_least", "exists", "not"}),
        (["rules:", "  - due:", "      |"], {"first_response", "resolution", "clock"}),
        (["rules:", "  - severity: |"], {"low", "normal", "high", "critical"}),
        (["timezone: |"], {"UTC", "Asia/Jakarta"}),
    ],
)
def test_what_may_stand_at_the_cursor_is_offered(
    yaml_editor: YamlEditor, file: Path, before: list[str], some: set[str]
) -> None:
    assert some <= set(yaml_editor.completions(file, lines(*before)))


def test_what_is_inserted_is_never_the_name_of_an_object(
    yaml_editor: YamlEditor, file: Path
) -> None:
    offered = yaml_editor.completions(file, lines("|"))

    assert [key for key, item in offered.items() if "[object" in item["insertText"]] == []


def test_over_is_explained_with_an_example(yaml_editor: YamlEditor, file: Path) -> None:
    said = yaml_editor.hover(file, lines("rules:", "  - id: crisis", "    ov|er: [idea]"))

    assert "Rules below that this one precedes on purpose" in said
    assert "- creator-lead" in said


def test_a_misspelt_key_is_underlined_where_it_stands(yaml_editor: YamlEditor, file: Path) -> None:
    text = lines(
        "remit: 1",
        "brand: kopi",
        "roles: {cm: {title: Community Manager}}",
        "rules:",
        "  - id: crisis",
        "    when: {}",
        "    ownr: cm",
        "    play: log",
    )

    assert sorted(yaml_editor.problems(file, text)) == [
        '6: Missing property "owner".',
        "8: Property ownr is not allowed.",
    ]
    assert yaml_editor.problems(file, text.replace("ownr", "owner")) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("timezone: 7", 'Incorrect type. Expected "string".'),
        ("languages: []", "Array has too few items."),
        ("brand: a b", "String does not match the pattern"),
        ("people: {owner: {name: A}}", "Matches a schema that is not allowed."),
        ("grouping: {within: 24 hours}", "String does not match the pattern"),
        ("otherwise: {owner: cm, play: replay}", 'Value is not accepted. Valid values: "reply"'),
        ("channels: {a: {platform: b, credentials: hunter2}}", "does not match the pattern"),
        ("approvals: {a: {by: [cm, cm]}}", "duplicate"),
    ],
)
def test_a_value_that_the_loader_refuses_is_underlined(
    yaml_editor: YamlEditor, file: Path, line: str, message: str
) -> None:
    (said,) = [
        problem
        for problem in yaml_editor.problems(file, lines(line))
        if not problem.partition(" ")[2].startswith("Missing property")
    ]

    assert said.startswith("2: ")
    assert message in said


def keys(schema: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every key of mappings with fixed keys, with the way to it, and what is said of it."""
    for key, value in schema.get("properties", {}).items():
        yield (*path, key), value["description"]
        yield from keys(value, (*path, key))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from keys(schema["additionalProperties"], (*path, "some-id"))
    if isinstance(schema.get("items"), dict):
        yield from keys(schema["items"], (*path, "--" if "prefixItems" in schema else "-"))
    for one in schema.get("anyOf", []):
        yield from keys(one, path)


def nested(path: tuple[str, ...]) -> list[str]:
    """The lines that lead to a key, with the cursor in it."""
    made, indent, dash = [], 0, False
    for step, part in enumerate(path):
        if part == "--":  # what stands first is of another kind
            made.append(" " * indent + '- daily: "09:00-10:00"')
        if part in {"-", "--"}:
            dash = True
            continue
        last = step == len(path) - 1
        shown = f"{part[0]}|{part[1:]}: " if last else f"{part}:"
        made.append(" " * indent + ("- " if dash else "") + shown)
        indent += 4 if dash else 2
        dash = False
    return made


EVERY_KEY = sorted(set(keys(json_schema())))


def test_every_key_is_explained_under_the_cursor(yaml_editor: YamlEditor, file: Path) -> None:
    silent = []
    for path, says in EVERY_KEY:
        said = yaml_editor.hover(file, lines(*nested(path)))
        # Markdown takes some characters for its own and has them escaped.
        plain = said.replace("\\", "").replace("&nbsp;", " ")
        if says.split(";")[0].rstrip(".") not in plain or "Example" not in plain:
            silent.append((".".join(path), said))

    assert silent == []
    assert len(EVERY_KEY) > 100


@pytest.mark.parametrize(
    ("part", "text", "some"),
    [
        ("scenarios", ["scenarios:", "  - |"], {"name", "at", "event", "expect"}),
        ("brief", ["|"], {"id", "title", "owner", "posts"}),
    ],
)
def test_the_other_files_have_their_part_of_the_schema(
    yaml_editor: YamlEditor, file: Path, part: str, text: list[str], some: set[str]
) -> None:
    offered = yaml_editor.completions(file, lines(*text, part=f"#/$defs/{part}"))

    assert some <= set(offered)


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    from remit.cli.beginning import new

    new("warung", tmp_path)
    return tmp_path / "warung"


def test_nothing_is_underlined_in_a_new_playbook(yaml_editor: YamlEditor, starter: Path) -> None:
    files = sorted(starter.rglob("*.yaml"))

    assert len(files) >= 4
    for each in files:
        text = each.read_text()
        assert text.startswith("# yaml-language-server: $schema="), each
        assert yaml_editor.problems(each, text) == []
        bad = text.replace("owner:", "ownr:")
        assert yaml_editor.problems(each, bad) != [], each


def test_nothing_is_underlined_in_the_sample_brand(yaml_editor: YamlEditor) -> None:
    playbook = ROOT / "playbooks/kopi/playbook.yaml"
    text = playbook.read_text()

    assert yaml_editor.problems(playbook, text) == []
    assert yaml_editor.problems(playbook, text.replace("brand: kopi", "brnd: kopi")) != []
