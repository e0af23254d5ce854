"""hold, storms, storm: what stops posts, and many messages about one thing, seen and settled."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from remit.cli.output import Format, emit_json, print_table, say
from remit.cli.with_desk import one_brand, run
from remit.ledger import bundles, holds, storms
from remit.ledger.holds import Held
from remit.ledger.storms import Storm
from remit.model import InputError, Missing

if TYPE_CHECKING:
    from flows.desk import Desk
    from flows.storms import Answers

SHOWN = 20
"""Numbers of cases that a line has; all of them are in the JSON."""


def list_holds(brand: str | None, role: str | None, format_: Format) -> None:
    """Print the holds that are on, for either side."""

    async def work(desk: Desk) -> tuple[list[Held], ZoneInfo]:
        named = one_brand(await bundles.brands(desk.ledger), brand)
        playbook = await desk.deployed(named)
        if role is not None and role not in playbook.roles:
            raise InputError(f"{named} has no role {role!r}; it has {', '.join(playbook.roles)}")
        return await holds.listed(desk.ledger, named, desk.now(), role), ZoneInfo(playbook.timezone)

    found, zone = run(work)
    if format_ is Format.json:
        emit_json(found)
    elif not found:
        say("No hold is on.")
    else:
        print_table(
            ["hold", "posts of", "about", "wait for case", "of", "until", "confirmed by"],
            [_held(hold, zone) for hold in found],
            title=f"Times are {zone.key}",
        )
        say("remit hold N --confirm --as PERSON, or --drop --as PERSON --reason WHY")


def _held(hold: Held, zone: ZoneInfo) -> tuple[object, ...]:
    if hold.started_at is None:
        until = "begins when the case is acknowledged"
    else:
        until = _local(hold.ends_at, zone) or "the case is resolved"
    about = ", ".join(hold.topics) or "everything"
    return hold.id, hold.role, about, hold.case, hold.owner, until, hold.confirmed_by


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else None


def settle_hold(
    brand: str | None, number: int, person: str | None, reason: str, *, confirm: bool, drop: bool
) -> None:
    """A person says in one step that a hold stays, or ends it."""
    if confirm == drop:
        raise InputError("say either --confirm or --drop")
    if person is None:
        raise InputError("say who decides: --as PERSON")

    async def work(desk: Desk) -> Held:
        playbook = await desk.deployed(one_brand(await bundles.brands(desk.ledger), brand))
        if confirm:
            return await holds.confirm(desk.ledger, number, playbook, person, desk.now())
        return await holds.drop(desk.ledger, number, playbook, person, desk.now(), reason=reason)

    done = run(work)
    if confirm:
        say(f"Hold {done.id} stays: {done.confirmed_by} has confirmed that {done.role} waits.")
    else:
        say(
            f"Hold {done.id} is dropped; {done.role} may post again. A slot whose time passed is "
            f"back with {done.role}: remit slot N --at TIME or --drop."
        )


def list_storms(brand: str | None, format_: Format, *, every: bool) -> None:
    """Print the storms, and who of each is not answered."""

    async def work(desk: Desk) -> tuple[list[Storm], ZoneInfo]:
        named = one_brand(await bundles.brands(desk.ledger), brand)
        playbook = await desk.deployed(named)
        return await storms.find(desk.ledger, named, every=every), ZoneInfo(playbook.timezone)

    found, zone = run(work)
    if format_ is Format.json:
        emit_json([_plain(storm) for storm in found])
        return
    if not found:
        say("No storm is on, and none has anybody unanswered.")
    for storm in found:
        _print(storm, zone)


def show_storm(number: int, format_: Format) -> None:
    """Print one storm."""

    async def work(desk: Desk) -> tuple[Storm, ZoneInfo]:
        storm = await storms.get(desk.ledger, number)
        return storm, ZoneInfo((await desk.deployed(storm.brand)).timezone)

    storm, zone = run(work)
    if format_ is Format.json:
        emit_json(_plain(storm))
    else:
        _print(storm, zone)


def answer_storm(number: int, person: str | None, format_: Format) -> int:
    """One decision on every member whose draft is the approved statement; 1 if somebody is left."""
    if person is None:
        raise InputError("say who decides: --as PERSON")

    async def work(desk: Desk) -> Answers:
        from flows import storms as running

        storm = await storms.get(desk.ledger, number)
        if person not in (people := (await desk.deployed(storm.brand)).people):
            raise Missing(f"the playbook has no person {person!r}; it has {', '.join(people)}")
        return await running.answer(desk, number, person, "cli")

    done = run(work)
    if format_ is Format.json:
        emit_json(done)
    else:
        say(f"Storm {number}: {len(done.approved)} answers approved, each for its own case.")
        if done.left:
            say(f"{len(done.left)} are left:")
            print_table(["case", "why"], [(each.case, each.message) for each in done.left])
    return int(bool(done.left))


def _plain(storm: Storm) -> dict[str, object]:
    return storm.model_dump(mode="json") | {"members": storm.members}


def _print(storm: Storm, zone: ZoneInfo) -> None:
    about = f"topic {storm.topic}" if storm.topic else f"channel {storm.channel}"
    closed = f", over since {_local(storm.closed_at, zone)}" if storm.closed_at else ", still on"
    say(f"Storm {storm.id}: {about}, since {_local(storm.opened_at, zone)} {zone.key}{closed}")
    say(f"  up to {storm.rate:.0f} messages in ten minutes, where {storm.baseline:.1f} are usual")
    own = "nobody: the playbook asks nobody to act" if storm.case is None else f"case {storm.case}"
    said = "there are none yet" if storm.statement is None else f"draft {storm.statement}"
    say(f"  its own case: {own}; the approved words: {said}")
    say(
        f"  {storm.members} cases: {len(storm.answered)} answered, {len(storm.closed)} closed without"
        f" an answer, {len(storm.unanswered)} unanswered ({len(storm.waiting)} wait for a place)"
    )
    if storm.unanswered:
        some = ", ".join(map(str, storm.unanswered[:SHOWN]))
        more = len(storm.unanswered) - SHOWN
        rest = f" and {more} more: remit storm {storm.id} --format json" if more > 0 else ""
        say(f"  unanswered: {some}{rest}")
