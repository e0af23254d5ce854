"""How every benchmark says what it found: a table for people, one JSON object a line with --json."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

_COLUMNS = ("what", "figure", "unit", "peer", "ratio")


@dataclass(frozen=True)
class Figure:
    """One thing that was measured, beside the same of a peer where there is one."""

    what: str
    figure: float
    unit: str
    peer: float | None = None

    @property
    def ratio(self) -> float | None:
        """The figure over the peer's."""
        return None if not self.peer else round(self.figure / self.peer, 3)


def show(figures: Iterable[Figure], *, as_json: bool) -> None:
    """Print them."""
    rows = [{**asdict(each), "ratio": each.ratio} for each in figures]
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    table = [_COLUMNS, *(tuple(_plain(row[name]) for name in _COLUMNS) for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(len(_COLUMNS))]
    for line in table:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def show_counts(counts: Mapping[str, object], *, as_json: bool) -> None:
    """Print what was counted: one JSON object, or a line for each."""
    if as_json:
        print(json.dumps(counts))
        return
    width = max(len(name) for name in counts)
    for name, value in counts.items():
        print(f"{name.ljust(width)}  {value}")


def progress(said: str) -> None:
    """A line for whoever waits; never on standard output."""
    print(said, file=sys.stderr, flush=True)


def _plain(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
