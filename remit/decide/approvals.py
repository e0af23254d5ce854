"""Who may decide on a draft, and what is said to somebody who may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from remit.decide.encoding import unambiguous
from remit.model import Approval, Case, Draft, Frozen, Play, Playbook, Ruling, Verdict


class Judgement(Frozen):
    """Whether a ruling counts, and why."""

    accepted: bool
    code: str
    """ok, no_decision, unknown_person, not_eligible, writer_may_not, draft_changed, draft_voided,
    already_decided, case_finished, not_verified, empty_text, nowhere or unknown_role."""
    message: str
    """For the person who decided: what happened and what to do."""
    role: str | None = None
    """The role in which the person decided."""
    missing: int = 0
    """How many more people must say yes before anything goes out."""


def content_hash(
    text: str, media: Sequence[tuple[str, str]], destination: str, playbook_hash: str
) -> str:
    """What an approval covers. `media`: (file, alt text)."""
    parts = [part for pair in media for part in pair]
    return sha256(
        unambiguous(text, destination, playbook_hash, str(len(media)), *parts)
    ).hexdigest()


def eligible(playbook: Playbook, approval_id: str | None, writer: str | None) -> tuple[str, ...]:
    """The people whose yes counts under that approval, in the order of the playbook."""
    approval = playbook.approvals.get(approval_id or "")
    if approval is None:
        return ()
    people = dict.fromkeys(_people(playbook, approval.by))
    return tuple(person for person in people if not (approval.not_writer and person == writer))


def judge(
    ruling: Ruling,
    *,
    case: Case,
    draft: Draft | None,
    current: Draft | None,
    playbook: Playbook,
    given: Sequence[str] = (),
) -> Judgement:
    """Whether the ruling counts. Decides nothing itself and changes nothing.

    `draft` is what the person saw, `current` what stands now (None: voided), `given` the people who
    have approved exactly that already. An accepted edit makes its person the writer of the new
    text, which counts as that person's yes only where the person may approve it (`missing` says).
    """
    refusal = _nobody(ruling, case, playbook) or _stale(ruling, case, draft, current)
    if refusal is not None:
        return refusal
    asked = _Asked(ruling, ruling.person or "", case, current, playbook, frozenset(given))
    match ruling.verdict:
        case Verdict.approve:
            return _about_text(asked) or _approves(asked)
        case Verdict.edit:
            return _about_text(asked) or _edits(asked)
        case Verdict.hand_off:
            return _concerns(asked) or _hands_off(asked)
        case _:
            return _concerns(asked) or _ends(asked)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ruling with all that it is judged by."""

    ruling: Ruling
    person: str
    case: Case
    current: Draft | None
    playbook: Playbook
    given: frozenset[str]

    @property
    def approval(self) -> Approval | None:
        return self.playbook.approvals.get(self.case.approval or "")

    @property
    def approving(self) -> tuple[str, ...]:
        """The roles that may approve."""
        return () if self.approval is None else self.approval.by

    @property
    def counted(self) -> int:
        """How many of those who said yes may say it under this playbook."""
        if self.current is None:
            return 0
        able = eligible(self.playbook, self.case.approval, self.current.writer)
        return len(self.given.intersection(able))

    @property
    def settled(self) -> bool:
        return self.approval is not None and self.counted >= self.approval.count

    def role(self, *roles: str) -> str | None:
        """The first of these roles that the person has."""
        has = (name for name in roles if self.person in _people(self.playbook, (name,)))
        return next(has, None)

    def ask(self, what: str, *roles: str) -> Judgement:
        """The person may not; somebody of these roles may."""
        people = tuple(dict.fromkeys(_people(self.playbook, roles)))
        return _no(
            "not_eligible",
            f"You may not {what}, and nothing was changed. Ask {_names(people, self.playbook)}.",
        )


def _no(code: str, message: str) -> Judgement:
    return Judgement(accepted=False, code=code, message=message)


def _nobody(ruling: Ruling, case: Case, playbook: Playbook) -> Judgement | None:
    """Nothing was chosen, or by nobody, or too late."""
    if ruling.verdict is None:
        return _no("no_decision", "Nothing was chosen, so nothing was decided. Choose a decision.")
    if not ruling.person:
        return _no("unknown_person", "Nobody was named. Choose who decides.")
    if ruling.person not in playbook.people:
        return _no(
            "unknown_person",
            "The playbook knows no such person. "
            f"Choose one of {', '.join(playbook.people) or 'the people it names (it names none)'}.",
        )
    if case.state.finished:
        return _no(
            "case_finished",
            f"Case {case.id} is {case.state.value} already, so this changed nothing. "
            "If the author writes again, it opens again.",
        )
    return None


def _stale(
    ruling: Ruling, case: Case, draft: Draft | None, current: Draft | None
) -> Judgement | None:
    """The person saw something that does not stand any more."""
    if ruling.verdict is Verdict.hand_off:
        return None
    if ruling.draft is None and ruling.verdict is Verdict.resolve:
        return None
    if current is None or current.thread_revision < case.thread_revision:
        return _no(
            "draft_voided",
            "The conversation went on after this draft was written, so it was withdrawn and "
            "nothing was sent. Read the new draft and decide on that.",
        )
    if (
        draft is None
        or ruling.draft != current.id
        or (draft.id, draft.hash) != (current.id, current.hash)
    ):
        return _no(
            "draft_changed",
            "The draft was changed after you opened it, and nothing was sent. "
            "Read the draft as it stands now and decide on that.",
        )
    return None


