"""One case as a page: all that a person needs before deciding. Gone from Prefect when it closes.

Everything that a stranger wrote is made visible and inert here: no markup, no link, no character
that is not seen or that turns the reading direction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from flows.forms import approval_facts
from flows.markdown import NOBODY, escaped, quoted, table
from flows.names import dated
from flows.notices import notice_text
from flows.pages import case_key, today_key
from remit.decide.claims import claimant
from remit.decide.owed import clocks
from remit.decide.told import told
from remit.ledger.dossier import Dossier, Earlier, Under
from remit.ledger.standing import Standing
from remit.model import Case, Draft, Message, Playbook, Tried
from remit.model import State as CaseState

_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
"""Control characters but tab and line ends; what turns the reading direction."""


def visible(text: str) -> str:
    """Text from outside with what cannot be seen spelt out."""
    return _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)


def linked(words: str, url: str | None) -> str | None:
    """A link where the address is one."""
    good = url is not None and re.fullmatch(r"https?://[^\s()<>\[\]\"'`]+", url)
    return f"[{words}]({url})" if good else None


def closed(case: int) -> str:
    """What stays of a page: no text and no handle."""
    return f"Case {case} is closed; what this page showed of it was removed. `remit cases --all` lists it."


class CasePage:
    """A dossier, as one moment shows it."""

    def __init__(
        self, found: Dossier, stands: Standing, playbook: Playbook, now: datetime, ui: str
    ) -> None:
        self._found = found
        self._stands = stands
        self._case = found.case
        self._playbook = playbook
        self._now = now
        self._ui = ui

    def page(self, draft: Draft | None, trace: Sequence[Tried]) -> str:
        """The whole page. What is to be answered stands first."""
        return "\n".join(self._parts(draft, trace))

    def _parts(self, draft: Draft | None, trace: Sequence[Tried]) -> Iterator[str]:
        found, case = self._found, self._case
        if said := notice_text(found.notice):
            yield f"**⚠ {said}**\n"
        asked = [message for message in found.messages if message.id == case.subject]
        yield from (self._message(message) for message in asked)
        yield self._way() + "\n"
        yield self._facts() + "\n"
        if draft is not None and not draft.text.strip():
            yield "### The answer has still to be written\n"
        elif draft is not None:
            yield f"### The answer that waits: version {draft.version}, by {self._person(draft.writer)}\n"
            yield quoted(visible(draft.text)) + "\n"
        part = told(found.messages, case.subject)
        if len(part.messages) > len(asked):
            yield "### Conversation\n"
            for message in part.messages:
                yield self._message(message, here=message.id == case.subject)
        if part.others:
            yield f"*{part.others} messages of others in this thread are left out; open the post.*\n"
        yield from self._history()
        yield "### How it was decided\n"
        for tried in trace:
            why = "**matched**" if tried.matched else escaped(visible(tried.failed or ""))
            yield f"- `{tried.rule}`: {why}"

    def _at(self, at: datetime | None) -> str:
        return NOBODY if at is None else dated(at, self._playbook, self._now)

    def _person(self, person: str | None) -> str:
        known = self._playbook.people.get(person or "")
        return escaped(known.name if known else person or "Remit")

    def _role(self, role: str) -> str:
        known = self._playbook.roles.get(role)
        return escaped((known.title if known else "") or role)

    def _message(self, message: Message, *, here: bool = False) -> str:
        """Who wrote it, when, where it stands, and what it says."""
        who = "we" if message.ours else escaped(visible(message.handle)) or "somebody"
        link = linked("open the post", message.url)
        mark = " ← to be answered" if here else ""
        body = "*(deleted)*" if message.deleted else quoted(visible(message.text))
        facts = [f"**{who}**", self._at(message.time), *([link] if link else [])]
        return f"{' · '.join(facts)}{mark}\n\n{body}\n"

    def _way(self) -> str:
        """How it is decided from here."""
        case = self._case
        command = f"`remit decide {case.id} approve --as PERSON`"
        if case.state is CaseState.awaiting_approval and case.lease_run:
            form = f"{self._ui}/runs/flow-run/{case.lease_run}"
            said = f"**[Decide in its form]({form})** or with {command}"
        else:
            said = f"No draft waits for a decision. Take it with `remit ack {case.id} --as PERSON`"
        day = f"{self._ui}/artifacts/key/{today_key(case.brand, case.owner)}"
        return f"{said} · [the day]({day})"

    def _facts(self) -> str:
        case, found = self._case, self._found
        rows = [
            ("owner", self._role(case.owner)),
            ("who has it", self._who()),
            *((clock, due) for clock, due in self._clocks()),
            ("severity", str(case.severity)),
            ("rule", f"`{case.rule}`"),
            *([("topics", ", ".join(case.topics))] if case.topics else []),
            ("author", escaped(visible(found.author_relation or "")) or "not known to us"),
        ]
        if case.approval is not None:
            facts = approval_facts(case, self._playbook, self._stands)
            rows.append(("approval", " · ".join(facts)))
        if found.consulted or found.informed:
            also = [f"{self._role(role)} (consulted)" for role in found.consulted]
            also += [f"{self._role(role)} (informed)" for role in found.informed]
            rows.append(("also", ", ".join(also)))
        if found.under is not None:
            rows.append(("hangs under", _under(found.under)))
        if found.linked:
            pages = [
                f"[{number}]({self._ui}/artifacts/key/{case_key(case.brand, number)})"
                for number in found.linked
            ]
            rows.append(("linked cases", ", ".join(pages)))
        if found.incident is not None:
            rows.append(("part of storm", str(found.incident)))
        rows += [
            (
                "holds",
                f"posts of {self._role(hold.role)}"
                + (f" about {', '.join(hold.topics)}" if hold.topics else "")
                + f", until {self._at(hold.ends_at)} (`remit hold {hold.id}` confirms or drops it)",
            )
            for hold in found.holds
        ]
        return table((f"Case {case.id}", str(case.state).replace("_", " ")), rows)

    def _who(self) -> str:
        case = self._case
        if case.assignee is None:
            return NOBODY
        alone = claimant(case, self._playbook, self._now) is not None
        return self._person(case.assignee) + (
            f", theirs alone until {self._at(case.claimed_until)}" if alone else ""
        )

    def _clocks(self) -> Iterator[tuple[str, str]]:
        case = self._case
        stands = case.state is CaseState.waiting
        for clock in sorted(clocks(case)):
            late = clock.overdue(self._now) and not stands
            at = self._at(clock.at)
            yield f"{clock.what} due", f"**{at}, overdue**" if late else at
        if stands:
            since = self._at(case.waiting_since)
            yield (
                "waiting for",
                f"{escaped(case.waiting_for or 'the author')} since {since}; the clocks stand still",
            )

    def _history(self) -> Iterator[str]:
        """What people have said and done, and the author's cases before this one."""
        found = self._found
        if found.said:
            yield "### Decisions so far\n"
            rows = [
                (
                    self._at(said.at),
                    self._person(said.person) if said.person else NOBODY,
                    f"{said.verdict or 'nothing'}{' (verified)' if said.identity == 'verified' else ''}",
                    "counts" if said.code == "ok" else escaped(notice_text(said.code) or ""),
                    escaped(visible(said.reason)),
                )
                for said in found.said
            ]
            yield table(("when", "who", "said", "which", "why"), rows) + "\n"
        if found.handoffs:
            yield "### Handoffs\n"
            rows = [
                (
                    self._at(offer.offered_at),
                    f"{self._role(offer.from_role)} to {self._role(offer.to_role)}",
                    self._person(offer.offered_by) if offer.offered_by else NOBODY,
                    offer.code or f"**stands until {self._at(offer.expires_at)}**",
                    escaped(visible(offer.reason)),
                )
                for offer in found.handoffs
            ]
            yield table(("when", "from, to", "by", "what became of it", "why"), rows) + "\n"
        if found.earlier:
            yield "### Earlier cases of this author\n"
            yield "\n".join(self._earlier(each) for each in found.earlier) + "\n"

    def _earlier(self, each: Earlier) -> str:
        about = ", ".join(each.topics) or each.rule
        ended = (each.outcome or each.state).replace("_", " ")
        return f"- case {each.id}, {self._at(each.opened_at)}: {about}, {ended}"


def _under(under: Under) -> str:
    what = (
        f"campaign `{under.campaign}`, post `{under.post}`" if under.campaign else "a post of ours"
    )
    link = linked("open", under.url)
    return f"{what} · {link}" if link else what


def hour(case: Case, now: datetime) -> tuple[object, ...]:
    """What of a page depends on the hour."""
    alone = case.claimed_until is not None and case.claimed_until > now
    return (alone, *(clock.overdue(now) for clock in sorted(clocks(case))))
