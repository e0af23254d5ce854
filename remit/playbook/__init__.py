"""From the files of a brand to a `remit.model.Playbook`. The names load lazily."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.playbook.bundle import make_bundle
    from remit.playbook.folder import read_bundle
    from remit.playbook.load import find_problems, load_playbook
    from remit.playbook.schema import json_schema

__all__ = ["find_problems", "json_schema", "load_playbook", "make_bundle", "read_bundle"]

_HOMES = {
    "find_problems": "remit.playbook.load",
    "json_schema": "remit.playbook.schema",
    "load_playbook": "remit.playbook.load",
    "make_bundle": "remit.playbook.bundle",
    "read_bundle": "remit.playbook.folder",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'remit.playbook' has no attribute {name!r}")
    return getattr(import_module(home), name)
