"""remit case N: one case, whole, before deciding. What was written outside cannot move the cursor."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from remit.cli.caselist import who
from remit.cli.checked import seen
from remit.cli.output import Format, emit_json, say
from remit.cli.with_desk import run
from remit.decide.claims import claimant
from remit.decide.owed import clocks, owed, standing
from remit.decide.told import told
from remit.ledger import drafts
from remit.ledger.dossier import Dossier, Handoff, Said, dossier
from remit.model import Draft, Message, Playbook, State, Tried

if TYPE_CHECKING:
    from flows.desk import Desk


class _Shown(NamedTuple):
    found: Dossier
    draft: Draft | None
    trace: tuple[Tried, ...]
    playbook: Playbook
    now: datetime
    notice: str | None

    def at(self, time: datetime | None) -> str:
        """In the brand's own time."""
        zone = ZoneInfo(self.playbook.timezone)
        return "-" if time is None else f"{time.astimezone(zone):%Y-%m-%d %H:%M}"


def show_case(number: int, format_: Format) -> None:
    """Print everything about one case."""

    async def work(desk: Desk) -> _Shown:
        from flows.notices import notice_text

        found = await dossier(desk.ledger, number)
        case = found.case
        draft = await drafts.get(desk.ledger, case.draft) if case.draft else None
        playbook = await desk.deployed(case.brand)
        tried = await desk.trace(case)
        return _Shown(found, draft, tried, playbook, desk.now(), notice_text(found.notice))

    shown = run(work)
    if format_ is Format.json:
        emit_json(_plain(shown))
    else:
        say("\n".join(_text(shown)))


def _plain(shown: _Shown) -> dict[str, object]:
    case, due = shown.found.case, owed(shown.found.case)
    return {
        **shown.found.model_dump(mode="json"),
        "notice": shown.notice,
        "due": None if due is None else {"what": due.what, "at": due.at.isoformat()},
        "standing": standing(case, shown.now),
        "claimed_by": claimant(case, shown.playbook, shown.now),
        "draft": None if shown.draft is None else shown.draft.model_dump(mode="json"),
        "trace": [tried.model_dump(mode="json") for tried in shown.trace],
    }


def _text(shown: _Shown) -> Iterator[str]:
    found, case, at = shown.found, shown.found.case, shown.at
    yield f"Case {case.id}: {case.state.replace('_', ' ')}, {case.owner}, {case.platform}"
    if shown.notice:
        yield f"! {shown.notice}"
    yield ""
    yield from (f"{name:<14}{value}" for name, value in _facts(shown))
    parts: dict[str, Iterable[str]] = {
        "Conversation": _conversation(shown),
        "The answer that waits": _draft(shown.draft),
        "Decisions so far": (_said(shown, said) for said in found.said),
        "Handoffs": (_offer(shown, offer) for offer in found.handoffs),
        "Earlier cases of this author": (
            f"  case {one.id}, {at(one.opened_at)}: {', '.join(one.topics) or one.rule}, "
            f"{one.outcome or one.state}"
            for one in found.earlier
        ),
        "How it was decided": (
            f"  {tried.rule}: {'matched' if tried.matched else seen(tried.failed or '')}"
            for tried in shown.trace
        ),
        "From here": _way(shown),
    }
    for title, lines in parts.items():
        written = list(lines)
        if written:
            yield f"\n{title}"
            yield from written


def _conversation(shown: _Shown) -> Iterator[str]:
    part = told(shown.found.messages, shown.found.case.subject)
    for message in part.messages:
        yield from _message(shown, message)
    if part.others:
        yield f"  ({part.others} messages of others in this thread: --format json has them)"


def _message(shown: _Shown, message: Message) -> Iterator[str]:
    name = "we" if message.ours else seen(message.handle) or "somebody"
    mark = "  <- to be answered" if message.id == shown.found.case.subject else ""
    link = f"  {seen(message.url)}" if message.url else ""
    yield f"  {name}, {shown.at(message.time)}{link}{mark}"
    yield from ["    (deleted)"] if message.deleted else quoted(message.text)


def _draft(draft: Draft | None) -> Iterator[str]:
    if draft is not None and not draft.text.strip():
        yield "  It has still to be written: edit it."
    elif draft is not None:
        yield f"  version {draft.version}, by {draft.writer or 'Remit'}"
        yield from quoted(draft.text)


def _said(shown: _Shown, said: Said) -> str:
    counts = "" if said.code == "ok" else f", does not count: {said.code}"
    reason = f": {seen(said.reason)}" if said.reason else ""
    verdict = f"{said.verdict or 'nothing'} ({said.identity}{counts}){reason}"
    return f"  {shown.at(said.at)}  {said.person or '-'} {verdict}"


def _offer(shown: _Shown, offer: Handoff) -> str:
    became = offer.code or f"stands until {shown.at(offer.expires_at)}"
    reason = f": {seen(offer.reason)}" if offer.reason else ""
    return f"  {shown.at(offer.offered_at)}  {offer.from_role} to {offer.to_role}, {became}{reason}"


def _facts(shown: _Shown) -> Iterator[tuple[str, str]]:
    found, case, at = shown.found, shown.found.case, shown.at
    stands = case.state is State.waiting
    for clock in sorted(clocks(case)):
        late = " OVERDUE" if clock.overdue(shown.now) and not stands else ""
        yield f"{clock.what}", f"{at(clock.at)}{late}"
    if stands:
        yield "waiting for", f"{case.waiting_for or 'the author'}, since {at(case.waiting_since)}"
    yield "who has it", who(case, shown.playbook, shown.now) or "nobody"
    yield "severity", case.severity
    yield "rule", case.rule
    if case.topics:
        yield "topics", ", ".join(case.topics)
    yield "author", seen(found.author_relation or "not known to us")
    for name, roles in (("consulted", found.consulted), ("informed", found.informed)):
        if roles:
            yield name, ", ".join(roles)
    if found.under is not None:
        post = f"campaign {found.under.campaign}, post {found.under.post}"
        what = post if found.under.campaign else "a post of ours"
        yield "hangs under", f"{what}  {seen(found.under.url or '')}".rstrip()
    if found.linked:
        yield "linked cases", ", ".join(map(str, found.linked))
    if found.incident is not None:
        yield "storm", str(found.incident)
    for hold in found.holds:
        about = f" about {', '.join(hold.topics)}" if hold.topics else ""
        yield f"hold {hold.id}", f"posts of {hold.role}{about}, until {at(hold.ends_at)}"
    if case.outcome:
        yield "outcome", case.outcome


def _way(shown: _Shown) -> Iterator[str]:
    """What can be done from here."""
    case = shown.found.case
    if case.state.finished:
        return
    number = case.id
    if shown.draft is not None:
        yield f"  remit decide {number} approve --as PERSON"
        yield f"  remit decide {number} edit --as PERSON                 opens your editor on the draft"
        yield f'  remit decide {number} reject --as PERSON --reason "..."'
    yield f"  remit ack {number} --as PERSON                         stops the escalation"
    yield f"  remit claim {number} --as PERSON                       yours alone for a while"
    yield f"  remit wait {number} --for author --as PERSON           the clocks stand still"
    yield f'  remit resolve {number} --as PERSON --reason "..."'
    yield f"  remit handoff {number} --to ROLE --as PERSON"


def quoted(text: str) -> Iterator[str]:
    """A text from outside, each line behind a bar, with what cannot be seen spelt out."""
    for line in text.splitlines() or [""]:
        yield from textwrap.wrap(
            seen(line), 96, initial_indent="    | ", subsequent_indent="    | "
        ) or ["    |"]
