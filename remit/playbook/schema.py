"""JSON Schema of the language, for editors. Made from the shapes that the loader reads with."""

from __future__ import annotations

from remit.playbook.campaigns import BRIEF
from remit.playbook.fronted import KNOWLEDGE, TEMPLATE
from remit.playbook.language import PLAYBOOK
from remit.playbook.scenarios import SCENARIOS
from remit.playbook.tested import tests_schema
from remit.playbook.when import FIELDS


def json_schema() -> dict[str, object]:
    """The schema of playbook.yaml; of the other files under `$defs`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "playbook.v1.schema.json",
        "description": "Which role of a brand owns each kind of event.",
        **PLAYBOOK.schema(),
        "title": "Remit playbook, version 1",
        "$defs": {
            "tests": {"description": "Tests that hold together.", **tests_schema(FIELDS)},
            "scenarios": {"description": "scenarios/*.yaml", **SCENARIOS.schema()},
            "brief": {"description": "campaigns/*.yaml", **BRIEF.schema()},
            "template": {"description": "Front matter of templates/*.j2", **TEMPLATE.schema()},
            "knowledge": {"description": "Front matter of knowledge/*.md", **KNOWLEDGE.schema()},
        },
    }
