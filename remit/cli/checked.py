"""What a check came to: the findings, and the files that they are about."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from remit.model import Finding, Playbook

SEVERITIES = ("error", "warning", "info")
_OF_OWNERSHIP = frozenset({"PB010", "PB011"})
_CLAUSE = re.compile(r"""`[^`]*`|"[^"]*"|(?<!\w)'[^']*'(?!\w)|(;) """)


@dataclass(frozen=True)
class Checked:
    """Nothing was proved of what could not be read: `playbook` is None then."""

    path: Path
    """As it was asked for: a brand's folder, or its playbook's file."""
    playbook: Playbook | None
    findings: tuple[Finding, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        return Counter(finding.severity for finding in self.findings)

    @property
    def proved(self) -> bool:
        """Whether every event has one owner, and no boundary is left to chance or undecided."""
        return self.playbook is not None and not any(
            finding.code in _OF_OWNERSHIP and finding.severity != "info"
            for finding in self.findings
        )

    def of(self, severity: str) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == severity]

    def file(self, finding: Finding) -> Path:
        """Where the file of a finding lies."""
        return (self.path if self.path.is_dir() else self.path.parent) / finding.file

    def line(self, finding: Finding) -> str | None:
        """The line that it is about; None where there is none to show."""
        lines = self._lines.get(finding.file)
        if lines is None and finding.file in self.files:
            # As the loader counts: a lone return ends a line too.
            text = self.files[finding.file].decode("utf-8-sig", "replace")
            lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            self._lines[finding.file] = lines
        return lines[finding.line - 1] if lines and 0 < finding.line <= len(lines) else None

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        return {}


def placed(file: Path, base: Path) -> str:
    """The path from a folder, or the whole one where it does not lie below, with / between parts."""
    for whole, root in (
        (Path(os.path.abspath(file)), Path(os.path.abspath(base))),  # noqa: PTH100 - links are kept
        (file.resolve(), base.resolve()),
    ):
        if whole.is_relative_to(root):
            return whole.relative_to(root).as_posix()
    return file.resolve().as_posix()


def seen(text: str) -> str:
    """Text from outside on one line, with what cannot be seen or moves the cursor spelt out."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def clauses(message: str) -> Iterator[str]:
    """`what; found; do this`, each with its semicolon. One within quotes parts nothing."""
    start = 0
    for match in _CLAUSE.finditer(message):
        if match[1]:
            yield message[start : match.end() - 1]
            start = match.end()
    yield message[start:]
