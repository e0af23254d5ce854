"""Remit: who owns what, proved, run and measured.

The public names load lazily, so that `import remit` costs nothing:

>>> from remit import load_playbook, Router, Event  # doctest: +SKIP
>>> Router(load_playbook("playbooks/kopi")).decide(event)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.decide import Router
    from remit.model import Decision, Event, Playbook
    from remit.playbook import load_playbook

__all__ = ["Decision", "Event", "Playbook", "Router", "load_playbook"]
__version__ = "0.1.0"

_HOMES = {
    "Decision": "remit.model",
    "Event": "remit.model",
    "Playbook": "remit.model",
    "Router": "remit.decide",
    "load_playbook": "remit.playbook",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'remit' has no attribute {name!r}")
    return getattr(import_module(home), name)
