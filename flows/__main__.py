"""`python -m flows` runs the worker."""

from __future__ import annotations

from flows.worker import main

main()
