"""One-time codes: right once, for one person, and only with the key."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from remit.ledger import Ledger, cases, drafts, enrolment, journal, publications
from remit.ledger.tables import approval
from remit.ledger.tables import enrolment as table
from remit.ledger.tables import journal as lines
from remit.model import Approval, InputError, Playbook, Refused, Ruling, State, Verdict

KEY = SecretStr("a key that nobody guesses, of some length")
STEP = timedelta(seconds=30)


@pytest.fixture
def signed(deployed: Playbook) -> Playbook:
    """The playbook, where replies ask for a code."""
    sure = deployed.approvals["replies"].model_copy(update={"identity": "verified"})
    return deployed.model_copy(update={"approvals": {**deployed.approvals, "replies": sure}})


@pytest.fixture
def enrol(ledger, now):
    """`await enrol("sari")`: how that person's authenticator makes codes."""

    async def make(person: str = "sari", *, again: bool = False, at: Any = now) -> pyotp.TOTP:
        address = await enrolment.enrol(
            ledger, "kopi", person, person.title(), KEY, at, again=again
        )
        made = pyotp.parse_uri(address.get_secret_value())
        assert isinstance(made, pyotp.TOTP)
        return made

    return make


@pytest.fixture
def sign(rule, signed, now):
    """`await sign(case, draft, "sari", "123456")`: what became of that yes."""

    async def make(case, draft, person, code, *, verdict="approve", at=now, **more):
        secret = None if code is None else SecretStr(code)
        given = {"playbook": signed, "key": KEY, "code": secret, "now": at} | more
        return await rule(case, draft, verdict, person, **given)

    return make


async def identities(ledger: Ledger) -> list[tuple[str, str]]:
    async with ledger.read() as tx:
        found = await tx.execute(select(approval).order_by(approval.c.id))
        return [(row.code, row.identity) for row in found]


async def test_a_right_code_makes_the_name_a_verified_one(ledger, drafted, enrol, sign, now):
    number, draft = await drafted()
    totp = await enrol()
    ruled = await sign(number, draft, "sari", totp.at(now))
    assert (ruled.accepted, ruled.code, ruled.publication is not None) == (True, "ok", True)
    assert await identities(ledger) == [("ok", "verified")]
    (line,) = [
        line for line in await journal.of_case(ledger, number) if line.kind == "approval.given"
    ]
    assert (line.person, line.identity) == ("sari", "verified")


async def test_a_code_that_nothing_asked_for_is_checked_all_the_same(
    ledger, drafted, enrol, sign, deployed, now
):
    number, draft = await drafted()
    totp = await enrol()
    wrong = await sign(number, draft, "sari", _other(totp, now), playbook=deployed)
    assert (wrong.accepted, wrong.code) == (False, "wrong_code")
    right = await sign(number, draft, "sari", totp.at(now), playbook=deployed)
    assert right.accepted
    assert await identities(ledger) == [("wrong_code", "asserted"), ("ok", "verified")]


async def test_a_name_without_a_code_is_not_enough(ledger, drafted, enrol, sign):
    number, draft = await drafted()
    await enrol()
    for code in (None, "", "  "):
        ruled = await sign(number, draft, "sari", code)
        assert (ruled.accepted, ruled.code) == (False, "not_verified")
    assert await cases.notice(ledger, number) == "not_verified"
    assert await publications.find(ledger) == []


@pytest.mark.parametrize("late", [-1, 0, 1])
async def test_a_clock_that_is_half_a_minute_off_is_fine(drafted, enrol, sign, now, late):
    number, draft = await drafted()
    totp = await enrol()
    spaced = totp.at(now + late * STEP)
    ruled = await sign(number, draft, "sari", f" {spaced[:3]} {spaced[3:]} ")
    assert ruled.accepted, ruled.message


