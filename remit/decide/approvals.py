"""Who may decide on a draft, and what is said to somebody who may not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from remit.decide.encoding import unambiguous
from remit.decide.proofs import RIGHT, WRONG
from remit.decide.tally import Tally, eligible, people_of, tally
from remit.model import Approval, Case, Draft, Frozen, Play, Playbook, Ruling, Verdict, Vote


class Judgement(Frozen):
    """Whether a ruling counts, and why."""

    accepted: bool
    code: str
    """ok, no_decision, unknown_person, not_eligible, too_early, away, writer_may_not,
    draft_changed, draft_voided, playbook_changed, already_decided, case_finished, claimed_by, reason_needed,
    empty_text, nowhere, unknown_role, not_verified, or one of `WRONG`."""
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


def judge(
    ruling: Ruling,
    *,
    case: Case,
    draft: Draft | None,
    current: Draft | None,
    playbook: Playbook,
    given: Sequence[Vote] = (),
    away: Collection[str] = (),
    proof: str | None = None,
    kept_out: str | None = None,
    outdated: bool = False,
) -> Judgement:
    """Whether the ruling counts. Decides nothing itself and changes nothing.

    `draft` is what the person saw, `current` what stands now (None: voided), `given` every yes to
    exactly that so far, `away` who is on leave today, `proof` what became of the person's one-time
    code (None: none was given), `kept_out` why another's claim keeps this person from deciding,
    `outdated` whether it was drafted under another playbook than the one in force.
    An accepted edit makes its person the writer of the new text, which counts as that person's yes
    only where the person may approve it (`missing` says).
    """
    claimed = None if kept_out is None else _no("claimed_by", kept_out)
    if outdated and ruling.verdict in {Verdict.approve, Verdict.edit}:
        claimed = claimed or _no(
            "playbook_changed",
            "Another playbook was put in force after this was drafted, so it was withdrawn and nothing "
            "was sent. Read the new draft and decide on that.",
        )
    refusal = _nobody(ruling, case, playbook) or claimed or _stale(ruling, case, draft, current)
    if refusal is not None:
        return refusal
    votes, out = tuple(given), frozenset(away)
    asked = _Asked(ruling, ruling.person or "", case, current, playbook, votes, out)
    match ruling.verdict:
        case Verdict.approve:
            judged = _about_text(asked) or _approves(asked)
        case Verdict.edit:
            judged = _about_text(asked) or _edits(asked)
        case Verdict.hand_off:
            judged = _concerns(asked) or _hands_off(asked)
        case Verdict.wait:
            judged = _concerns(asked) or _waits(asked)
        case _:
            judged = _concerns(asked) or _ends(asked)
    # Last, so that whoever may not decide anyway learns nothing of a code by trying.
    return (_unproved(asked, proof) if judged.accepted else None) or judged


@dataclass(frozen=True)
class _Asked:
    """A ruling with all that it is judged by."""

    ruling: Ruling
    person: str
    case: Case
    current: Draft | None
    playbook: Playbook
    votes: tuple[Vote, ...]
    away: frozenset[str]

    @property
    def approval(self) -> Approval | None:
        return self.playbook.approvals.get(self.case.approval or "")

    @property
    def approving(self) -> tuple[str, ...]:
        """The roles that may approve, at once or later."""
        return () if self.approval is None else self.approval.by

    @cached_property
    def so_far(self) -> Tally:
        """What of the yes given so far counts under this playbook."""
        if self.current is None:
            return Tally()
        return tally(self.playbook, self.case.approval, self.votes, (self.current.writer,))

    @property
    def settled(self) -> bool:
        """All have said yes, or it is on its way out unseen, on nobody's."""
        return self.so_far.missing == 0 or any(vote.person is None for vote in self.votes)

    def role(self, *roles: str) -> str | None:
        """The first of these roles that the person has."""
        has = (name for name in roles if self.person in people_of(self.playbook, (name,)))
        return next(has, None)

    def others(self, *roles: str) -> str:
        """The names of those who have one of these roles and are there."""
        people = dict.fromkeys(people_of(self.playbook, roles))
        there = tuple(each for each in people if each not in {*self.away, self.person})
        return _names(there or tuple(people), self.playbook)

    def ask(self, what: str, *roles: str) -> Judgement:
        """The person may not; somebody of these roles may."""
        return _no(
            "not_eligible",
            f"You may not {what}, and nothing was changed. Ask {self.others(*roles)}".removesuffix(
                "."
            )
            + ".",
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
    if ruling.verdict in {Verdict.hand_off, Verdict.wait}:
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
    # A storm's own case has nobody to answer either: its words are for the members.
    if case.channel is None and case.play is not Play.campaign and case.incident is None:
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
    if asked.person in asked.away:
        return _no(
            "away",
            "You are on leave today, and nothing was sent: whoever is away decides on no text. "
            f"Ask {asked.others(*roles)}; if you are back, have the leave withdrawn first.",
        )
    return None


def _approves(asked: _Asked) -> Judgement:
    approval, draft, tier = asked.approval, asked.current, asked.so_far.tier
    assert approval is not None
    assert draft is not None
    assert tier is not None
    if asked.person in asked.so_far.counted:
        return _no("already_decided", "You have approved this already; others have to as well.")
    if asked.role(*tier.by) is None:
        return _no(
            "too_early",
            f"Others have to approve this before you, and nothing was sent. "
            f"Ask {asked.others(*tier.by)}".removesuffix(".")
            + ".",
        )
    if tier.not_writer and asked.person == draft.writer:
        able = eligible(
            asked.playbook, approval.id, draft.writer, votes=asked.votes, away=asked.away
        )
        others = _names(able, asked.playbook)
        return _no(
            "writer_may_not", f"You wrote this text, and somebody else has to approve it: {others}."
        )
    if asked.ruling.text is not None and _plain(asked.ruling.text) != _plain(draft.text):
        return _no(
            "draft_changed",
            'The text was changed, but "approve" means as drafted, so nothing was sent. '
            'Choose "edit" to send your words.',
        )
    # Whether it is verified is not known yet; where it has to be and is not, it is refused.
    mine = Vote(person=asked.person, verified=True)
    return _yes(asked, asked.role(*tier.by), (*asked.votes, mine), draft.writer)


def _edits(asked: _Asked) -> Judgement:
    """The edit makes a new text, on which no earlier yes counts."""
    approval = asked.approval
    assert approval is not None
    role = asked.role(*approval.by, asked.case.owner)
    return _yes(asked, role, (Vote(person=asked.person, verified=True),), asked.person)


def _unproved(asked: _Asked, proof: str | None) -> Judgement | None:
    """A code that is given must be right; where the approval asks for one it must be given."""
    if proof == RIGHT:
        return None
    if proof is not None:
        return _no(proof, WRONG[proof])
    approval, verdict = asked.approval, asked.ruling.verdict
    asks = approval is not None and approval.identity == "verified"
    # Who rejects or hands off sends nothing; who edits becomes the writer, who may not approve.
    if asks and verdict in {Verdict.approve, Verdict.edit}:
        return _no(
            "not_verified",
            f"The approval {asked.case.approval!r} asks for your one-time code: a name alone does "
            "not count, and nothing was sent. Enter your code.",
        )
    return None


def _yes(asked: _Asked, role: str | None, votes: tuple[Vote, ...], writer: str | None) -> Judgement:
    """Taken; `votes` with this one among them."""
    book, case = asked.playbook, asked.case
    missing = tally(book, case.approval, votes, (writer,)).missing
    message = f"Case {case.id}: approved."
    if missing:
        able = eligible(book, case.approval, writer, votes=votes, away=asked.away)
        message = (
            f"Case {case.id}: taken. {missing} more approval(s) needed before it is sent; "
            f"next is {_names(able, book)}."
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


def _waits(asked: _Asked) -> Judgement:
    """Nothing that goes out already waits."""
    if asked.settled:
        return _no("already_decided", "This draft is approved already; it cannot wait now.")
    return Judgement(
        accepted=True,
        code="ok",
        message=f"Case {asked.case.id} waits for its author, and its clocks stand still.",
        role=asked.role(asked.case.owner, *asked.approving),
    )


def _ends(asked: _Asked) -> Judgement:
    rejects = asked.ruling.verdict is Verdict.reject
    if rejects and asked.settled:
        return _no("already_decided", "This draft is approved already; it cannot be rejected now.")
    if rejects and not asked.ruling.reason.strip():
        return _no(
            "reason_needed",
            "A rejection needs its reason, and nothing was changed. "
            "Say in a few words what the next draft has to do better.",
        )
    done = "the draft is rejected" if rejects else "resolved without a reply"
    return Judgement(
        accepted=True,
        code="ok",
        message=f"Case {asked.case.id}: {done}. Nothing is sent.",
        role=asked.role(asked.case.owner, *asked.approving),
    )


def _names(people: Sequence[str], playbook: Playbook) -> str:
    known = [playbook.people[person].name for person in people if person in playbook.people]
    return " or ".join(known) or "whoever keeps the playbook: it names nobody who may"


def _plain(text: str) -> str:
    """A form may change line ends and blanks at the ends; that is no edit."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
