"""Every block of a playbook that a page shows is taken by the loader, as it stands."""

from __future__ import annotations

import re

import pytest

from remit.draft.sandbox import FILTERS, render
from remit.model import KINDS, Bundle
from remit.playbook import json_schema, load_playbook, make_bundle

BASE = """\
remit: 1
brand: kopi
timezone: Asia/Jakarta
languages: [id, en]
people:
  sari: {name: Sari W.}
  bayu: {name: Bayu P.}
  dewi: {name: Dewi K.}
  ratna: {name: Ratna S.}
roles:
  smm: {title: Social Media Manager, people: [dewi]}
  cm: {title: Community Manager, people: [sari, bayu]}
  lead: {title: Head of Brand, people: [ratna]}
channels:
  toko: {platform: sandbox, account: kopi.nusa, credentials: env:REMIT_SANDBOX_TOKEN}
topics:
  safety: ["*racun*"]
  refund: ["balikin duit*"]
fields:
  tier: {values: [gold, silver, none]}
rules:
  - {id: refund, when: {kind: conversation, topic: refund}, owner: cm, play: reply}
otherwise: {owner: cm, play: log}
escalations:
  urgent: [{after: 0m, notify: owner}]
approvals:
  replies: {by: [cm, smm]}
  statements: {by: [lead]}
  campaigns: {by: [lead, cm], not: writer}
defaults: {reply: {approval: replies}, campaign: {approval: campaigns}}
"""
"""What the fragments rest on. An entry is one line here, so that a fragment can replace it."""

BESIDE = {
    "templates/sorry.j2": "---\nid: sorry\n---\nMaaf ya.\n",
    "templates/campaign-comment.j2": "---\nid: campaign-comment\n---\nMakasih.\n",
    "campaigns/images/teaser.png": "a picture",
}
FOLDERS = {"scenarios": "scenarios/shown.yaml", "posts": "campaigns/shown.yaml"}


def sections(text: str) -> dict[str, str]:
    """The parts that begin at the left margin, by key."""
    parts = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)
    return {part.partition(":")[0]: part for part in parts if part.strip()}


def merged(fragment: str) -> str:
    """The base with what the fragment says instead; entries that it does not name stay."""
    said = sections(BASE)
    for key, part in sections(fragment).items():
        named = set(re.findall(r"^  ([\w-]+):", part, re.MULTILINE))
        entries = re.findall(r"^  ([\w-]+):(.*\n)", said.get(key, ""), re.MULTILINE)
        kept = [f"  {name}:{value}" for name, value in entries if name not in named]
        said[key] = part + "".join(kept)
    return "".join(said.values())


def bundled(files: dict[str, str]) -> Bundle:
    return make_bundle({name: text.encode() for name, text in files.items()})


def as_files(text: str) -> dict[str, str]:
    if text.startswith("remit:"):
        return {"playbook.yaml": text}
    for key, file in FOLDERS.items():
        if key in sections(text):
            return {"playbook.yaml": BASE, **BESIDE, file: text}
    return {"playbook.yaml": merged(text), **BESIDE}


def test_yaml_is_taken(yaml_block):
    load_playbook(bundled(as_files(yaml_block.text)))


def test_contacts_are_taken(csv_block):
    found = load_playbook(bundled({"playbook.yaml": BASE, "contacts.csv": csv_block.text}))
    assert len(found.contacts) == len(csv_block.text.splitlines()) - 1


@pytest.mark.parametrize("knowledge", [[], ["Tiga hari kerja."]])
@pytest.mark.parametrize("language", ["id", "en"])
def test_templates_are_taken_and_rendered(jinja_block, language, knowledge):
    files = {"playbook.yaml": BASE, "templates/shown.j2": jinja_block.text}
    (template,) = load_playbook(bundled(files)).templates.values()
    values = {
        "language": language,
        "brand": "kopi",
        "author": {"handle": "galih"},
        "topics": ["refund"],
        "knowledge": knowledge,
    }
    text = render(template.body, values)
    assert "@galih" in text
    assert all(answer in text for answer in knowledge)


def test_approved_answers_are_taken(markdown_block):
    files = {"playbook.yaml": BASE, "knowledge/shown.md": markdown_block.text}
    (answer,) = load_playbook(bundled(files)).knowledge
    assert answer.body


def keys_of(schema: object) -> set[str]:
    """Every key that a schema names."""
    if isinstance(schema, list):
        return {key for each in schema for key in keys_of(each)}
    if not isinstance(schema, dict):
        return set()
    inside = {key for value in schema.values() for key in keys_of(value)}
    named = schema.get("properties")
    return inside | set(named if isinstance(named, dict) else ())


def test_the_reference_names_every_key_of_the_language(page):
    written = page("playbook.md")
    known = keys_of(json_schema())
    assert {key for key in known if not re.search(rf"\b{re.escape(key)}\b", written)} == set()


def test_the_reference_names_every_kind_and_every_filter(page):
    written = page("playbook.md")
    assert {name for name in (*KINDS, *FILTERS) if f"`{name}`" not in written} == set()
