"""What the network's events fill is what `remit check` is told that they fill."""

from __future__ import annotations

from datetime import timedelta

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


async def test_the_fields_that_arrivals_fill_are_those_that_are_declared(network):
    await network.listen()
    network.notify(langs=["id"])
    network.notify(reason="like", subject="at://did:plc:brand/app.bsky.feed.post/a")
    network.notifications[0]["author"]["verification"] = {"verifiedStatus": "valid"}
    follow = network.notify(reason="follow")
    network.notifications[-1]["uri"] = follow.replace("feed.post", "graph.follow")
    network.now += timedelta(seconds=30)
    events = [arrival.event for arrival in await network.listen()]
    assert {event.kind.partition(".")[0] for event in events} == {"conversation", "audience"}
    assert set().union(*map(filled, events)) == supplies("bluesky")
