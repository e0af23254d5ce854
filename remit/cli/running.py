"""deploy, status, stop, brief: what is said to a Remit that runs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remit.cli.home import in_force
from remit.cli.output import Format, emit_json, print_table, say
from remit.cli.with_desk import one_brand, run
from remit.ledger import audit as auditing
from remit.ledger import bundles, cases, holds, publications, slots
from remit.ledger.autopilot import sent_today
from remit.model import InputError, Message, PublicationState, RemitError, SlotState
from remit.playbook import load_playbook, read_bundle

if TYPE_CHECKING:
    from flows.desk import Desk


def deploy(path: Path, *, prefect_yaml: bool = False) -> None:
    """Put a playbook in force, or print what Prefect's own command would need for it."""
    if prefect_yaml:
        in_force()
        from flows.prefect_yaml import render

        say(render(load_playbook(path)).rstrip("\n"))
        return

    async def work(desk: Desk) -> list[str]:
        from flows.deploy import deploy as put_in_force

        return await put_in_force(desk, read_bundle(path), load_playbook(path))

    changes = run(work)
    for change in changes:
        say(change)
    if not changes:
        say("Nothing to change.")


def status(brand: str | None, format_: Format, *, audit: bool) -> int:
    """Print the state of one brand; with `audit`, 1 if anything is lost, doubled or unapproved."""

    async def work(desk: Desk) -> dict[str, Any]:
        named = one_brand(await bundles.brands(desk.ledger), brand)
        return await gather(desk, named, audit=audit)

    found = run(work)
    if format_ is Format.json:
        emit_json(found)
    else:
        _print(found)
    audited = found.get("audit")
    return int(bool(audited and (audited["lost"] or audited["doubled"] or audited["unapproved"])))


async def gather(desk: Desk, brand: str, *, audit: bool) -> dict[str, Any]:
    """Everything that `status` shows, as plain values."""
    now = desk.now()
    playbook = await desk.deployed(brand)
    unfinished = await cases.find(desk.ledger, brand, unfinished=True)
    unknown = await publications.find(desk.ledger, brand, states=[PublicationState.unknown])
    back = await slots.find(desk.ledger, brand, states=[SlotState.returned])
    found: dict[str, Any] = {
        "brand": brand,
        "playbook": await bundles.deployed(desk.ledger, brand),
        "stopped": await bundles.stopped(desk.ledger, brand),
        "open": _count(case.owner for case in unfinished),
        "overdue": [
            case.id
            for case in unfinished
            if case.first_response_due and case.first_response_due < now and not case.responded_at
        ],
        "holds": [
            {"id": each.id, "role": each.role, "case": each.case, "ends_at": each.ends_at}
            for each in await holds.active(desk.ledger, brand, now)
        ],
        "slots_returned": [
            {"id": each.id, "post": each.post, "owner": each.owner} for each in back
        ],
        "unseen_today": {
            rule: {"sent": sent, "per_day": playbook.autopilot[rule]}
            for rule, sent in (await sent_today(desk.ledger, playbook, now)).items()
        },
        "unknown": [
            {"id": each.id, "channel": each.channel, "case": each.case, "why": each.error}
            for each in unknown
        ],
    }
    if audit:
        seen, unread = await shown(desk, brand)
        audited = await auditing.audit(desk.ledger, brand, seen)
        found["audit"] = audited.model_dump(mode="json") | {"unread": unread}
    return found


async def shown(desk: Desk, brand: str) -> tuple[dict[str, tuple[Message, ...]], dict[str, str]]:
    """What each platform shows of our own messages; and the channels that could not be read."""
    playbook = await desk.deployed(brand)
    seen, unread = {}, {}
    for channel in playbook.channels:
        try:
            platform = await desk.platform(playbook, channel)
            seen[channel] = tuple(await platform.own_messages())
        except RemitError as failed:
            unread[channel] = str(failed)
    return seen, unread


def _count(values: Iterable[str]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for value in values:
        counted[value] = counted.get(value, 0) + 1
    return counted


def _print(found: dict[str, Any]) -> None:
    say(f"{found['brand']}, playbook {str(found['playbook'])[:12]}")
    if found["stopped"] is not None:
        say(f"STOPPED: {found['stopped']} (end it with: remit stop --lift)")
    opened = ", ".join(f"{role} {count}" for role, count in found["open"].items())
    say(
        f"open cases: {opened or 'none'}; overdue: {', '.join(map(str, found['overdue'])) or 'none'}"
    )
    for hold in found["holds"]:
        say(
            f"hold {hold['id']}: posts of {hold['role']} wait for case {hold['case']}, until {hold['ends_at']}"
        )
    for slot in found["slots_returned"]:
        say(
            f"slot {slot['id']} ({slot['post']}) is back with {slot['owner']}: remit slot {slot['id']} --at TIME or --drop"
        )
    for rule, count in found["unseen_today"].items():
        say(f"sent unseen today, {rule}: {count['sent']} of {count['per_day']}")
    for each in found["unknown"]:
        say(
            f"publication {each['id']} on {each['channel']}: nobody can tell whether it went out "
            f"({each['why']}); look, then: remit settle {each['id']} --published or --not-published"
        )
    if "audit" in found:
        print_table(["audit", ""], [(k, v) for k, v in found["audit"].items() if v not in ({}, [])])


def stop(brand: str | None, reason: str | None, person: str | None, *, lift: bool) -> None:
    if not lift and not reason:
        raise InputError('say why: remit stop "REASON"; or end the stop with remit stop --lift')

    async def work(desk: Desk) -> str:
        named = one_brand(await bundles.brands(desk.ledger), brand)
        if lift:
            await bundles.lift(desk.ledger, named, person, desk.now())
            return f"{named} may send again."
        await bundles.stop(desk.ledger, named, reason or "", person, desk.now())
        return f"{named} sends nothing more, until: remit stop --lift"

    say(run(work))


def brief(brand: str | None, name: str) -> None:
    async def work(desk: Desk) -> str:
        from flows.listen import take_brief

        named = one_brand(await bundles.brands(desk.ledger), brand)
        playbook = await desk.deployed(named)
        if name not in playbook.campaigns:
            known = ", ".join(sorted(playbook.campaigns)) or "none"
            raise InputError(f"the playbook of {named} has no brief {name!r}; it has {known}")
        done = await take_brief(desk, playbook, name, desk.now())
        if not done.opened:
            return f"Brief {name} was handed in before; nothing was opened."
        return f"Brief {name} is case {done.opened[0]}."

    say(run(work))
