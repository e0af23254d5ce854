"""Who may decide on a draft, and what is said to somebody who may not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.decide import content_hash, eligible, judge
from remit.decide.proofs import RIGHT, WRONG
from remit.model import Approval, Ruling, State, Tier, Verdict, Vote

TEXT = "Maaf ya kak, uangnya kami kembalikan."


@pytest.fixture
def ruled(brand, a_case, a_draft):
    """The judgement on a ruling; `draft` is what was seen and, unless given, what stands."""

    def judged(
        *, case=None, draft=None, current="as seen", given=(), away=(), proof=None,
        approvals=None, **changed,
    ):  # fmt: skip
        seen = a_draft(**draft or {})
        book = brand() if approvals is None else brand(approvals=approvals)
        basic = {"case": 7, "draft": seen.id, "verdict": "approve", "person": "sari", "via": "form"}
        return judge(
            Ruling.model_validate(basic | changed),
            case=a_case(**{"state": State.awaiting_approval, "channel": "bsky", **(case or {})}),
            draft=seen,
            current=seen if current == "as seen" else current,
            playbook=book,
            given=[Vote(person=person, verified=True) for person in given],
            away=away,
            proof=proof,
        )

    return judged


def test_an_approval_by_somebody_who_may_counts(ruled):
    found = ruled()
    assert (found.accepted, found.code, found.role, found.missing) == (True, "ok", "cm", 0)


@pytest.mark.parametrize(
    ("asked", "code", "says"),
    [
        ({"verdict": None}, "no_decision", "Choose a decision"),
        ({"verdict": None, "person": None}, "no_decision", "Choose a decision"),
        ({"person": None}, "unknown_person", "Choose who decides"),
        ({"person": ""}, "unknown_person", "Choose who decides"),
        ({"person": "mallory"}, "unknown_person", "Choose one of sari, bayu"),
        ({"person": "ratna"}, "not_eligible", "Ask Sari W. or Bayu P. or Dewi K."),
        ({"case": {"approval": "statements"}}, "not_eligible", "Ask Ratna S."),
        ({"case": {"approval": None}}, "not_eligible", "nobody may send"),
        ({"case": {"approval": "gone"}}, "not_eligible", "Add it to the playbook"),
        ({"case": {"state": "responded"}}, "case_finished", "is responded already"),
        ({"case": {"state": "resolved"}}, "case_finished", "is resolved already"),
        ({"current": None}, "draft_voided", "nothing was sent"),
        ({"case": {"thread_revision": 1}}, "draft_voided", "Read the new draft"),
        ({"draft": {"writer": "sari"}, "case": {"approval": "campaigns"}}, "writer_may_not", "Ba"),
        ({"given": ["bayu"]}, "already_decided", "approved already"),
        ({"given": ["sari"], "case": {"approval": "pairs"}}, "already_decided", "others have to"),
        ({"case": {"approval": "signed"}}, "not_verified", "Enter your code"),
        (
            {"case": {"approval": "signed"}, "verdict": "edit", "text": "Hai"},
            "not_verified",
            "Enter your code",
        ),
        *[({"proof": code}, code, "nothing was sent") for code in list(WRONG)[:1]],
        *[
            ({"case": {"approval": "signed"}, "proof": code}, code, WRONG[code][:20])
            for code in WRONG
        ],
        ({"verdict": "hand_off", "to": "smm", "proof": "wrong_code"}, "wrong_code", "not your"),
        # Whoever may not decide learns nothing of a code, right or wrong.
        ({"person": "ratna", "proof": "wrong_code"}, "not_eligible", "Ask Sari"),
        ({"person": "ratna", "proof": RIGHT}, "not_eligible", "Ask Sari"),
        ({"away": ["sari"]}, "away", "Ask Bayu P. or Dewi K.;"),
        ({"away": ["sari", "dewi"]}, "away", "Ask Bayu P.;"),
        ({"away": ["sari"], "verdict": "edit", "text": "Hai"}, "away", "on leave today"),
        ({"verdict": "reject"}, "reason_needed", "Say in a few words"),
        ({"verdict": "reject", "reason": " \n"}, "reason_needed", "Say in a few words"),
        ({"case": {"approval": "ladder"}, "person": "ratna"}, "too_early", "Ask Sari W. or Bayu"),
        (
            {"case": {"approval": "ladder"}, "given": ["sari"], "person": "bayu"},
            "too_early",
            "Ask Ratna S.",
        ),
        ({"case": {"approval": "ladder"}, "given": ["sari"]}, "already_decided", "others have to"),
        (
            {"case": {"approval": "ladder"}, "given": ["sari", "ratna"], "person": "bayu"},
            "already_decided",
            "approved already",
        ),
        ({"text": "  \n"}, "empty_text", "text is empty"),
        ({"text": ""}, "empty_text", "text is empty"),
        ({"draft": {"text": ""}, "text": None}, "empty_text", "text is empty"),
        ({"case": {"channel": None}}, "nowhere", "nobody to answer"),
        ({"text": TEXT + " Besok."}, "draft_changed", 'Choose "edit"'),
        ({"verdict": "edit", "text": " "}, "empty_text", "text is empty"),
        ({"verdict": "edit"}, "empty_text", "text is empty"),
        ({"verdict": "edit", "text": "Hai", "person": "ratna"}, "not_eligible", "Ask Sari"),
        ({"verdict": "edit", "text": "Hai", "current": None}, "draft_voided", "nothing was sent"),
        ({"verdict": "reject", "person": "ratna"}, "not_eligible", "Ask Sari W. or Bayu P."),
        ({"verdict": "reject", "current": None}, "draft_voided", "nothing was sent"),
        ({"verdict": "reject", "given": ["bayu"]}, "already_decided", "cannot be rejected"),
        ({"verdict": "resolve", "person": "ratna"}, "not_eligible", "Ask Sari W."),
        # Whoever resolves from a form that the author has overtaken has not read everything.
        ({"verdict": "resolve", "current": None}, "draft_voided", "went on"),
        ({"verdict": "hand_off", "to": None}, "unknown_role", "smm, lead"),
        ({"verdict": "hand_off", "to": "ceo"}, "unknown_role", "smm, lead"),
        ({"verdict": "hand_off", "to": "cm"}, "unknown_role", "smm, lead"),
        ({"verdict": "hand_off", "to": "smm", "person": "ratna"}, "not_eligible", "Ask Sari"),
    ],
)
def test_a_ruling_that_does_not_count_says_why_and_what_to_do(asked, code, says, ruled):
    found = ruled(**asked)
    assert (found.accepted, found.code, found.role, found.missing) == (False, code, None, 0)
    assert says in found.message
    assert found.message.endswith(".")


@pytest.mark.parametrize("changed", [{"id": 12}, {"hash": "b" * 64}])
@pytest.mark.parametrize("verdict", ["approve", "edit", "reject", "resolve"])
def test_a_decision_on_a_draft_that_was_edited_meanwhile_does_not_count(
    verdict, changed, ruled, a_draft
):
    found = ruled(verdict=verdict, text="Hai kak", current=a_draft(**changed))
    assert found.code == "draft_changed"


def test_an_approval_of_no_draft_at_all_does_not_count(ruled):
    assert ruled(draft=None).accepted
    found = ruled(**{"verdict": "approve"} | {"draft": {"id": 12}, "current": None})
    assert found.code == "draft_voided"


@pytest.mark.parametrize(
    ("asked", "role", "missing"),
    [
        ({"person": "dewi"}, "smm", 0),
        ({"text": TEXT}, "cm", 0),
        ({"text": f"  {TEXT}\r\n"}, "cm", 0),
        ({"case": {"approval": "pairs"}}, "cm", 1),
        ({"case": {"approval": "pairs"}, "given": ["ratna"]}, "cm", 0),
        # Dewi approved once, and may not any more.
        ({"case": {"approval": "pairs"}, "given": ["dewi"]}, "cm", 1),
        ({"draft": {"writer": "bayu"}, "case": {"approval": "campaigns"}}, "cm", 0),
        ({"case": {"approval": "signed"}, "proof": RIGHT}, "cm", 0),
        ({"proof": RIGHT}, "cm", 0),
        # A yes from before a leave counts; who comes after it is there.
        ({"case": {"approval": "pairs"}, "given": ["ratna"], "away": ["ratna"]}, "cm", 0),
        # Who is away sends nothing by handing on, resolving or rejecting.
        ({"verdict": "reject", "reason": "cold", "away": ["sari"]}, "cm", 0),
        ({"verdict": "hand_off", "to": "smm", "away": ["sari"]}, "cm", 0),
        ({"case": {"approval": "ladder"}}, "cm", 1),
        ({"case": {"approval": "ladder"}, "given": ["sari"], "person": "ratna"}, "lead", 0),
        # A yes that came before its turn counts in no tier.
        ({"case": {"approval": "ladder"}, "given": ["ratna"]}, "cm", 1),
        # An edit by the last tier is a new text: the first has to see it.
        (
            {
                "case": {"approval": "ladder"},
                "given": ["sari"],
                "person": "ratna",
                "verdict": "edit",
                "text": "Hai",
            },
            "lead",
            2,
        ),
        ({"verdict": "edit", "text": "Hai kak"}, "cm", 0),
        ({"verdict": "edit", "text": "Hai", "case": {"approval": "pairs"}}, "cm", 1),
        (
            {"verdict": "edit", "text": "Hai", "case": {"approval": "pairs"}, "given": ["ratna"]},
            "cm",
            1,
        ),
        # Whoever edits is the writer, and a writer's own yes does not count here.
        ({"verdict": "edit", "text": "Hai", "case": {"approval": "campaigns"}}, "cm", 1),
        (
            {
                "verdict": "edit",
                "text": "Hai",
                "case": {"approval": "campaigns"},
                "draft": {"writer": "sari"},
            },
            "cm",
            1,
        ),
        # The owner may improve a statement; the lead still has to approve it.
        ({"verdict": "edit", "text": "Hai", "case": {"approval": "statements"}}, "cm", 1),
        ({"verdict": "reject", "reason": "cold"}, "cm", 0),
        ({"verdict": "reject", "reason": "cold", "person": "dewi"}, "smm", 0),
        (
            {
                "verdict": "reject",
                "reason": "cold",
                "person": "ratna",
                "case": {"approval": "statements"},
            },
            "lead",
            0,
        ),
        # Rejecting sends nothing: no code is asked for.
        ({"verdict": "reject", "reason": "cold", "case": {"approval": "signed"}}, "cm", 0),
        ({"verdict": "resolve"}, "cm", 0),
        ({"verdict": "resolve", "draft": {}, "case": {"approval": None}}, "cm", 0),
        ({"verdict": "hand_off", "to": "smm"}, "cm", 0),
        ({"verdict": "hand_off", "to": "smm", "current": None}, "cm", 0),
    ],
)
def test_a_ruling_counts_in_the_role_of_its_person(asked, role, missing, ruled):
    found = ruled(**asked)
    assert (found.accepted, found.code) == (True, "ok"), found.message
    assert (found.role, found.missing) == (role, missing)


def test_a_case_without_a_draft_can_be_resolved_by_command(brand, a_case):
    ruling = Ruling(case=7, draft=None, verdict=Verdict.resolve, person="bayu", via="cli")
    found = judge(ruling, case=a_case(), draft=None, current=None, playbook=brand())
    assert found.accepted


def test_people_who_may_approve_come_once_in_the_order_of_the_playbook(brand):
    both = {"any": Approval(id="any", by=("cm", "smm", "cm", "gone"))}
    assert eligible(brand(approvals=both), "any", None) == ("sari", "bayu", "dewi")
    assert eligible(brand(), "campaigns", "bayu") == ("ratna", "sari")
    assert eligible(brand(), "replies", "sari") == ("sari", "bayu", "dewi")
    assert eligible(brand(), None, None) == eligible(brand(), "gone", None) == ()
    assert eligible(brand(), "replies", None, away={"bayu"}) == ("sari", "dewi")
    one = [Vote(person="sari")]
    assert eligible(brand(), "ladder", None) == ("sari", "bayu")
    assert eligible(brand(), "ladder", None, votes=one) == ("ratna",)
    assert eligible(brand(), "pairs", None, votes=one) == ("bayu", "ratna")


def test_what_is_on_its_way_unseen_is_decided_already(ruled, brand, a_case, a_draft):
    for verdict in ("approve", "reject"):
        seen = a_draft()
        found = judge(
            Ruling(
                case=7,
                draft=seen.id,
                verdict=Verdict(verdict),
                person="sari",
                via="form",
                reason="cold",
            ),
            case=a_case(channel="bsky"),
            draft=seen,
            current=seen,
            playbook=brand(),
            given=[Vote(person=None)],
        )
        assert (found.accepted, found.code) == (False, "already_decided")


def test_a_code_is_shown_nowhere(ruled):
    said = {"case": 7, "draft": 1, "verdict": "approve", "person": "sari", "via": "cli"}
    ruling = Ruling.model_validate(said | {"code": "123456"})
    assert "123456" not in f"{ruling!r}{ruling}{ruling.model_dump_json()}{ruling.model_dump()}"


# Nothing counts as approved by fewer, or others, than asked -------------------------------------

PEOPLE = ("sari", "bayu", "dewi", "ratna")
ROLES = ("cm", "smm", "lead")
tiers = st.builds(
    Tier,
    by=st.lists(st.sampled_from(ROLES), min_size=1, max_size=2, unique=True).map(tuple),
    count=st.integers(1, 2),
    not_writer=st.booleans(),
)
asked_for = st.lists(tiers, min_size=1, max_size=3)
rulings = st.lists(
    st.tuples(
        st.sampled_from(["approve", "approve", "edit", "reject", "resolve"]),
        st.sampled_from([*PEOPLE, *PEOPLE, "mallory", None]),
        st.sampled_from([*(RIGHT, None) * 5, *WRONG]),
        st.sampled_from([*((),) * 5, ("sari",), ("bayu", "ratna")]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=600, deadline=None)
@given(asked_for, st.booleans(), st.booleans(), rulings)
def test_no_sequence_of_rulings_approves_with_fewer_or_others_than_asked(
    brand, a_case, a_draft, tiers, plain, verified, said
):
    first = tiers[0]
    approval = Approval(
        id="asked",
        by=first.by if plain else tuple({role for tier in tiers for role in tier.by}),
        count=first.count if plain else sum(tier.count for tier in tiers),
        not_writer=first.not_writer if plain else False,
        tiers=() if plain else tuple(tiers),
        identity="verified" if verified else "asserted",
    )
    wanted = [first] if plain else tiers
    book = brand(approvals={"asked": approval})
    case = a_case(state="awaiting_approval", channel="bsky", approval="asked")
    draft = a_draft()
    votes: list[Vote] = []
    yes: list[tuple[str, bool]] = []  # what this test saw: who said yes to this text, with a code
    for number, (verdict, person, proof, away) in enumerate(said):
        text = f"Kata {number}" if verdict == "edit" else None
        found = judge(
            Ruling(
                case=7, draft=draft.id, verdict=verdict, person=person, via="api", text=text,
                reason="cold",
            ),
            case=case,
            draft=draft,
            current=draft,
            playbook=book,
            given=votes,
            away=away,
            proof=proof,
        )  # fmt: skip
        if not found.accepted:
            assert found.missing == 0
            continue
        assert person in PEOPLE
        if verdict in {"reject", "resolve"}:
            return
        assert person not in away
        assert proof in {None, RIGHT}
        if verdict == "edit":
            draft = a_draft(id=draft.id + 1, text=text, writer=person, hash=f"{number:064d}")
            votes, yes = [], []
        votes.append(Vote(person=person, verified=proof == RIGHT))
        yes.append((person, proof == RIGHT))
        if found.missing == 0:
            able = [
                [
                    who
                    for who, proved in yes
                    if any(who in book.roles[role].people for role in tier.by)
                    and not (tier.not_writer and who == draft.writer)
                    and (proved or not verified)
                ]
                for tier in wanted
            ]
            assert _distinct(able, [tier.count for tier in wanted])
            return


def _distinct(able, counts, used=frozenset()):
    """Whether each tier can be given its own people, nobody twice. Tries everything."""
    if not counts:
        return True
    if counts[0] == 0:
        return _distinct(able[1:], counts[1:], used)
    rest = [counts[0] - 1, *counts[1:]]
    return any(_distinct(able, rest, used | {who}) for who in able[0] if who not in used)


# The hash --------------------------------------------------------------------------------------

contents = st.tuples(
    st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=3), st.text(), st.text()
)


@given(contents, contents)
def test_two_contents_have_one_hash_only_if_they_are_equal(one, other):
    assert (content_hash(*one) == content_hash(*other)) is (one == other)


def test_no_part_of_a_content_can_pass_for_another():
    hashes = {
        content_hash("ab", (), "c", "d"),
        content_hash("a", (), "bc", "d"),
        content_hash("ab", (), "", "cd"),
        content_hash("", (("ab", "c"),), "d", ""),
        content_hash("", (("a", "bc"),), "d", ""),
        content_hash("", (("a", "b"), ("c", "d")), "", ""),
    }
    assert len(hashes) == 6


def test_the_hash_is_stable_because_ledgers_keep_it():
    found = content_hash("Halo", (("cup.png", "A cup"),), "bsky at://1", "f" * 64)
    assert found == "0783db01f18c2691a124a9c21ecb3fabfb7239c51a3c7edea8d75d946e73a8de"
