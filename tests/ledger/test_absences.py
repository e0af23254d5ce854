"""Leave and swaps: recorded once, withdrawn once, and counted on the days that they name."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from remit.ledger import absences, tables
from remit.model import InputError, Missing, Refused

FROM, TO = date(2027, 3, 8), date(2027, 3, 16)


async def away_on(ledger, day, brand="kopi"):
    async with ledger.read() as tx:
        return await absences.away_on(tx, brand, day)


async def lines(ledger):
    async with ledger.read() as tx:
        query = select(tables.journal).where(tables.journal.c.kind.like("person.away%"))
        return (await tx.execute(query.order_by(tables.journal.c.id))).all()


async def test_a_leave_counts_on_its_first_and_its_last_day_of_that_brand(ledger, now):
    await absences.record(ledger, "kopi", "sari", FROM, TO, now=now)

    found = {day: await away_on(ledger, day) for day in (FROM - timedelta(1), FROM, TO)}

    assert found == {FROM - timedelta(1): set(), FROM: {"sari"}, TO: {"sari"}}
    assert await away_on(ledger, TO + timedelta(1)) == set()
    assert await away_on(ledger, FROM, "warung") == set()


async def test_a_withdrawn_leave_counts_no_more_and_is_not_forgotten(ledger, now):
    made = await absences.record(
        ledger, "kopi", "sari", FROM, TO, cover="bayu", by="ratna", now=now
    )

    gone = await absences.withdraw(ledger, "kopi", made.id, "sari", now + timedelta(hours=1))

    assert await away_on(ledger, FROM) == set()
    assert await absences.between(ledger, "kopi", FROM) == []
    assert (gone.withdrawn_by, gone.withdrawn_at) == ("sari", now + timedelta(hours=1))
    away, withdrawn = await lines(ledger)
    assert (away.kind, withdrawn.kind) == ("person.away", "person.away_withdrawn")
    assert away.person == withdrawn.person == "sari"
    said = {"absence": made.id, "since": "2027-03-08", "until": "2027-03-16", "cover": "bayu"}
    assert away.data == said | {"by": "ratna"}
    assert withdrawn.data == said | {"by": "sari"}


async def test_saying_it_twice_changes_nothing(ledger, now):
    first = await absences.record(ledger, "kopi", "sari", FROM, TO, cover="bayu", now=now)
    again = await absences.record(
        ledger, "kopi", "sari", FROM, TO, cover="bayu", now=now + timedelta(hours=1)
    )
    gone = await absences.withdraw(ledger, "kopi", first.id, "sari", now)
    twice = await absences.withdraw(ledger, "kopi", first.id, "ratna", now + timedelta(hours=1))

    assert again == first
    assert twice == gone
    assert len(await lines(ledger)) == 2


async def test_two_people_cannot_stand_in_on_one_day(ledger, now):
    made = await absences.record(ledger, "kopi", "sari", FROM, TO, cover="bayu", now=now)

    with pytest.raises(Refused, match=f"remit away --withdraw {made.id}"):
        await absences.record(ledger, "kopi", "sari", TO, TO, cover="dewi", now=now)

    longer = await absences.record(
        ledger, "kopi", "sari", TO, TO + timedelta(3), cover="bayu", now=now
    )
    assert [one.id for one in await absences.between(ledger, "kopi", FROM)] == [made.id, longer.id]


@pytest.mark.parametrize(
    ("until", "cover", "says"),
    [(FROM - timedelta(1), None, "before it begins"), (TO, "sari", "cannot stand in")],
)
async def test_a_leave_that_cannot_be_is_refused(ledger, now, until, cover, says):
    with pytest.raises(InputError, match=says):
        await absences.record(ledger, "kopi", "sari", FROM, until, cover=cover, now=now)
    assert await lines(ledger) == []


async def test_a_leave_of_another_brand_is_not_there(ledger, now):
    made = await absences.record(ledger, "warung", "sari", FROM, TO, now=now)
    for number in (made.id, 99):
        with pytest.raises(Missing):
            await absences.withdraw(ledger, "kopi", number, None, now)
    assert await away_on(ledger, FROM, "warung") == {"sari"}


async def test_days_are_asked_for_by_what_they_touch(ledger, now):
    await absences.record(ledger, "kopi", "sari", FROM, TO, now=now)
    await absences.record(ledger, "kopi", "bayu", TO + timedelta(5), TO + timedelta(6), now=now)

    async def people(since, until=None):
        return [one.person for one in await absences.between(ledger, "kopi", since, until)]

    assert await people(TO) == ["sari", "bayu"]
    assert await people(TO, TO) == ["sari"]
    assert await people(TO + timedelta(1), TO + timedelta(5)) == ["bayu"]
    assert await people(TO + timedelta(7)) == []


async def test_who_stands_in_is_known_on_the_day_where_the_brand_is(ledger, now, playbook):
    await absences.record(ledger, "kopi", "sari", now.date(), now.date(), cover="dewi", now=now)

    # The fixture's noon is 05:00 in UTC; 18:00 there is the next day in Jakarta.
    assert await absences.away(ledger, playbook, now) == {"sari": "dewi"}
    assert await absences.away(ledger, playbook, now + timedelta(hours=13)) == {}
