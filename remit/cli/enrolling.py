"""enrol: personal one-time codes for those who approve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remit.cli.output import say
from remit.cli.with_desk import one_brand, run
from remit.ledger import bundles, enrolment
from remit.model import InputError

if TYPE_CHECKING:
    from pydantic import SecretStr

    from flows.desk import Desk


def enrol(brand: str | None, person: str, *, again: bool) -> None:
    """Make the secret, and show once how an authenticator takes it."""

    async def work(desk: Desk) -> tuple[str, SecretStr]:
        named = one_brand(await bundles.brands(desk.ledger), brand)
        people = (await desk.deployed(named)).people
        if person not in people:
            raise InputError(f"the playbook has no person {person!r}; it has {', '.join(people)}")
        key = desk.enrol_key()
        if key is None:
            raise InputError(
                "nothing to encrypt the codes' secret with; set REMIT_ENROL_KEY, or "
                "REMIT_ENROL_KEY_FILE to a file, the same for every process of Remit"
            )
        name = people[person].name
        address = await enrolment.enrol(
            desk.ledger, named, person, name, key, desk.now(), again=again
        )
        return name, address

    name, address = run(work)
    say(f"One-time codes of {name}. Enter this address, or what stands behind secret=, into an")
    say("authenticator app. It is shown this once; whoever has it can approve in this name.")
    say(address.get_secret_value())
    if again:
        say("The codes of the device before are worth nothing any more.")
