"""Values that the tests of this room share: a small brand, built without YAML."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from remit.model import (
    Approval,
    Case,
    Channel,
    Draft,
    Event,
    FieldSpec,
    FieldTest,
    Holidays,
    Hours,
    Outcome,
    Person,
    Play,
    Playbook,
    Role,
    Rule,
    Severity,
    Span,
    State,
    Tier,
    Topic,
    When,
)

NINE_TO_SIX = (Span(since=540, until=1080),)
SPLIT = (Span(since=480, until=780), Span(since=840, until=1320))
WEEKEND = (Span(since=480, until=1320),)


class ClosedOn:
    """Holidays of one country, the joint leave among them marked."""

    def __init__(self, days: Sequence[date], joint: Sequence[date] = ()) -> None:
        self._days = set(days)
        self._joint = set(joint)

    def closed(self, country: str, joint_leave: bool, day: date) -> bool:
        return country == "ID" and (day in self._days or (joint_leave and day in self._joint))

    def named(self, country: str, joint_leave: bool, day: date) -> str | None:
        return "a holiday" if self.closed(country, joint_leave, day) else None

    def estimated(self, country: str, joint_leave: bool, day: date) -> bool:
        return False


@pytest.fixture(scope="session")
def closed_on() -> type[ClosedOn]:
    return ClosedOn


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    spec = spec_from_file_location("decide_oracle", Path(__file__).parent / "oracle.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def cm() -> Role:
    week = (SPLIT,) * 5 + (WEEKEND,) * 2
    return Role(id="cm", title="Community Manager", hours=Hours(week=week), people=("sari", "bayu"))


@pytest.fixture(scope="session")
def smm() -> Role:
    return Role(
        id="smm",
        title="Social Media Manager",
        hours=Hours(week=(NINE_TO_SIX,) * 5 + ((), ())),
        holidays=Holidays(country="ID", joint_leave=True),
        people=("dewi",),
    )


@pytest.fixture(scope="session")
def brand(cm: Role, smm: Role) -> Callable[..., Playbook]:
    """A playbook with those rules."""
    names = {"sari": "Sari W.", "bayu": "Bayu P.", "dewi": "Dewi K.", "ratna": "Ratna S."}
    basic = Playbook(
        hash="f" * 64,
        brand="kopi",
        timezone="Asia/Jakarta",
        people={id_: Person(id=id_, name=name) for id_, name in names.items()},
        roles={
            "smm": smm,
            "cm": cm,
            "lead": Role(id="lead", title="Head of Brand", people=("ratna",)),
        },
        channels={"bsky": Channel(id="bsky", platform="bluesky")},
        topics={
            "refund": Topic(
                id="refund", words=("refund", "money back", "balikin duit*", "duit* balik*")
            ),
            "safety": Topic(id="safety", words=("*racun*", "masuk rs"), without=("racun lagu",)),
        },
        approvals={
            "replies": Approval(id="replies", by=("cm", "smm")),
            "statements": Approval(id="statements", by=("lead",)),
            "pairs": Approval(id="pairs", by=("cm", "lead"), count=2),
            "campaigns": Approval(id="campaigns", by=("lead", "cm"), not_writer=True),
            "signed": Approval(id="signed", by=("cm",), identity="verified"),
            "ladder": Approval(
                id="ladder",
                by=("cm", "lead"),
                count=2,
                tiers=(Tier(by=("cm",)), Tier(by=("lead",))),
            ),
        },
        fields={
            "tier": FieldSpec(id="tier", values=("gold", "silver", "none")),
            "order": FieldSpec(id="order", number=True),
            "vip": FieldSpec(id="vip", number=True),
        },
        otherwise=Rule(id="otherwise", outcome=Outcome(owner="cm", play=Play.triage)),
    )

    def build(*rules: Rule, **changed: Any) -> Playbook:
        return basic.model_copy(update={"rules": rules, **changed})

    return build


@pytest.fixture(scope="session")
def a_rule() -> Callable[..., Rule]:
    def build(
        id_: str, *all_: FieldTest, any_: tuple[tuple[FieldTest, ...], ...] = (), owner: str = "cm"
    ) -> Rule:
        return Rule(
            id=id_, when=When(all=all_, any=any_), outcome=Outcome(owner=owner, play=Play.reply)
        )

    return build


@pytest.fixture(scope="session")
def an_event() -> Callable[..., Event]:
    def build(**said: Any) -> Event:
        basic = {
            "id": "at://1",
            "kind": "conversation.comment",
            "platform": "bluesky",
            "time": "2027-03-01T10:00:00+07:00",
        }
        return Event.model_validate(basic | said)

    return build


@pytest.fixture(scope="session")
def a_case() -> Callable[..., Case]:
    def build(**changed: Any) -> Case:
        basic: dict[str, Any] = {
            "id": 7,
            "brand": "kopi",
            "state": State.open,
            "rule": "refunds",
            "owner": "cm",
            "severity": Severity.normal,
            "play": Play.reply,
            "platform": "bluesky",
            "subject": "at://1",
            "subject_event": 3,
            "approval": "replies",
            "playbook": "f" * 64,
            "opened_at": "2027-03-01T10:00:00+07:00",
        }
        return Case.model_validate(basic | changed)

    return build


@pytest.fixture(scope="session")
def a_draft() -> Callable[..., Draft]:
    def build(**changed: Any) -> Draft:
        basic: dict[str, Any] = {
            "id": 11,
            "case": 7,
            "version": 1,
            "text": "Maaf ya kak, uangnya kami kembalikan.",
            "language": "id",
            "destination": "bsky at://1",
            "hash": "a" * 64,
            "thread_revision": 0,
            "made_at": "2027-03-01T10:05:00+07:00",
        }
        return Draft.model_validate(basic | changed)

    return build
