"""What a person sees and fills in: the form of a case, and the words around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, cast

from prefect.input import RunInput
from pydantic import Field, SecretStr, create_model
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from flows.markdown import NOBODY, escaped, quoted
from flows.names import local
from flows.notices import notice_text
from remit.ledger.standing import Standing
from remit.model import Case, Draft, Message, Playbook, Ruling, Slot, Tried, Verdict


def describe(
    case: Case,
    conversation: Sequence[Message],
    trace: Sequence[Tried],
    playbook: Playbook,
    now: datetime,
    *,
    notice: str | None = None,
    citations: Sequence[str] = (),
    standing: Standing | None = None,
) -> str:
    """The case as markdown. What is to be answered stands first: the form shows a few lines of it."""
    said = notice_text(notice)
    parts = [f"**⚠ {said}**\n"] if said else []
    stands = standing or Standing()
    if stands.rejected is not None:
        parts.append(f"The draft before was rejected:\n\n{quoted(stands.rejected)}\n")
    asked = [message for message in conversation if message.id == case.subject]
    parts += [_message(message, playbook, now) for message in asked]
    due = case.first_response_due
    facts = [
        f"**Case {case.id}**",
        _title(case.owner, playbook),
        f"severity {case.severity}",
        f"rule `{case.rule}`",
        f"topics {', '.join(case.topics) or NOBODY}",
        f"answer due {local(due, playbook, now) if due else NOBODY}",
        *approval_facts(case, playbook, stands),
    ]
    if citations:
        facts.append(f"the draft rests on {', '.join(f'`{each}`' for each in citations)}")
    parts.append(" · ".join(facts) + "\n")
    if len(conversation) > len(asked):
        parts.append("### Conversation\n")
        parts += [
            _message(message, playbook, now, here=message.id == case.subject)
            for message in conversation
        ]
    parts.append("### How it was decided\n")
    parts += [
        f"- `{tried.rule}`: {'**matched**' if tried.matched else escaped(tried.failed or '')}"
        for tried in trace
    ]
    return "\n".join(parts)


def _title(role: str, playbook: Playbook) -> str:
    return (playbook.roles[role].title if role in playbook.roles else "") or role


def _message(message: Message, playbook: Playbook, now: datetime, *, here: bool = False) -> str:
    who = "we" if message.ours else escaped(message.handle)
    link = f" · [open]({message.url})" if message.url and _is_link(message.url) else ""
    mark = " ← to be answered" if here else ""
    body = "*(deleted)*" if message.deleted else quoted(message.text)
    return f"**{who}** · {local(message.time, playbook, now)}{link}{mark}\n\n{body}\n"


def describe_plan(
    case: Case,
    slots: Sequence[Slot],
    problems: Sequence[str],
    playbook: Playbook,
    now: datetime,
    *,
    title: str,
    notice: str | None = None,
    standing: Standing | None = None,
) -> str:
    """A campaign's plan as markdown."""
    stands = standing or Standing()
    parts = [f"# {escaped(title)}\n"]
    if said := notice_text(notice):
        parts.append(f"**⚠ {said}**\n")
    if stands.rejected is not None:
        parts.append(f"The plan before was rejected:\n\n{quoted(stands.rejected)}\n")
    if problems:
        parts.append(
            "**It cannot go out like this:**\n\n" + "\n".join(f"- {escaped(p)}" for p in problems)
        )
    for slot in slots:
        parts.append(f"### {slot.post} on {slot.channel}, {local(slot.at, playbook, now)}\n")
        parts.append(quoted(slot.text))
        parts += [f"\n🖼 `{file}`: {escaped(alt)}" for file, alt in slot.media]
    parts.append("\n" + " · ".join(approval_facts(case, playbook, stands)))
    return "\n".join(parts)


def _is_link(url: str) -> bool:
    return re.fullmatch(r"https?://[^\s()<>\"']+", url) is not None


