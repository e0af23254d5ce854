"""explain, schema: what needs a playbook and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import ValidationError

from remit.cli.decisions import as_json
from remit.cli.output import COULD_NOT_RUN, Format, emit_json, print_table, say
from remit.decide import Router
from remit.model import Event, HolidayCalendar, InputError
from remit.playbook import json_schema, load_playbook

LARGEST_EVENT = 8_000_000


def explain(path: Path, source: Path, format_: Format) -> None:
    """Print the decision on one event, and its trace."""
    playbook = load_playbook(path)
    event = _event(source)
    router = Router(playbook, _holidays())
    decision, trace = router.explain(event)
    if format_ is Format.json:
        emit_json(
            {
                **as_json(decision.outcome),
                "template": decision.outcome.template,
                "because": decision.outcome.because,
                "rule": decision.rule,
                "topics": list(decision.topics),
                "trace": [tried.model_dump(mode="json") for tried in trace],
            }
        )
        return
    outcome = decision.outcome
    owner = playbook.roles[outcome.owner]
    say(f"{owner.title or owner.id} ({owner.id}) owns it, by rule {decision.rule}.")
    say(
        f"severity {outcome.severity}, play {outcome.play}; topics: {', '.join(decision.topics) or 'none'}"
    )
    print_table(
        ["rule", "", "first test that failed"],
        [(tried.rule, "matched" if tried.matched else "", tried.failed) for tried in trace],
    )


def _holidays() -> HolidayCalendar:
    from flows.calendars import PublicHolidays

    return PublicHolidays()


def _event(source: Path) -> Event:
    try:
        text = sys.stdin.read() if str(source) == "-" else source.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{source} cannot be read: {error}") from error
    if len(text) > LARGEST_EVENT:
        raise InputError(f"{source} is larger than 8 MB; an event is one JSON object")
    try:
        return Event.model_validate_json(text)
    except ValidationError as error:
        lines = [
            f"  {'.'.join(str(part) for part in each['loc']) or 'event'}: {each['msg']}"
            for each in error.errors(include_url=False, include_input=False)
        ]
        raise InputError(f"{source} is not an event:\n" + "\n".join(lines)) from error


def schema() -> None:
    say(json.dumps(json_schema(), indent=2, ensure_ascii=False))


__all__ = ["COULD_NOT_RUN", "explain", "schema"]
