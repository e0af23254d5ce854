"""Findings as SARIF 2.1.0, which code scanning and editors read."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from remit import __version__
from remit.cli.checked import Checked, placed, seen
from remit.cli.decisions import as_yaml, event_json
from remit.cli.pages import Page, fenced, pages
from remit.model import Finding

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}
_FINGERPRINT = "remitFinding/v1"


def log(checked: Checked, base: Path) -> dict[str, Any]:
    """One run. Paths are from `base`, or whole addresses where a file does not lie below it."""
    known = dict(pages())
    for finding in checked.findings:
        known.setdefault(finding.code, Page(finding.code, finding.code, finding.code, {}))
    numbers = {code: number for number, code in enumerate(known)}
    seen_before: Counter[str] = Counter()
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "remit",
                        "version": __version__,
                        "rules": [_rule(page) for page in known.values()],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(finding, numbers, _uri(checked.file(finding), base), seen_before)
                    for finding in checked.findings
                ],
            }
        ],
    }


def _rule(page: Page) -> dict[str, object]:
    text = page.text or page.title
    examples = "".join(
        f"\n\n**{heading}**\n\n{fenced(body)}" for heading, body in page.examples.items()
    )
    said = f"{text}\n\n{page.remedy}".strip()
    return {
        "id": page.code,
        "shortDescription": {"text": page.title},
        "fullDescription": {"text": text},
        "help": {"text": said, "markdown": said + examples},
    }


def _result(
    finding: Finding, numbers: dict[str, int], uri: str, seen_before: Counter[str]
) -> dict[str, object]:
    said = seen(finding.message)
    properties: dict[str, object] = {"rule": finding.rule, "others": list(finding.others)}
    if finding.event is not None:
        said += f"\n\nFor example:\n{as_yaml(finding.event)}"
        properties["event"] = event_json(finding.event)
    print_ = _fingerprint(finding)
    seen_before[print_] += 1
    return {
        "ruleId": finding.code,
        "ruleIndex": numbers[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": said},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri},
                    "region": {"startLine": max(finding.line, 1)},
                }
            }
        ],
        "partialFingerprints": {_FINGERPRINT: f"{print_}:{seen_before[print_]}"},
        "properties": properties,
    }


def _fingerprint(finding: Finding) -> str:
    """The same finding when lines above it have moved, or another rule is involved."""
    about = finding.rule or finding.message
    named = f"{finding.code}\0{finding.file}\0{about}".encode("utf-8", "backslashreplace")
    return hashlib.sha256(named).hexdigest()[:32]


def _uri(file: Path, base: Path) -> str:
    place = placed(file, base)
    return Path(place).as_uri() if place.startswith("/") else quote(place)