@pytest.mark.parametrize("late", [-2, 2])
async def test_a_code_of_another_minute_is_wrong(ledger, drafted, enrol, sign, now, late):
    number, draft = await drafted()
    totp = await enrol()
    assert totp.at(now + late * STEP) not in [totp.at(now + near * STEP) for near in (-1, 0, 1)]
    ruled = await sign(number, draft, "sari", totp.at(now + late * STEP))
    assert (ruled.accepted, ruled.code) == (False, "wrong_code")
    assert await cases.notice(ledger, number) == "wrong_code"
    assert (await cases.get(ledger, number)).state is State.awaiting_approval


async def test_a_code_that_was_used_is_refused_and_so_is_an_older_one(
    ledger, drafted, enrol, sign, now
):
    totp = await enrol()
    first, one = await drafted()
    assert (await sign(first, one, "sari", totp.at(now))).accepted
    number, draft = await drafted(message="2", author="budi", thread="other")
    for late in (0, -1):
        ruled = await sign(number, draft, "sari", totp.at(now + late * STEP))
        assert (ruled.accepted, ruled.code) == (False, "code_used")
    assert await cases.notice(ledger, number) == "code_used"
    assert (await sign(number, draft, "sari", totp.at(now + STEP))).accepted


async def test_of_two_that_give_one_code_at_once_one_is_refused(
    ledger, ledger_url, drafted, enrol, signed, now
):
    totp = await enrol()
    waiting = [
        await drafted(message=str(each), author=f"a{each}", thread=f"t{each}") for each in (1, 2, 3)
    ]
    sides = [ledger, *[await Ledger.open(ledger_url) for _ in range(2)]]
    results = await asyncio.gather(
        *(
            drafts.rule_on(
                side,
                Ruling(
                    case=number,
                    draft=draft.id,
                    verdict=Verdict.approve,
                    person="sari",
                    code=SecretStr(totp.at(now)),
                    via="api",
                ),
                signed,
                now,
                key=KEY,
            )
            for side, (number, draft) in zip(sides, waiting, strict=True)
        )
    )
    for side in sides[1:]:
        await side.close()
    assert sorted(ruled.code for ruled in results) == ["code_used", "code_used", "ok"]


async def test_a_code_of_a_ruling_that_does_not_count_is_not_taken(drafted, enrol, sign, now):
    number, draft = await drafted()
    totp = await enrol()
    empty = await sign(number, draft, "sari", totp.at(now), verdict="edit", text=" ")
    assert empty.code == "empty_text"
    assert (await sign(number, draft, "sari", totp.at(now))).accepted


async def test_a_code_is_of_one_person(ledger, drafted, enrol, sign, now):
    number, draft = await drafted()
    hers = await enrol("sari")
    await enrol("bayu")
    assert (await sign(number, draft, "bayu", hers.at(now))).code == "wrong_code"
    assert (await sign(number, draft, "dewi", hers.at(now))).code == "not_enrolled"
    # A row that somebody puts in another's place opens nothing.
    async with ledger.write() as tx:
        secret = select(table.c.secret).where(table.c.person == "sari").scalar_subquery()
        await tx.execute(update(table).where(table.c.person == "bayu").values(secret=secret))
    assert (await sign(number, draft, "bayu", hers.at(now))).code == "code_unreadable"


@pytest.mark.parametrize("key", [None, SecretStr("another key that nobody guesses, as long")])
async def test_without_the_key_no_code_is_right(drafted, enrol, sign, now, key):
    number, draft = await drafted()
    totp = await enrol()
    assert (await sign(number, draft, "sari", totp.at(now), key=key)).code == "code_unreadable"


