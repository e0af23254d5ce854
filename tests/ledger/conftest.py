"""An empty ledger on each database, a small brand, and what its tests do again and again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from remit.ledger import Ledger, bundles, cases, drafts
from remit.ledger.drafts import Ruled
from remit.ledger.ingest import ingest
from remit.model import (
    Approval,
    Arrival,
    Author,
    Bundle,
    Channel,
    Contact,
    Decision,
    Draft,
    Due,
    Duration,
    Event,
    HoldOrder,
    Outcome,
    Person,
    Play,
    Playbook,
    Role,
    Rule,
    Ruling,
    Severity,
    Step,
    Verdict,
)

NOON = datetime(2027, 3, 1, 5, tzinfo=UTC)
"""A Monday noon in Jakarta."""


@pytest.fixture
def now() -> datetime:
    return NOON


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """The address of a database that nobody has opened."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    url: str = request.getfixturevalue("postgres").create_database()
    return url


@pytest_asyncio.fixture
async def ledger(ledger_url: str) -> AsyncIterator[Ledger]:
    """An empty ledger: on SQLite, and on a real PostgreSQL with `-m server`."""
    opened = await Ledger.open(ledger_url)
    yield opened
    await opened.close()


def _rule(name: str, owner: str, play: Play = Play.reply, **more: Any) -> Rule:
    approval = {"reply": "replies", "campaign": "campaigns"}.get(play.value)
    more.setdefault("approval", approval)
    return Rule(id=name, outcome=Outcome(owner=owner, play=play, **more))


@pytest.fixture
def playbook() -> Playbook:
    """Community Manager cm (sari, bayu), Social Media Manager smm (dewi), lead (ratna)."""
    people = {
        name: Person(id=name, name=name.title()) for name in ("sari", "bayu", "dewi", "ratna")
    }
    crisis: dict[str, Any] = {
        "severity": Severity.critical,
        "approval": "statements",
        "escalation": "urgent",
        "hold": HoldOrder(posts_of="smm", at_most=Duration(seconds=7200)),
        "informed": ("lead", "smm"),
    }
    calendar = Due(
        first_response=Duration(seconds=3600), resolution=Duration(days=2), clock="calendar"
    )
    return Playbook(
        hash="playbook-1",
        brand="kopi",
        timezone="Asia/Jakarta",
        languages=("id", "en"),
        people=people,
        roles={
            "smm": Role(id="smm", title="Social Media Manager", people=("dewi",), backup="cm"),
            "cm": Role(id="cm", title="Community Manager", people=("sari", "bayu"), backup="lead"),
            "lead": Role(id="lead", title="Head of Brand", people=("ratna",), on_call=True),
        },
        channels={
            "bsky": Channel(id="bsky", platform="bluesky", account="kopi.example.com"),
            "shy": Channel(id="shy", platform="bluesky", mode="watch"),
        },
        rules=(
            _rule("crisis", "cm", **crisis),
            _rule("creator", "smm", consulted=("cm",)),
            _rule("refund", "cm", due=calendar),
            _rule("brief", "smm", Play.campaign),
            _rule("applause", "smm", Play.log),
            _rule("question", "cm"),
        ),
        otherwise=_rule("otherwise", "cm", Play.triage),
        escalations={
            "urgent": (
                Step(after=Duration(), notify="owner"),
                Step(after=Duration(seconds=900), notify="backup"),
                Step(after=Duration(seconds=1800), notify="lead"),
            )
        },
        approvals={
            "replies": Approval(id="replies", by=("cm", "smm")),
            "statements": Approval(id="statements", by=("lead",), expires=Duration(seconds=43200)),
            "campaigns": Approval(id="campaigns", by=("lead", "cm"), not_writer=True),
        },
        contacts=(
            Contact(platform="bluesky", handle="@Warta.Example", relation="press"),
            Contact(
                platform="bluesky",
                handle="tia.example",
                relation="customer",
                fields={"tier": "gold"},
            ),
        ),
    )


