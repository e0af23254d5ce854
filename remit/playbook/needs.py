"""PB003: a play without what it needs."""

from __future__ import annotations

from remit.model import Finding, Play, Rule
from remit.playbook.notes import Notes

_APPROVED = {Play.reply, Play.campaign}
_PEOPLED = {Play.reply, Play.triage}


def lacking(notes: Notes) -> None:
    """Adds what the rules lack, as far as they and the roles could be read."""
    for rule in notes.rules:
        said = rule.outcome
        if said.play in _APPROVED and said.approval is None and "default" not in notes.broken:
            _add(
                notes,
                rule,
                f"{said.play} needs an approval; found none in {rule.id} and none in defaults; "
                f"add `approval: NAME`, or `defaults: {{{said.play}: {{approval: NAME}}}}`",
            )
        role = notes.roles.get(said.owner)
        if said.play in _PEOPLED and role is not None and not role.people:
            _add(
                notes,
                rule,
                f"{said.play} needs a person in the role {role.id}; found none; "
                f"add `people: [NAME]` to {role.id}, or name another owner",
            )


def _add(notes: Notes, rule: Rule, message: str) -> None:
    place = rule.where
    notes.add(
        Finding(code="PB003", file=place.file, line=place.line, message=message, rule=rule.id)
    )
