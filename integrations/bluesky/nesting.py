"""JSON that strangers may nest.

A post may hold fields of its writer's own, nested a thousand times and more; the network hands it out
as it is, and the standard decoder gives up. One such post must not hide all that arrive beside it.
"""

from __future__ import annotations

import json
import re

DEEPEST = 400
"""A thread of 100 answers, each below the other, has half of it."""

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


def read_json(body: bytes) -> object:
    """The value. What is nested too deep is null. Raises ValueError."""
    try:
        return json.loads(body)
    except RecursionError:
        return json.loads(_without_depths(body))


def _without_depths(body: bytes) -> bytes:
    kept: list[bytes] = []
    depth = done = 0
    for token in _TOKEN.finditer(body):
        sign = token.group()[:1]
        if sign in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                kept += [body[done : token.start()], b"null"]
        elif sign in b"]}":
            depth -= 1
            if depth == DEEPEST:
                done = token.end()
    kept.append(body[done:])
    return b"".join(kept)
