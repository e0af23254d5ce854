"""A small brand with templates and answers, built without files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from remit.draft import Composed, compose
from remit.model import (
    Author,
    Brief,
    BriefPost,
    Case,
    Duration,
    Event,
    Image,
    Knowledge,
    Play,
    Playbook,
    Role,
    Severity,
    State,
    Template,
    Where,
)

NOW = datetime(2027, 3, 2, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def an_event() -> Callable[..., Event]:
    def make(handle: str | None = "tika", **changes: Any) -> Event:
        given: dict[str, Any] = {
            "id": "1",
            "kind": "conversation.comment",
            "platform": "sandbox",
            "time": NOW,
            "language": "id",
            "author": Author(handle=handle),
        }
        return Event(**(given | changes))

    return make


@pytest.fixture(scope="session")
def a_case() -> Callable[..., Case]:
    def make(**changes: Any) -> Case:
        given: dict[str, Any] = {
            "id": 1,
            "brand": "kopi",
            "state": State.open,
            "rule": "any",
            "owner": "cm",
            "severity": Severity.normal,
            "play": Play.reply,
            "platform": "sandbox",
            "subject": "1",
            "subject_event": 1,
            "playbook": "0" * 64,
            "opened_at": NOW,
        }
        return Case(**(given | changes))

    return make


@pytest.fixture(scope="session")
def a_template() -> Callable[..., Template]:
    def make(body: str, name: str = "one", **changes: Any) -> Template:
        where = Where(file=f"templates/{name}.j2", line=5)
        return Template(id=name, body=body, where=where, **changes)

    return make


@pytest.fixture(scope="session")
def a_playbook() -> Callable[..., Playbook]:
    def make(*templates: Template, **changes: Any) -> Playbook:
        given: dict[str, Any] = {
            "brand": "kopi",
            "timezone": "Asia/Jakarta",
            "languages": ("id", "en"),
            "roles": {"cm": Role(id="cm", title="Community Manager")},
            "templates": {template.id: template for template in templates},
        }
        return Playbook(**(given | changes))

    return make


@pytest.fixture(scope="session")
def drafted(
    an_event: Callable[..., Event],
    a_case: Callable[..., Case],
    a_template: Callable[..., Template],
    a_playbook: Callable[..., Playbook],
) -> Callable[..., Composed]:
    """What one template makes of an event and a case."""

    def make(
        body: str,
        *,
        event: Any = None,
        case: Any = None,
        knowledge: tuple[Knowledge, ...] = (),
        rejected: int = 0,
    ) -> Composed:
        return compose(
            an_event(**(event or {})),
            a_case(**({"template": "one"} | (case or {}))),
            a_playbook(a_template(body), knowledge=knowledge),
            NOW,
            rejected=rejected,
        )

    return make


@pytest.fixture(scope="session")
def a_brief() -> Callable[..., Brief]:
    def make(**changes: Any) -> Brief:
        given: dict[str, Any] = {
            "id": "teaser",
            "channels": ("toko",),
            "text": "Sebentar lagi.",
            "images": (Image(file="campaigns/images/a.png", alt="Segelas kopi."),),
            "after": Duration.parse("2m"),
        }
        post = BriefPost(**(given | changes))
        return Brief(id="launch", title="Launch", owner="smm", posts=(post,))

    return make
