"""check: everything that is wrong with a playbook, for people and for machines."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from remit.cli.checked import Checked, placed, seen
from remit.cli.decisions import as_yaml, event_json
from remit.cli.output import complain, emit_json, say
from remit.model import Absence, Finding, InputError, PlaybookError
from remit.playbook import find_problems, read_bundle

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def check(path: Path, since: datetime | None, format_: str, *, leave: bool = False) -> int:
    """Print the findings. 0: no error, 1: errors. Raises InputError where nothing can be checked."""
    show = FORMATS.get(format_)
    if show is None:
        raise InputError(f"there is no format {format_!r}; choose text, json, sarif or github")
    checked = examined(path, since, leave=leave)
    show(checked)
    return 1 if checked.counts["error"] else 0


def examined(path: Path, since: datetime | None = None, *, leave: bool = False) -> Checked:
    """Load a playbook, and prove what can be proved of it; with `leave`, as the ledger knows it."""
    from remit.cli.waiting import waiting

    with waiting(f"Checking {seen(str(path))}"):
        try:
            bundle = read_bundle(path)
        except PlaybookError as error:
            return Checked(path, None, error.findings)
        playbook, findings = find_problems(bundle)
        if playbook is not None:
            from remit.check import Study
            from remit.check.proof import prove
            from remit.cli.given import given_of, today

            away: tuple[Absence, ...] = ()
            if leave:
                from remit.cli.away import leave_of

                away = leave_of(playbook.brand, today(playbook) if since is None else since.date())
                complain(_counted(away))
            findings = (*findings, *prove(Study(playbook, given_of(playbook, since, away))))
        return Checked(path, playbook, findings, bundle.files)


def _counted(leave: Sequence[Absence]) -> str:
    """What was counted beside the playbook, so that two checks that differ say why."""
    if not leave:
        return "The ledger was asked for leave, and knows of none."
    said = ", ".join(
        f"{seen(one.person)} {one.since}..{one.until}"
        + (f" ({seen(one.cover)} stands in)" if one.cover else "")
        for one in leave
    )
    return f"Leave that the ledger knows was counted: {said}."


def _text(checked: Checked) -> None:
    from remit.cli.findings_text import show

    show(checked)


def _json(checked: Checked) -> None:
    emit_json([as_json(finding) for finding in checked.findings])


def as_json(finding: Finding) -> dict[str, object]:
    """A finding for machines; the numbers of its event are exact."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "file": finding.file,
        "line": finding.line,
        "rule": finding.rule,
        "others": list(finding.others),
        "message": finding.message,
        "event": None if finding.event is None else event_json(finding.event),
    }


def _sarif(checked: Checked) -> None:
    from remit.cli.findings_sarif import log

    emit_json(log(checked, Path.cwd()))


def _github(checked: Checked) -> None:
    # Where a step works in a folder of its own, annotations still count from the checkout.
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
    for severity in _LEVELS:  # GitHub shows the first ten of a kind
        for finding in checked.of(severity):
            say(annotation(finding, placed(checked.file(finding), workspace)))


def annotation(finding: Finding, file: str) -> str:
    """A workflow command. What it says may hold anything, and stays what is said."""
    said = seen(finding.message)
    if finding.event is not None:
        said += f"\nFor example:\n{as_yaml(finding.event)}"
    place = f"file={_property(file)},line={finding.line},title={_property(finding.code)}"
    return f"::{_LEVELS[finding.severity]} {place}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[str, Callable[[Checked], None]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "github": _github,
}
