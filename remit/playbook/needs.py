"""PB003: a play without what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from remit.model import Finding, Play, Rule
from remit.playbook.notes import Notes

_APPROVED = {Play.reply, Play.campaign}
_PEOPLED = {Play.reply, Play.triage}


def lacking(notes: Notes) -> Iterator[Finding]:
    """What the rules lack, as far as they and the roles could be read."""
    for rule in notes.rules:
        said = rule.outcome
        if said.play in _APPROVED and said.approval is None and "default" not in notes.broken:
            yield _finding(
                rule,
                f"{said.play} needs an approval; found none in {rule.id} and none in defaults; "
                f"add `approval: NAME`, or `defaults: {{{said.play}: {{approval: NAME}}}}`",
            )
        role = notes.roles.get(said.owner)
        if said.play in _PEOPLED and role is not None and not role.people:
            yield _finding(
                rule,
                f"{said.play} needs a person in the role {role.id}; found none; "
                f"add `people: [NAME]` to {role.id}, or name another owner",
            )


def _finding(rule: Rule, message: str) -> Finding:
    return Finding(
        code="PB003", file=rule.where.file, line=rule.where.line, message=message, rule=rule.id
    )
