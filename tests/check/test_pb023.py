"""Too few people who may approve, at some instant or with some writer."""

from __future__ import annotations

import pytest

from remit.check.findings import pb023

BRAND = """
timezone: Asia/Jakarta
people: {sari: {name: Sari W.}, bayu: {name: Bayu P.}, ratna: {name: Ratna S.}}
roles:
  cm: {title: CM, people: [sari, bayu], hours: {mon-fri: "09:00-10:00"}}
  lead: {title: Lead, people: [ratna]}
  both: {title: Both, people: [ratna, sari]}
  empty: {title: Nobody yet}
approvals:
  used: {%s}
  unused: {by: [empty], count: 9}
rules:
  - {id: ask, when: {kind: conversation}, owner: cm, play: reply, approval: used}
  - {id: more, when: {}, owner: cm, play: reply, approval: used}
"""


@pytest.mark.parametrize(
    ("approval", "away", "found"),
    [
        ("by: [lead]", (), None),
        ("by: [cm], count: 2", (), None),
        (
            "by: [cm], count: 3",
            (),
            (
                "3 people; found 2 (sari, bayu) in cm; "
                "add a role to `by`, add people to a role, or ask for fewer"
            ),
        ),
        (
            "by: [empty]",
            (),
            (
                "1 person; found nobody in empty; "
                "add a role to `by`, add people to a role, or ask for fewer"
            ),
        ),
        # One person in two roles is one person.
        ("by: [cm, both], count: 3", (), None),
        (
            "by: [cm, lead, both], count: 4",
            (),
            (
                "4 people; found 3 (sari, bayu, ratna) in cm and lead and both; "
                "add a role to `by`, add people to a role, or ask for fewer"
            ),
        ),
        # Any of them may be the writer.
        (
            "by: [lead], not: writer",
            (),
            (
                "1 person other than the writer; found 1 (ratna) in lead, who may be the writer; "
                "add a role to `by`, add people to a role, or ask for fewer"
            ),
        ),
        ("by: [cm], not: writer", (), None),
        (
            "by: [cm], count: 2, not: writer",
            (),
            (
                "2 people other than the writer; found 2 (sari, bayu) in cm, "
                "and one of them may be the writer; "
                "add a role to `by`, add people to a role, or ask for fewer"
            ),
        ),
        ("by: [cm, lead], count: 2, not: writer", (), None),
        # Leave.
        (
            "by: [lead]",
            ("ratna 2027-03-08..2027-03-16",),
            (
                "1 person; found nobody from Mon 8 Mar 2027 to Tue 16 Mar 2027, because of leave; "
                "find somebody who stands in, add a role to `by`, or move the leave"
            ),
        ),
        ("by: [cm]", ("sari 2027-03-08..2027-03-16",), None),
        ("by: [cm]", ("sari 2027-03-08..2027-03-10", "bayu 2027-03-11..2027-03-16"), None),
        (
            "by: [cm]",
            ("sari 2027-03-08..2027-03-12", "bayu 2027-03-12..2027-03-16"),
            (
                "1 person; found nobody on Fri 12 Mar 2027, because of leave; "
                "find somebody who stands in, add a role to `by`, or move the leave"
            ),
        ),
        (
            "by: [cm], count: 2",
            ("sari 2027-03-08..2027-03-12", "bayu 2027-05-01..2027-05-02"),
            (
                "2 people; found 1 (bayu) from Mon 8 Mar 2027 to Fri 12 Mar 2027, "
                "1 (sari) from Sat 1 May 2027 to Sun 2 May 2027, because of leave; "
                "find somebody who stands in, add a role to `by`, or move the leave"
            ),
        ),
        # Whoever is left may have written it.
        (
            "by: [cm], not: writer",
            ("sari 2027-03-08..2027-03-12",),
            (
                "1 person other than the writer; "
                "found 1 (bayu) from Mon 8 Mar 2027 to Fri 12 Mar 2027, because of leave, "
                "and one of those left may be the writer; "
                "find somebody who stands in, add a role to `by`, or move the leave"
            ),
        ),
        # Outside the days that are looked at, and of people who have no say.
        ("by: [lead]", ("ratna 2026-12-01..2026-12-31", "ratna 2028-01-02..2028-02-01"), None),
        ("by: [lead]", ("sari 2027-01-01..2027-12-31",), None),
    ],
)
def test_too_few_people_who_may_approve_are_found(study, approval, away, found):
    findings = list(pb023.find(study(BRAND % approval, away=away)))

    assert [one.message for one in findings] == (
        [f"the approval used needs {found}"] if found else []
    )
    for one in findings:
        assert (one.rule, one.others, one.line) == ("ask", ("more",), 12)


