"""From a bundle to a Playbook, or to everything that is wrong with it.

Passes: YAML, shape, references, needs. Each goes on as far as the one before it could read.
"""

from __future__ import annotations

import codecs
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from remit.model import (
    OTHERWISE,
    Brief,
    Bundle,
    Finding,
    Knowledge,
    Playbook,
    PlaybookError,
    Scenario,
    Template,
)
from remit.playbook.bundle import CONTACTS, LARGEST, images_of, main_file, make_bundle, too_large
from remit.playbook.campaigns import BRIEF
from remit.playbook.contacts import read_contacts
from remit.playbook.folder import read_bundle
from remit.playbook.fronted import read_knowledge, read_template
from remit.playbook.language import PLAYBOOK
from remit.playbook.needs import lacking
from remit.playbook.nodes import Table
from remit.playbook.notes import Notes, Reading, TooManyFindings, resolve
from remit.playbook.scenarios import SCENARIOS

_MAIN_KINDS = ("role", "person", "channel", "topic", "field", "rule", "escalation", "approval")

# The last three end a line for YAML and for no editor, so lines would no longer agree.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def load_playbook(source: Path | str | Bundle) -> Playbook:
    """The playbook of a brand's folder. Raises PlaybookError with all findings at once."""
    playbook, findings = find_problems(source)
    if playbook is None:
        raise PlaybookError(findings)
    return playbook


def find_problems(source: Path | str | Bundle) -> tuple[Playbook | None, tuple[Finding, ...]]:
    """PB001 to PB003, in the order of files and lines; the playbook where there is no error."""
    try:
        bundle = source if isinstance(source, Bundle) else read_bundle(source)
    except PlaybookError as error:
        return None, error.findings
    main = main_file(bundle)
    notes = Notes(files=bundle.files, images=images_of(bundle))
    values, beside, rest = None, _Beside(), []
    try:
        with _uncollected():
            values = _read_main(bundle, main, notes)
            _read_beside(bundle, notes, beside)
            resolve(notes)
            lacking(notes)
    except TooManyFindings as end:
        rest = [end.finding]
    notes.findings.sort(
        key=lambda finding: (finding.file != main, finding.file, finding.line, finding.code)
    )
    findings = tuple(dict.fromkeys([*notes.findings, *rest]))
    if findings or values is None:
        return None, findings
    digest = bundle.hash or make_bundle(bundle.files).hash
    return _build(values, beside, digest), findings


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is read is kept: to look for rubbish among it again and again takes half of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _read_main(bundle: Bundle, main: str, notes: Notes) -> dict[str, Any] | None:
    reading = Reading(notes, main, key="the playbook")
    source = _text(bundle.files[main], reading)
    node = None if source is None else reading.compose(source)
    if not isinstance(node, Table):
        # Nothing is known of what it declares, so nothing is unknown.
        notes.broken.update(_MAIN_KINDS, {"default"})
        if node is not None:
            PLAYBOOK.read(node, reading)
        return None
    if OTHERWISE in node.entries:
        reading.declare("rule", OTHERWISE, node.entries[OTHERWISE].line)
    return PLAYBOOK.read(node, reading)


class _Beside:
    """What the other files hold."""

    def __init__(self) -> None:
        self.contacts: tuple[Any, ...] = ()
        self.templates: list[Template] = []
        self.knowledge: list[Knowledge] = []
        self.scenarios: list[Scenario] = []
        self.campaigns: list[Brief] = []


def _read_beside(bundle: Bundle, notes: Notes, beside: _Beside) -> None:
    for name, source, reading in _sources(bundle, notes):
        folder = name.partition("/")[0]
        if name == CONTACTS:
            beside.contacts = read_contacts(source, reading)
        elif folder == "templates":
            template = read_template(source, reading)
            if template is None:
                notes.broken.add("template")
            else:
                beside.templates.append(template)
        elif folder == "knowledge":
            answer = read_knowledge(source, reading)
            beside.knowledge += [] if answer is None else [answer]
        elif (node := reading.compose(source)) is not None:
            if folder == "scenarios":
                beside.scenarios += SCENARIOS.read(node, reading) or ()
            elif (brief := BRIEF.read(node, reading)) is not None:
                beside.campaigns.append(brief)


def _sources(bundle: Bundle, notes: Notes) -> Iterator[tuple[str, str, Reading]]:
    suffixes = {"templates": ".j2", "knowledge": ".md", "scenarios": ".yaml", "campaigns": ".yaml"}
    for name in sorted(bundle.files):
        folder, _, file = name.rpartition("/")
        reading = Reading(notes, name)
        if folder in {"scenarios", "campaigns"} and file.endswith(".yml"):
            reading.note(1, f"{file} is not read; found the ending .yml; rename it to .yaml")
        elif name == CONTACTS or (folder in suffixes and file.endswith(suffixes[folder])):
            source = _text(bundle.files[name], reading)
            if source is not None:
                yield name, source, reading
            elif folder == "templates":
                notes.broken.add("template")


def _text(content: bytes, reading: Reading) -> str | None:
    if len(content) > LARGEST:
        reading.note(1, too_large(len(content)))
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = "UTF-16" if content.startswith(_UTF_16) else "other bytes"
        reading.note(line, f"not UTF-8 text; found {found}; save the file as UTF-8")
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    control = _CONTROL.search(text)
    if control is not None:
        line = text.count("\n", 0, control.start()) + 1
        remedy = "save the file as UTF-8 text" if control[0] == "\0" else "remove it"
        reading.note(line, f"a character that no text has; found {control[0]!a}; {remedy}")
        return None
    return text


def _build(values: dict[str, Any], beside: _Beside, digest: str) -> Playbook:
    version = values.pop("remit")
    values.pop("defaults", None)
    for many in ("languages", "rules"):
        values[many] = tuple(values.get(many, ()))
    return Playbook(
        **values,
        hash=digest,
        language_version=version,
        contacts=beside.contacts,
        templates={template.id: template for template in beside.templates},
        knowledge=tuple(beside.knowledge),
        scenarios=tuple(beside.scenarios),
        campaigns={brief.id: brief for brief in beside.campaigns},
    )
