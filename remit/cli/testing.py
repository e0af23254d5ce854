"""test: the scenarios of a playbook, and what they leave untried."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from remit.check.scenarios import Report, Result, run
from remit.cli.checked import seen
from remit.cli.output import Format, emit_json, say
from remit.model import OTHERWISE, Playbook, Tried, Where
from remit.playbook import load_playbook


def test(path: Path, format_: Format, *, coverage: bool) -> int:
    """Print what does not hold; 0 where every scenario holds, 1 where one does not."""
    from flows.calendars import PublicHolidays

    playbook = load_playbook(path)
    report = run(playbook, PublicHolidays())
    folder = path if path.is_dir() else path.parent
    if format_ is Format.json:
        emit_json(_json(report, folder))
    else:
        for line in _text(report, playbook, folder, coverage=coverage):
            say(seen(line))
    return 1 if report.failed else 0


def _json(report: Report, folder: Path) -> dict[str, object]:
    return {
        "scenarios": [_one_json(result, folder) for result in report.results],
        "held": len(report.results) - len(report.failed),
        "failed": len(report.failed),
        "unreached": list(report.unreached),
    }


def _one_json(result: Result, folder: Path) -> dict[str, object]:
    where = result.scenario.where
    return {
        "name": result.scenario.name,
        "file": _file(where, folder),
        "line": where.line,
        "held": result.held,
        "rule": result.rule,
        "mismatches": [
            {"key": each.key, "expected": each.expected, "got": each.got}
            for each in result.mismatches
        ],
        "trace": [line.model_dump() for line in result.trace],
    }


def _text(report: Report, playbook: Playbook, folder: Path, *, coverage: bool) -> Iterator[str]:
    for result in report.failed:
        where = result.scenario.where
        yield f"{_file(where, folder)}:{where.line}: {result.scenario.name}"
        for each in result.mismatches:
            why = f" ({each.because})" if each.because else ""
            yield f"  {each.key}: expected {each.expected}; got {each.got}{why}"
        for line in result.trace:
            yield f"  {_traced(line, playbook, folder)}"
        yield ""
    if coverage:
        yield from _coverage(report, playbook, folder)
    yield _sum(report)


def _traced(line: Tried, playbook: Playbook, folder: Path) -> str:
    place = _place(line.rule, playbook, folder)
    if line.matched:
        return f"{line.rule} took it ({place})"
    return f"{line.rule} did not take it ({place}): {line.failed}"


def _coverage(report: Report, playbook: Playbook, folder: Path) -> Iterator[str]:
    count = len(playbook.rules) + (playbook.otherwise is not None)
    yield f"Scenarios reach {count - len(report.unreached)} of {count} rules."
    for rule in report.unreached:
        yield f"  {_place(rule, playbook, folder)}: no scenario reaches {rule}"


def _sum(report: Report) -> str:
    count, failed = len(report.results), len(report.failed)
    if not count:
        return "There is no scenario yet; write one in scenarios/."
    said = "1 scenario" if count == 1 else f"{count:,} scenarios"
    if not failed:
        return f"{said}: all hold." if count > 1 else f"{said}: it holds."
    return f"{said}: {count - failed:,} hold, {failed:,} {'does' if failed == 1 else 'do'} not."


def _place(name: str, playbook: Playbook, folder: Path) -> str:
    rules = {rule.id: rule.where for rule in playbook.rules}
    if playbook.otherwise is not None:
        rules[OTHERWISE] = playbook.otherwise.where
    return f"{_file(rules[name], folder)}:{rules[name].line}"


def _file(where: Where, folder: Path) -> str:
    return os.path.normpath(folder / where.file)
