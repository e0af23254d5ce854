"""A draft in the person's own editor."""

from __future__ import annotations

import sys

from remit.model import InputError


def needs_terminal() -> None:
    """Refuse where no editor could be shown."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError(
            "an edit needs the text that goes out, and there is no terminal to edit it on: "
            "add --text"
        )


def edited(draft: str, case: int) -> str:
    """The draft as the person leaves it in $VISUAL or $EDITOR. Raises InputError where they do not."""
    import click

    try:
        text = click.edit(draft, extension=".txt", require_save=True)
    except click.ClickException as broken:
        raise InputError(
            f"the editor did not work: {broken.format_message()}; set EDITOR, or add --text"
        ) from None
    if text is None:
        raise InputError("the text was not saved, and nothing was decided")
    text = text.rstrip("\n")
    if not text.strip():
        raise InputError("the text is empty, and nothing was decided; there must be one to send")
    if text == draft.rstrip("\n"):
        raise InputError(
            f"the text is as it was, and nothing was decided; to send it so: remit decide {case} approve"
        )
    return text
