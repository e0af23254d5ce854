"""`python -m remit` is the `remit` command."""

from __future__ import annotations

from remit.cli import main

main()
