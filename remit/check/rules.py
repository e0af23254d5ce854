"""The rules of a playbook as what is asked of them needs them."""

from __future__ import annotations

from collections.abc import Iterator

from remit.model import Playbook, Rule


def cases_of(playbook: Playbook) -> Iterator[tuple[int, Rule]]:
    """(number, rule) of those that open cases; `otherwise` comes last, numbered as if a rule."""
    every = playbook.rules if playbook.otherwise is None else (*playbook.rules, playbook.otherwise)
    return (pair for pair in enumerate(every) if pair[1].outcome.play.opens_case)
