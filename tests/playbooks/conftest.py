"""The sample brand, read once, and its feed as the ledger would hand it to the Router."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.calendars import PublicHolidays
from remit.decide import Router
from remit.model import Arrival, Author, Case, Event, Playbook, State
from remit.playbook import load_playbook
from remit.signals import with_language

KOPI = Path(__file__).parents[2] / "playbooks" / "kopi"
NOW = datetime(2027, 3, 2, 3, 0, tzinfo=UTC)
ACCOUNT = "@kopi.nusa"


@pytest.fixture(scope="session")
def folder() -> Path:
    return KOPI


@pytest.fixture(scope="session")
def kopi() -> Playbook:
    return load_playbook(KOPI)


@pytest.fixture(scope="session")
def router(kopi: Playbook) -> Router:
    return Router(kopi, PublicHolidays())


@pytest.fixture(scope="session")
def feed() -> list[Mapping[str, Any]]:
    messages: list[Mapping[str, Any]] = yaml.safe_load((KOPI / "feed.yaml").read_text("utf-8"))[
        "messages"
    ]
    return messages


@pytest.fixture(scope="session")
def arrived(kopi: Playbook, feed: list[Mapping[str, Any]]) -> Mapping[str, Event]:
    """What the brand hears of the feed, by id: comments in its threads, and mentions."""
    contacts = {contact.handle: contact for contact in kopi.contacts}
    followers: dict[str, int] = {}
    roots = {"campaign": "campaign", "organic": "organic"}
    heard: dict[str, Event] = {}
    for message in feed:
        handle = message["as"]
        followers |= {handle: message["followers"]} if "followers" in message else {}
        if message["do"] not in {"comment", "reply", "mention", "post"}:
            continue
        root = roots[message["on"]] if message["on"] else message["id"]
        roots[message["id"]] = root
        ours = root in {"campaign", "organic"}
        if not ours and ACCOUNT not in message["text"]:
            continue
        contact = contacts.get(handle)
        event = Event(
            id=message["id"],
            kind=f"conversation.{'comment' if ours else 'mention'}",
            platform="sandbox",
            channel="toko",
            time=NOW,
            text=message["text"],
            thread=root,
            parent=message["on"],
            under=root if ours else "none",
            author=Author(
                handle=handle,
                followers=followers[handle],
                relation=contact.relation if contact else None,
            ),
        )
        heard[event.id] = with_language(Arrival(event=event), kopi.languages).event
    return heard


MakeCase = Callable[[Event], Case]


@pytest.fixture(scope="session")
def case_of(router: Router, kopi: Playbook) -> MakeCase:
    """The case that an event opens."""

    def make(event: Event) -> Case:
        decision = router.decide(event)
        outcome = decision.outcome
        return Case(
            id=1,
            brand=kopi.brand,
            state=State.open,
            rule=decision.rule,
            owner=outcome.owner,
            severity=outcome.severity,
            play=outcome.play,
            platform=event.platform,
            subject=event.id,
            subject_event=1,
            language=event.language,
            topics=decision.topics,
            template=outcome.template,
            playbook=kopi.hash,
            opened_at=NOW,
        )

    return make