class Words:
    """A decider that goes by the first word of the text, so that a test says what it means."""

    def __init__(self, playbook: Playbook) -> None:
        self._rules = {rule.id: rule for rule in playbook.rules}
        self._otherwise = playbook.otherwise
        self.asked: list[Event] = []

    def decide(self, event: Event) -> Decision:
        self.asked.append(event)
        word = (event.text or "").split(" ")[0]
        if event.kind == "content.brief":
            word = "brief"
        if event.kind.startswith("audience"):
            word = "applause"
        rule = self._rules.get(word, self._otherwise)
        assert rule is not None
        topics = tuple(topic for topic in ("refund", "safety") if topic in (event.text or ""))
        return Decision(rule=rule.id, outcome=rule.outcome, topics=topics)


@pytest.fixture
def decider(playbook: Playbook) -> Words:
    return Words(playbook)


@pytest.fixture
def arrival() -> Callable[..., Arrival]:
    """`arrival("1", "refund please", author="tia")`: a comment on bluesky, thread `root`."""

    def make(
        id: str,  # noqa: A002 as the event calls it
        text: str | None = "question what",
        *,
        author: str | None = "tia",
        revision: str = "1",
        deleted: bool = False,
        key: str | None = None,
        after: float = 0,
        **event: Any,
    ) -> Arrival:
        who = None if author is None else Author(id=f"did:{author}", handle=f"{author}.example")
        values: dict[str, Any] = {
            "kind": "conversation.comment",
            "platform": "bluesky",
            "channel": "bsky",
            "thread": "root",
            "parent": "root",
            "time": NOON + timedelta(seconds=after),
        }
        return Arrival(
            event=Event(id=id, text=text, author=who, **(values | event)),
            revision=revision,
            deleted=deleted,
            key=key,
            url=f"https://example.com/{id}",
        )

    return make


@pytest_asyncio.fixture
async def deployed(ledger: Ledger, playbook: Playbook) -> Playbook:
    """The playbook, kept and deployed."""
    bundle = Bundle(files={"playbook.yaml": b"brand: kopi\n"}, hash=playbook.hash)
    await bundles.keep(ledger, bundle, playbook.brand, NOON)
    await bundles.deploy(ledger, playbook.brand, playbook.hash, NOON)
    return playbook


@pytest.fixture
def opened(
    ledger: Ledger, deployed: Playbook, decider: Words, arrival: Callable[..., Arrival]
) -> Callable[..., Any]:
    """`await opened("refund please")`: the number of the one case that this message opens."""

    async def make(text: str = "refund please", *, message: str = "1", **more: Any) -> int:
        came = [arrival(message, text, **more)]
        done = await ingest(ledger, deployed, decider, came, channel="bsky", now=NOON)
        assert len(done.opened) == 1, done
        number: int = done.opened[0]
        return number

    return make


LEASE = timedelta(minutes=2)


@pytest.fixture
def lease() -> timedelta:
    return LEASE


@pytest.fixture
def drafted(ledger: Ledger, opened: Callable[..., Any]) -> Callable[..., Any]:
    """`await drafted()`: (case, draft) of a case that run-1 has drafted and waits with a form for."""

    async def make(text: str = "refund please", **more: Any) -> tuple[int, Draft]:
        number: int = await opened(text, **more)
        await cases.claim(ledger, number, 1, "run-1", NOON, LEASE)
        draft = await drafts.save(
            ledger,
            number,
            "run-1",
            text="We are sorry, Tia.",
            language="en",
            destination="bsky 1",
            template="sorry",
            now=NOON,
            lease=LEASE,
        )
        await drafts.await_approval(ledger, number, "run-1", draft.id, NOON, LEASE, None)
        return number, draft

    return make


@pytest.fixture
def rule(ledger: Ledger, deployed: Playbook) -> Callable[..., Any]:
    """`await rule(case, draft, "approve", "sari")`: what became of that ruling."""

    async def make(
        case: int, draft: Draft | None, verdict: str | None, person: str | None, **more: Any
    ) -> Ruled:
        now, run, key = more.pop("now", NOON), more.pop("run", None), more.pop("key", None)
        book = more.pop("playbook", deployed)
        ruling = Ruling(
            case=case,
            draft=None if draft is None else draft.id,
            verdict=None if verdict is None else Verdict(verdict),
            person=person,
            via="form",
            **more,
        )
        return await drafts.rule_on(ledger, ruling, book, now, run=run, key=key)

    return make
