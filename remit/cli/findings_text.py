"""Findings for people: where, what, the line itself, an event that shows it, and what to do."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from rich.cells import cell_len

from remit.cli.checked import SEVERITIES, Checked, clauses, placed, seen
from remit.cli.decisions import as_yaml
from remit.cli.pages import pages
from remit.model import Finding

Line = tuple[tuple[str, str], ...]
"""Pieces of text, each with its style."""
STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold cyan"}
MOST_INFOS = 10
"""Infos of one code that are written out."""
WIDEST = 100
"""Characters of a source line; of a longer one, those around what is meant."""
_INDENT = "  "
_QUOTED = re.compile(r"(?<!\w)'([^']+)'(?!\w)|`([^`]+)`")
_FOUND = re.compile(r"found ([^\s,;]+)")
_WORD = re.compile(r"[^\W\d][\w.-]{2,}\w")


def show(checked: Checked) -> None:
    """Print all; in colour, and within its width, on a terminal."""
    if not sys.stdout.isatty():
        for line in lines(checked):
            print("".join(text for text, _ in line))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines(checked, shutil.get_terminal_size().columns):
        console.print(Text.assemble(*line))


def lines(checked: Checked, width: int | None = None) -> Iterator[Line]:
    """Errors, then warnings, then infos in a line each, then what they come to."""
    for severity in SEVERITIES[:-1]:
        for finding in checked.of(severity):
            yield from _one(checked, finding, width)
            yield ()
    infos = list(_infos(checked))
    yield from infos
    if infos:
        yield ()
    about = list(_about(checked))
    yield from about
    if about:
        yield ()
    yield from _sum(checked)


def _one(checked: Checked, finding: Finding, width: int | None) -> Iterator[Line]:
    style = STYLES[finding.severity]
    yield (_place(checked, finding), "bold"), (f"{finding.code} {finding.severity}", style)
    parts = [seen(part) for part in clauses(finding.message)]
    for number, part in enumerate(parts):
        last = number == len(parts) - 1 and number
        for line in _within(part, width):
            yield (_INDENT, ""), (line, "green" if last else "")
    yield from _source(checked, finding, style)
    if finding.event is not None:
        yield ((f"{_INDENT}For example:", ""),)
        for line in as_yaml(finding.event).splitlines():
            yield ((f"{_INDENT * 2}{line}", ""),)


def _place(checked: Checked, finding: Finding) -> str:
    return f"{seen(placed(checked.file(finding), Path.cwd()))}:{finding.line}: "


def _within(text: str, width: int | None) -> list[str]:
    if width is None:
        return [text]
    room = max(width - len(_INDENT), 20)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]


# The source line ---------------------------------------------------------------------------------


def _source(checked: Checked, finding: Finding, style: str) -> Iterator[Line]:
    """The line, and a caret under what is meant."""
    line = checked.line(finding)
    if line is None or not line.strip():
        return
    line, start, end = _cropped(line, *meant(line, finding))
    before, under = seen(line[:start]), seen(line[start:end])
    number = str(finding.line)
    gutter = " " * len(number)
    yield (f"{_INDENT}{number} | ", "blue"), (seen(line), "")
    caret = " " * cell_len(before) + "^" * max(cell_len(under), 1)
    yield (f"{_INDENT}{gutter} | ", "blue"), (caret, style)


def _cropped(line: str, start: int, end: int) -> tuple[str, int, int]:
    """At most WIDEST characters, with what is meant, and where that stands in them."""
    line = line.rstrip()
    if len(line) <= WIDEST:
        return line, start, end
    first = max(min(start - WIDEST // 4, len(line) - WIDEST), 0)
    left = "..." if first else ""
    right = "..." if first + WIDEST < len(line) else ""
    shift = first - len(left)
    crop = left + line[first : first + WIDEST] + right
    return crop, start - shift, min(end - shift, len(crop) - len(right))


def meant(line: str, finding: Finding) -> tuple[int, int]:
    """Where in its line stands what a finding is about: a name of the message, else all of it."""
    quoted = [a or b for a, b in _QUOTED.findall(finding.message)]
    found = _FOUND.findall(finding.message)
    what = next(clauses(finding.message))
    words = sorted(_WORD.findall(what), key=len, reverse=True)
    ruled = [] if finding.rule is None else [finding.rule]
    loaded = finding.code < "PB010"
    names = [*quoted, *ruled] if loaded else [*ruled, *quoted]
    for name in (*names, *found, *words):
        hit = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line)
        if hit is not None:
            return hit.span()
    content = re.sub(r"(^|\s)#.*", "", line).rstrip() or line.rstrip()
    start = len(content) - len(content.lstrip(" -"))
    return (start, len(content)) if start < len(content) else (0, len(content))


# The end -----------------------------------------------------------------------------------------


def _infos(checked: Checked) -> Iterator[Line]:
    told: dict[str, int] = {}
    for finding in checked.of("info"):
        told[finding.code] = told.get(finding.code, 0) + 1
        if told[finding.code] <= MOST_INFOS:
            head = (_place(checked, finding), ""), (f"{finding.code} info ", STYLES["info"])
            yield (*head, (seen(finding.message), ""))
    for code, count in told.items():
        if count > MOST_INFOS:
            yield ((f"and {count - MOST_INFOS} more {code}; --format json has them all", "dim"),)


def _about(checked: Checked) -> Iterator[Line]:
    """Where to read on, once for each code."""
    known = pages()
    for code in sorted({finding.code for finding in checked.findings}):
        if code in known:
            page = known[code]
            yield (f"{code} ", "bold"), (f"{page.title} ", ""), (page.path, "underline")


def _sum(checked: Checked) -> Iterator[Line]:
    counts = checked.counts
    said = [f"{counts[each] or 'no'} {each}{'s' * (counts[each] != 1)}" for each in SEVERITIES]
    worst = next((STYLES[each] for each in SEVERITIES[:-1] if counts[each]), "bold green")
    yield (f"{seen(str(checked.path))}: ", "bold"), (", ".join(said), worst)
    if checked.playbook is None:
        yield (("Nothing is proved of a playbook that cannot be read.", ""),)
    elif checked.proved:
        rules = len(checked.playbook.rules)
        what = f"proved for {rules} rule{'s' * (rules != 1)}"
        yield ((f"Every event has exactly one owner: {what}.", "green"),)
    else:
        yield (("That every event has exactly one owner is not proved: see PB010 and PB011.", ""),)
