"""What can be known of a playbook before anything happens. Pure. The names load lazily: whoever only
replays or compares does not load the findings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.check.proof import examples, prove
    from remit.check.study import Away, Given, Study

__all__ = ["Away", "Given", "Study", "examples", "prove"]

_HOMES = {
    "Away": "remit.check.study",
    "Given": "remit.check.study",
    "Study": "remit.check.study",
    "examples": "remit.check.proof",
    "prove": "remit.check.proof",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'remit.check' has no attribute {name!r}")
    return getattr(import_module(home), name)