def _about_text(asked: _Asked) -> Judgement | None:
    """What stands in the way of an approval and of an edit alike."""
    case, approval, text = asked.case, asked.approval, asked.ruling.text
    edits = asked.ruling.verdict is Verdict.edit
    if approval is None:
        named = f"the approval {case.approval!r}" if case.approval else "no approval"
        return _no(
            "not_eligible",
            f"Case {case.id} names {named}, and without one in the deployed playbook nobody may "
            "send. Add it to the playbook, hand the case off, or resolve it.",
        )
    if case.channel is None and case.play is not Play.campaign:
        return _no(
            "nowhere",
            f"Case {case.id} came from no channel, so there is nobody to answer. Resolve it, or "
            "hand it off.",
        )
    drafted = "" if edits or asked.current is None else asked.current.text
    if not (drafted if text is None else text).strip():
        return _no(
            "empty_text", "The text is empty, and nothing was sent. Write it, or reject the draft."
        )
    if asked.settled:
        return _no("already_decided", "This draft is approved already; nothing more is needed.")
    # The owner may improve a text that others have to approve.
    roles = (*approval.by, case.owner) if edits else approval.by
    if asked.role(*roles) is None:
        return asked.ask(asked.ruling.verdict or "decide", *roles)
    if approval.identity == "verified" and asked.ruling.identity != "verified":
        return _no(
            "not_verified",
            f"The approval {approval.id!r} asks for a personal code: a name alone does not count. "
            "Enter your code.",
        )
    return None


def _approves(asked: _Asked) -> Judgement:
    approval, draft = asked.approval, asked.current
    assert approval is not None
    assert draft is not None
    if approval.not_writer and asked.person == draft.writer:
        others = _names(eligible(asked.playbook, approval.id, asked.person), asked.playbook)
        return _no(
            "writer_may_not", f"You wrote this text, and somebody else has to approve it: {others}."
        )
    if asked.person in asked.given:
        return _no("already_decided", "You have approved this already; others have to as well.")
    if asked.ruling.text is not None and _plain(asked.ruling.text) != _plain(draft.text):
        return _no(
            "draft_changed",
            'The text was changed, but "approve" means as drafted, so nothing was sent. '
            'Choose "edit" to send your words.',
        )
    missing = max(0, approval.count - asked.counted - 1)
    return _yes(asked, asked.role(*approval.by), missing)


def _edits(asked: _Asked) -> Judgement:
    """The edit makes a new text, on which no earlier yes counts."""
    approval = asked.approval
    assert approval is not None
    own = asked.person in eligible(asked.playbook, approval.id, asked.person)
    role = asked.role(*approval.by, asked.case.owner)
    return _yes(asked, role, max(0, approval.count - own))


def _yes(asked: _Asked, role: str | None, missing: int) -> Judgement:
    message = (
        f"Case {asked.case.id}: taken. {missing} more approval(s) needed before it is sent."
        if missing
        else f"Case {asked.case.id}: approved."
    )
    return Judgement(accepted=True, code="ok", message=message, role=role, missing=missing)


def _concerns(asked: _Asked) -> Judgement | None:
    """Whether it is this person's case: the owner's people, and those who may approve."""
    roles = (asked.case.owner, *asked.approving)
    return None if asked.role(*roles) else asked.ask("decide on this case", *roles)


def _hands_off(asked: _Asked) -> Judgement:
    case, to = asked.case, asked.ruling.to
    others = [name for name in asked.playbook.roles if name != case.owner]
    if to not in others:
        choice = ", ".join(others) or "the playbook has no other"
        return _no("unknown_role", f"Choose the role that is to take case {case.id}: {choice}.")
    return Judgement(
        accepted=True,
        code="ok",
        message=f"Case {case.id} is offered to {to}; {case.owner} keeps it until {to} accepts.",
        role=asked.role(case.owner, *asked.approving),
    )


def _ends(asked: _Asked) -> Judgement:
    rejects = asked.ruling.verdict is Verdict.reject
    if rejects and asked.settled:
        return _no("already_decided", "This draft is approved already; it cannot be rejected now.")
    done = "the draft is rejected" if rejects else "resolved without a reply"
    return Judgement(
        accepted=True,
        code="ok",
        message=f"Case {asked.case.id}: {done}. Nothing is sent.",
        role=asked.role(asked.case.owner, *asked.approving),
    )


def _people(playbook: Playbook, roles: Sequence[str]) -> list[str]:
    known = [playbook.roles[name] for name in roles if name in playbook.roles]
    return [person for role in known for person in role.people]


def _names(people: Sequence[str], playbook: Playbook) -> str:
    known = [playbook.people[person].name for person in people if person in playbook.people]
    return " or ".join(known) or "whoever keeps the playbook: it names nobody who may"


def _plain(text: str) -> str:
    """A form may change line ends and blanks at the ends; that is no edit."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