async def test_after_five_wrong_codes_even_a_right_one_waits(ledger, drafted, enrol, sign, now):
    number, draft = await drafted()
    totp = await enrol()
    for second in range(5):
        at = now + timedelta(seconds=second)
        assert (await sign(number, draft, "sari", _other(totp, at), at=at)).code == "wrong_code"
    soon, later = now + timedelta(minutes=2), now + timedelta(minutes=5, seconds=10)
    worn = await sign(number, draft, "sari", totp.at(soon), at=soon)
    assert (worn.accepted, worn.code) == (False, "too_many_codes")
    assert await cases.notice(ledger, number) == "too_many_codes"
    assert (await sign(number, draft, "bayu", None)).code == "not_verified"
    assert (await sign(number, draft, "sari", totp.at(later), at=later)).accepted


async def test_patience_is_over_after_twenty_in_a_day_until_new_codes_are_made(
    drafted, enrol, sign, now
):
    number, draft = await drafted()
    totp = await enrol()
    for tried in range(20):
        at = now + tried * timedelta(minutes=10)
        assert (await sign(number, draft, "sari", _other(totp, at), at=at)).code == "wrong_code"
    at = now + timedelta(hours=10)
    assert (await sign(number, draft, "sari", totp.at(at), at=at)).code == "too_many_codes"
    new = await enrol(again=True, at=at)
    assert (await sign(number, draft, "sari", new.at(at), at=at)).accepted


async def test_new_codes_end_the_old_ones_and_are_not_made_by_accident(
    ledger, drafted, enrol, sign, now
):
    number, draft = await drafted()
    old = await enrol()
    with pytest.raises(Refused) as refusal:
        await enrol()
    assert refusal.value.code == "enrolled"
    assert "--again" in str(refusal.value)
    new = await enrol(again=True)
    assert (await sign(number, draft, "sari", old.at(now))).code == "wrong_code"
    assert (await sign(number, draft, "sari", new.at(now))).accepted
    assert await enrolment.enrolled(ledger, "kopi") == {"sari"}
    async with ledger.read() as tx:
        told = await tx.execute(select(lines).where(lines.c.kind == "person.enrolled"))
        assert [(line.person, line.code, line.data) for line in told] == [
            ("sari", None, None),
            ("sari", "again", None),
        ]


async def test_neither_the_secret_nor_a_code_is_in_the_database(ledger, drafted, enrol, sign, now):
    number, draft = await drafted()
    totp = await enrol()
    right, wrong = totp.at(now), _other(totp, now)
    await sign(number, draft, "sari", wrong)
    await sign(number, draft, "sari", right)
    async with ledger.read() as tx:
        kept = ""
        for each in (approval, table, lines):
            kept += "".join(repr(tuple(row)) for row in await tx.execute(select(each)))
    assert "sari" in kept
    assert not [word for word in (totp.secret, right, wrong) if word in kept]


async def test_a_key_that_can_be_guessed_is_refused(ledger, now):
    with pytest.raises(InputError, match="32 or more") as refusal:
        await enrolment.enrol(ledger, "kopi", "sari", "Sari", SecretStr("short"), now, again=False)
    assert "short" not in str(refusal.value)


async def test_two_must_prove_themselves_where_two_must_say_yes(
    ledger, drafted, enrol, sign, signed, now
):
    number, draft = await drafted()
    pair = Approval(id="replies", by=("cm", "smm"), count=2, identity="verified")
    book = signed.model_copy(update={"approvals": signed.approvals | {"replies": pair}})
    sari, dewi = await enrol("sari"), await enrol("dewi")
    first = await sign(number, draft, "sari", sari.at(now), playbook=book)
    assert (first.accepted, first.approvals_missing, first.publication) == (True, 1, None)
    assert (await sign(number, draft, "dewi", None, playbook=book)).code == "not_verified"
    done = await sign(number, draft, "dewi", dewi.at(now), playbook=book)
    assert (done.accepted, done.publication is not None) == (True, True)


def _other(totp: pyotp.TOTP, now: Any) -> str:
    """Six digits that are no code of this minute or the next."""
    right = {totp.at(now + near * STEP) for near in range(-2, 5)}
    return next(code for code in map("{:06}".format, range(100)) if code not in right)
