"""One thing that an audit found wrong."""

from __future__ import annotations

from typing import Literal

from remit.model import Frozen


class Trouble(Frozen):
    """Which row or message it is about, and a coded reason. No text, no handle."""

    kind: Literal["lost", "doubled", "unapproved"]
    code: str
    event: int | None = None
    case: int | None = None
    slot: int | None = None
    publication: int | None = None
    message: str | None = None
    """The platform's id."""
