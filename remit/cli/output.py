"""How the command speaks: text for people, JSON for machines, errors that say what to do."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

from remit.model import RemitError

COULD_NOT_RUN = 2
PIPED_WIDTH = 180


class Format(StrEnum):
    text = "text"
    json = "json"


def guarded(app: Callable[[], Any]) -> int:
    """Run the app; exit 2 and a sentence for what could not run, 130 for Ctrl-C."""
    try:
        app()
    except RemitError as error:
        print(f"remit: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:  # noqa: BLE001 - the last place that can keep a traceback from a user
        print(_own_mistake(error), file=sys.stderr)
        return COULD_NOT_RUN
    return 0


def _own_mistake(error: Exception) -> str:
    """What a user is told of a bug; the traceback goes to a file of theirs alone."""
    import tempfile
    import traceback

    told = f"remit: an error of Remit's own ({type(error).__name__}); nothing more was done; "
    try:
        with tempfile.NamedTemporaryFile("w", prefix="remit-", suffix=".txt", delete=False) as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        return told + "please report it"
    return told + f"please report it with {file.name}"


def emit_json(value: object) -> None:
    """Print one JSON document; models and instants become what they are in JSON."""
    from decimal import Decimal

    import orjson

    def plain(value: object) -> object:
        if hasattr(value, "model_dump"):
            return value.model_dump(mode="json")
        if isinstance(value, Decimal):
            return orjson.Fragment(format(value, "f"))  # the literal, not the nearest float
        return str(value)

    print(_visible(orjson.dumps(value, default=plain, option=orjson.OPT_INDENT_2).decode()))


def _visible(document: str) -> str:
    """JSON with every character spelt out that a terminal would obey and not show."""
    import json

    return "\n".join(
        line
        if line.isprintable()
        else "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)
        for line in document.split("\n")
    )


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """A table for people; plain where the output is piped."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title or None, title_justify="left")
    for name in header:
        shown.add_column(name)
    for row in rows:
        shown.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    # Piped, there is no width to keep to: whoever reads it next wants whole cells.
    console = Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
    console.print(shown)


def say(text: str = "") -> None:
    print(text, flush=True)


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
