"""A release note as Markdown that fits a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable

from remit.cli.checked import seen
from remit.cli.decisions import as_yaml
from remit.cli.release_note import Item, ReleaseNote

LONGEST = 65_536
"""Characters that GitHub takes in a comment."""
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|~&!$]")
_CALLS = re.compile(r"(?<=[@#])(?=\w)|(?<=://)|(?<=www\.)")
_GAP = "\u200b"
"""Parts a sign that calls a person or links an issue from its name, also where a backslash does not."""


def comment(note: ReleaseNote) -> str:
    """The note; what is too long is left out at the end, and said to be."""
    head = [f"### {_plain(note.head)}"]
    listed = [f"- {_plain(said)}" for said in (*note.tally, *note.words)]
    head += ["", *listed] if listed else []
    blocks = ["\n".join(["", *_item(item)]) for item in note.items]
    tail = [f"\n**{_plain(name)}**\n\n{_table([('', old, new)])}" for name, old, new in note.names]
    tail += [f"\n⚠ Undecided: {_plain(said)}" for said in note.undecided]
    return _fitted("\n".join(head), [*tail, *blocks] if note.undecided else [*blocks, *tail])


def _fitted(head: str, blocks: list[str]) -> str:
    said, used = [head], _size(head)
    room = LONGEST - 200  # for what is said of the rest
    for number, block in enumerate(blocks):
        used += _size(block) + 1
        if used > room:
            rest = len(blocks) - number
            more = "is 1 more" if rest == 1 else f"are {rest:,} more"
            said.append(
                f"\n_There {more}, too long for one comment. `remit diff OLD NEW` shows all._"
            )
            break
        said.append(block)
    return "\n".join(said)


def _item(item: Item) -> list[str]:
    shown = as_yaml(item.event)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown)), default=0))
    return [
        f"**{_plain(item.title)}**",
        "",
        _plain(item.why),
        "",
        _table(item.parts),
        "",
        "<details><summary>For example</summary>",
        "",
        f"{fence}yaml",
        shown,
        fence,
        "",
        "</details>",
    ]


def _table(rows: Iterable[tuple[str, str, str]]) -> str:
    lines = ["| | was | is now |", "|---|---|---|"]
    lines += [f"| {' | '.join(map(_plain, row))} |" for row in rows]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text that Markdown and HTML leave as it is, and that calls and links nobody."""
    escaped = _MARKUP.sub(lambda match: f"\\{match[0]}", seen(text))
    return _CALLS.sub(_GAP, escaped)


def _size(text: str) -> int:
    """In the units that a browser counts."""
    return len(text.encode("utf-16-le")) // 2
