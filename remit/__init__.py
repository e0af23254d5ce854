"""Remit: who owns what, proved, run and measured.

The public names load lazily, so that `import remit` costs nothing:

>>> from remit import load_playbook, Router, Event  # doctest: +SKIP
>>> Router(load_playbook("playbooks/kopi")).decide(event)  # doctest: +SKIP
"""

from __future__ import annotations

from functools import cache
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
    "load_playbook": "remit.playbook",
}


@cache
def _router() -> type[Router]:
    from flows.calendars import PublicHolidays
    from remit.decide import Router as Pure
    from remit.model import HolidayCalendar

    class Router(Pure):
        """`remit.decide.Router`, which takes holidays as a value, with the public ones counted."""

        def __init__(self, playbook: Playbook, holidays: HolidayCalendar | None = None) -> None:
            super().__init__(playbook, PublicHolidays() if holidays is None else holidays)

    return Router


def __getattr__(name: str) -> object:
    if name == "Router":
        return _router()
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'remit' has no attribute {name!r}")
    return getattr(import_module(home), name)
