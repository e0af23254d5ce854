"""The pages of docs/findings are what the modules say, and their examples behave as they say."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import datetime

import pytest

from remit.check import Study
from remit.check.proof import FINDINGS, prove
from remit.cli.given import given_of
from remit.cli.pages import EXAMPLES, Page, fenced, pages
from remit.model import Duration, Finding
from remit.playbook import find_problems, make_bundle

SINCE = datetime(2027, 1, 1)  # noqa: DTZ001 - a day, as the command hands it over
BASE = {
    "remit": "remit: 1\n",
    "brand": "brand: kopi\n",
    "timezone": "timezone: Asia/Jakarta\n",
    "languages": "languages: [id, en]\n",
    "people": "people:\n  sari: {name: Sari W.}\n  dewi: {name: Dewi K.}\n  ratna: {name: Ratna S.}\n",
    "roles": (
        "roles:\n"
        "  smm: {title: Social Media Manager, people: [dewi]}\n"
        "  cm: {title: Community Manager, people: [sari]}\n"
        "  lead: {title: Head of Brand, people: [ratna]}\n"
    ),
    "channels": "channels:\n  toko: {platform: sandbox, account: kopi.nusa}\n",
    "topics": (
        "topics:\n"
        '  safety: ["*racun*"]\n'
        '  refund: ["refund*"]\n'
        '  complaint: ["kecewa*"]\n'
        '  praise: ["enak*"]\n'
        '  hours: ["jam buka"]\n'
        '  menu: ["halal"]\n'
    ),
    "rules": (
        "rules:\n"
        "  - {id: talk, when: {kind: conversation}, owner: cm, play: reply}\n"
        "  - {id: brief, when: {kind: content.brief}, owner: smm, play: campaign}\n"
    ),
    "otherwise": "otherwise: {owner: cm, play: log}\n",
    "escalations": "escalations:\n  urgent: [{after: 0m, notify: owner}]\n",
    "approvals": (
        "approvals:\n  replies: {by: [cm, smm]}\n  campaigns: {by: [lead, cm], not: writer}\n"
    ),
    "defaults": "defaults: {reply: {approval: replies}, campaign: {approval: campaigns}}\n",
}
"""What the examples are parts of. An entry is one line, so that an example can replace it."""
PAGES = list(pages().values())
WRITE = "write it again: REMIT_WRITE_DOCS=1 .venv/bin/pytest tests/docs/test_finding_pages.py"


def completed(example: str, code: str) -> dict[str, str]:
    """The files of a brand that has this part."""
    if example.startswith("---"):
        return {"playbook.yaml": "".join(BASE.values()), "templates/shown.j2": example}
    parts = {
        part.partition(":")[0]: part
        for part in re.split(r"^(?=[a-z])", example, flags=re.MULTILINE)
        if part.strip()
    }
    scenarios = parts.pop("scenarios", "")
    said = {key: part for key, part in BASE.items() if (code, key) != ("PB010", "otherwise")}
    for key, part in parts.items():
        named = set(re.findall(r"^  ([\w-]+):", part, re.MULTILINE))
        entries = re.findall(r"^  ([\w-]+):(.*\n)", said.get(key, ""), re.MULTILINE)
        kept = [f"  {name}:{value}" for name, value in entries if name not in named]
        said[key] = part + "".join(kept)
    files = {"playbook.yaml": "".join(said.values())}
    return files | ({"scenarios/shown.yaml": scenarios} if "\n" in scenarios.strip() else {})


def found_in(example: str, code: str) -> tuple[Finding, ...]:
    """What check finds; PB022's network can be answered for a day."""
    files = {name: text.encode() for name, text in completed(example, code).items()}
    playbook, findings = find_problems(make_bundle(files))
    if playbook is None:
        return findings
    given = given_of(playbook, SINCE)
    if code == "PB022":
        given = replace(given, reply_windows={"sandbox": Duration.parse("24h")})
    return prove(Study(playbook, given))


def page_of(page: Page) -> str:
    parts = [f"# {page.code}: {page.title.removesuffix('.')}", page.text]
    for heading, body in page.sections.items():
        parts += [f"## {heading}", fenced(body) if heading in EXAMPLES else body.strip()]
    return "\n\n".join([*parts, "[All findings](README.md)"]) + "\n"


def index() -> str:
    rows = [f"| [{page.code}]({page.code}.md) | {page.title} |" for page in PAGES]
    head = (
        "# What `remit check` finds\n\n"
        "Each finding has a code that does not change, a place, and what to do about it. Its page has a\n"
        "pattern to avoid and a better one, parts of a [playbook](../playbook.md); a test runs both.\n"
        "PB001 to PB003 come from reading the files: while there are any, nothing else is looked for.\n"
    )
    return "\n".join([head, "| code | |", "|---|---|", *rows]) + "\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_a_page_is_what_its_module_says(page, root):
    file = root / page.path
    if os.environ.get("REMIT_WRITE_DOCS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(page_of(page), "utf-8")
    assert file.read_text("utf-8") == page_of(page), WRITE


def test_the_index_names_every_page_and_there_is_no_other(root):
    folder = root / "docs" / "findings"
    if os.environ.get("REMIT_WRITE_DOCS"):
        (folder / "README.md").write_text(index(), "utf-8")
    assert (folder / "README.md").read_text("utf-8") == index(), WRITE
    assert {file.name for file in folder.iterdir()} == {
        "README.md",
        *(f"{page.code}.md" for page in PAGES),
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_a_page_has_a_title_a_text_both_examples_and_a_remedy(page):
    assert re.fullmatch(r"PB\d{3}", page.code)
    assert page.title.endswith(".")
    assert len(page.title) <= 90
    assert page.text
    assert list(page.sections) == [*EXAMPLES, "What to do"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_the_anti_pattern_shows_its_finding_and_the_better_form_does_not(page):
    def severities(example: str) -> set[str]:
        found = [each for each in found_in(example, page.code) if each.code == page.code]
        # What is beside the example, so that a brand is whole, is not what it shows.
        return {each.severity for each in found if each.rule != "otherwise" or each.rule in example}

    bad, better = (severities(page.examples[name]) for name in EXAMPLES)
    assert bad
    assert not bad & better


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
def test_the_better_form_has_no_error_at_all(page):
    found = found_in(page.examples["Better"], page.code)
    assert [str(finding) for finding in found if finding.severity == "error"] == []


def test_every_module_with_findings_is_run():
    loaded = {"PB001", "PB002", "PB003"}
    run = {find.__module__.rpartition(".")[2].upper() for find in FINDINGS}
    assert run == {page.code for page in PAGES} - loaded