def approval_facts(case: Case, playbook: Playbook, standing: Standing) -> list[str]:
    """Who has approved, and who may, tier by tier; who is on leave may not."""
    approval = playbook.approvals.get(case.approval or "")
    if approval is None:
        return [f"may approve: {NOBODY}"]
    tiers = []
    for tier in approval.asked:
        roles = [(role, playbook.roles[role]) for role in tier.by if role in playbook.roles]
        names = ", ".join(
            f"{escaped(playbook.people[person].name)} "
            f"({role}{', on leave' * (person in standing.away)})"
            for role, known in roles
            for person in known.people
            if person in playbook.people
        )
        tiers.append(f"{tier.count} of {names}" if tier.count > 1 else names)
    said = [f"may approve: {'; then '.join(tiers)}"]
    known = [playbook.people[each] for each in standing.approved if each in playbook.people]
    given = [escaped(person.name) for person in known]
    if given:
        said.append(f"approved by {', '.join(given)}")
    if approval.identity == "verified":
        said.append("with a one-time code")
    return said


def _code(case: Case, playbook: Playbook) -> dict[str, Any]:
    """The field for a one-time code, where the approval asks for one."""
    approval = playbook.approvals.get(case.approval or "")
    if approval is None or approval.identity != "verified":
        return {}
    return {"code": (SecretStr, Field(SecretStr(""), title="One-time code"))}


def _choice(name: str, values: Iterable[str]) -> type[Enum]:
    return cast("type[Enum]", Enum(name, {value: value for value in values}, type=str))


def _unchosen(choice: type[Enum], title: str) -> tuple[Any, Any]:
    """A select with nothing chosen. Left out it is taken, so that the ledger learns of it too."""
    left_out = Field(default=None, title=title, json_schema_extra=_without_default)
    return (choice | Annotated[None, cast("Any", SkipJsonSchema)()], left_out)


def _without_default(schema: JsonDict) -> None:
    schema.pop("default", None)


def reply_form(
    case: Case, draft: Draft | None, playbook: Playbook, description: str
) -> type[RunInput]:
    """The form of a case. Leaving out the decision or the person decides nothing."""
    people = _choice("Person", playbook.people)
    verdicts = _choice("Decision", [verdict.value for verdict in Verdict])
    roles = _choice("Role", [NOBODY, *(role for role in playbook.roles if role != case.owner)])
    form = create_model(
        "Decide",
        __base__=RunInput,
        who=_unchosen(people, "Who decides"),
        decision=_unchosen(verdicts, "Decision"),
        text=(str, Field(draft.text if draft else "", title="Answer")),
        **_code(case, playbook),
        reason=(str, ""),
        hand_off_to=(roles, Field(roles(NOBODY), title="Hand off to")),
    )
    return form.with_initial_data(description=description)


def plan_form(case: Case, playbook: Playbook, description: str) -> type[RunInput]:
    """The form of a campaign's plan."""
    people = _choice("Person", playbook.people)
    verdicts = _choice("Decision", [Verdict.approve, Verdict.reject, Verdict.resolve])
    form = create_model(
        "Plan",
        __base__=RunInput,
        who=_unchosen(people, "Who decides"),
        decision=_unchosen(verdicts, "Decision"),
        **_code(case, playbook),
        reason=(str, ""),
    )
    return form.with_initial_data(description=description)


def ruling_of(answer: RunInput | None, case: Case) -> Ruling:
    """What a filled-in form says. None stands for a resume whose input does not fit the form."""
    said = answer.model_dump(mode="json") if answer is not None else {}
    chosen, to = said.get("decision"), said.get("hand_off_to")
    return Ruling(
        case=case.id,
        draft=case.form_draft,
        verdict=Verdict(chosen) if chosen else None,
        person=said.get("who"),
        code=getattr(answer, "code", None),
        via="form",
        text=said.get("text"),
        reason=said.get("reason") or "",
        to=None if to in (None, NOBODY) else to,
    )