@pytest.mark.parametrize(
    ("tiers", "away", "found"),
    [
        ("[{by: [cm]}, {by: [lead]}]", (), None),
        ("[{by: [cm], count: 2}, {by: [lead]}]", (), None),
        (
            "[{by: [cm]}, {by: [empty]}]",
            (),
            (
                "1 person in its tier 2; found nobody in empty; "
                "add a role to `by`, add people to a role, or ask for fewer"
            ),
        ),
        # Ratna may have said yes in the first tier, and is the only one of the second.
        (
            "[{by: [cm, lead]}, {by: [lead]}]",
            (),
            (
                "1 person in its tier 2; found 1 (ratna) in lead, and 1 of them may have said yes "
                "in an earlier tier, which counts once; "
                "add a role to `by`, add people to a role, or ask for fewer"
            ),
        ),
        ("[{by: [cm, lead]}, {by: [both]}]", (), None),
        (
            "[{by: [cm, lead], count: 2}, {by: [both]}]",
            (),
            (
                "1 person in its tier 2; found 2 (ratna, sari) in both, and 2 of them may have "
                "said yes in an earlier tier, which counts once; "
                "add a role to `by`, add people to a role, or ask for fewer"
            ),
        ),
        (
            "[{by: [lead]}, {by: [cm], not: writer}, {by: [cm]}]",
            (),
            None,
        ),
        (
            "[{by: [cm]}, {by: [cm], not: writer}]",
            (),
            (
                "1 person other than the writer in its tier 2; found 2 (sari, bayu) in cm, and one "
                "of them may be the writer, and 1 of them may have said yes in an earlier tier, "
                "which counts once; add a role to `by`, add people to a role, or ask for fewer"
            ),
        ),
        (
            "[{by: [lead]}, {by: [cm]}]",
            ("ratna 2027-03-08..2027-03-16",),
            (
                "1 person in its tier 1; found nobody from Mon 8 Mar 2027 to Tue 16 Mar 2027, "
                "because of leave; "
                "find somebody who stands in, add a role to `by`, or move the leave"
            ),
        ),
        (
            "[{by: [cm]}, {by: [cm]}]",
            ("sari 2027-03-08..2027-03-08",),
            (
                "1 person in its tier 2; found 1 (bayu) on Mon 8 Mar 2027, because of leave; "
                "find somebody who stands in, add a role to `by`, or move the leave"
            ),
        ),
    ],
)
def test_each_tier_needs_its_own_people(study, tiers, away, found):
    findings = list(pb023.find(study(BRAND % f"tiers: {tiers}", away=away)))

    assert [one.message for one in findings] == (
        [f"the approval used needs {found}"] if found else []
    )


def test_a_default_is_used_by_the_rules_that_name_none(study):
    text = BRAND.replace(", approval: used", "") % "by: [lead], not: writer"

    (one,) = pb023.find(study(f"{text}defaults: {{reply: {{approval: used}}}}\n"))

    assert (one.rule, one.others) == ("ask", ("more",))


def test_otherwise_may_need_an_approval_too(study):
    text = BRAND.replace("approval: used", "approval: fine") % "by: [empty]"
    text = text.replace("  unused:", "  fine: {by: [lead]}\n  unused:")

    (one,) = pb023.find(study(f"{text}otherwise: {{owner: cm, play: triage, approval: used}}\n"))

    assert (one.rule, one.others) == ("otherwise", ())


def test_many_leaves_are_counted(study):
    away = [f"ratna 2027-0{month}-01" for month in range(2, 8)]

    (one,) = pb023.find(study(BRAND % "by: [lead]", away=away))

    assert one.message.count("nobody on") == 3
    assert " and 3 times more, because of leave" in one.message
