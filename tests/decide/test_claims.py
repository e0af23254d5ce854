"""A claim keeps others from deciding while it stands, and nobody whose yes is needed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from remit.decide.claims import claimant, kept_out, may_claim
from remit.model import Role

NOW = datetime.fromisoformat("2027-03-01T10:00:00+07:00")


def claimed(a_case, by="sari", minutes=30, **changed):
    return a_case(assignee=by, claimed_until=NOW + timedelta(minutes=minutes), **changed)


def test_the_owners_people_those_who_approve_and_the_backup_may_claim(a_case, brand):
    book = brand()
    assert may_claim(a_case(), book) == ("sari", "bayu", "dewi")
    assert may_claim(a_case(approval=None), book) == ("sari", "bayu")
    lead = book.roles["cm"].model_copy(update={"backup": "lead"})
    backed = book.model_copy(update={"roles": {**book.roles, "cm": lead}})
    assert may_claim(a_case(approval=None), backed) == ("sari", "bayu", "ratna")


@pytest.mark.parametrize(
    ("by", "minutes", "holder"),
    [("sari", 30, "sari"), ("sari", 0, None), ("sari", -5, None), ("ratna", 30, None)],
)
def test_a_claim_stands_until_its_time_and_only_of_somebody_who_may(
    by, minutes, holder, a_case, brand
):
    assert claimant(claimed(a_case, by, minutes), brand(), NOW) == holder


def test_somebody_assigned_without_a_claim_keeps_nobody_out(a_case, brand):
    assert kept_out(a_case(assignee="sari"), "bayu", brand(), NOW) is None


def test_another_person_is_told_who_has_it_and_until_when(a_case, brand):
    said = kept_out(claimed(a_case), "bayu", brand(), NOW)
    assert said is not None
    assert said.startswith("Sari W. has claimed case 7 until 2027-03-01 10:30")


def test_who_claimed_it_is_not_kept_out(a_case, brand):
    assert kept_out(claimed(a_case), "sari", brand(), NOW) is None


def test_who_may_not_approve_cannot_keep_out_who_must(a_case, brand):
    case = claimed(a_case, "sari", approval="statements")
    assert kept_out(case, "ratna", brand(), NOW) is None
    assert kept_out(case, "bayu", brand(), NOW) is not None


def test_a_role_that_is_gone_lets_nobody_claim(a_case, brand):
    book = brand(roles={"lead": Role(id="lead", title="Head", people=("ratna",))})
    assert may_claim(a_case(), book) == ()
