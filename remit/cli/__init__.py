"""The `remit` command. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; what goes wrong ends in a sentence and an exit code, never a traceback."""
    from remit.cli.app import app
    from remit.cli.output import guarded

    sys.exit(guarded(app))
