"""What the sandbox's events fill is what `remit check` is told that they fill."""

from __future__ import annotations

from integrations.registry import supplies
from remit.model import Event
from remit.playbook.when import FIELDS

ALWAYS = {"kind", "platform"}
JUDGED = {"within_hours", "outside_hours"}


def filled(event: Event) -> set[str]:
    """Fields that a rule may test and this event has."""
    names = set(FIELDS) - ALWAYS - JUDGED
    read = {"topic"} if event.text else set()
    return read | {name for name in names if value_of(event, name) is not None}


def value_of(event: Event, name: str) -> object:
    at: object = event
    for part in name.split("."):
        at = getattr(at, part, None)
    return at


async def test_the_fields_that_arrivals_fill_are_those_that_are_declared(sandbox, connected):
    platform = connected()
    cursor = (await platform.listen(None)).cursor
    await sandbox.account("sari", name="Sari W.", followers=1200, verified=True)
    await sandbox.write("sari", "ke @kopi yuk", language="id")
    await sandbox.follow("sari", "kopi")
    events = [arrival.event for arrival in (await platform.listen(cursor)).arrivals]
    assert {event.kind.partition(".")[0] for event in events} == {"conversation", "audience"}
    # Which of the brand's channels it is, the ledger would say as well.
    assert set().union(*map(filled, events)) - {"channel"} == supplies("sandbox")
