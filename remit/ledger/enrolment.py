"""Personal one-time codes (RFC 6238): who has them, and whether one is right.

A code stands for half a minute and is taken once. Its secret is encrypted under a key that is not
in the database, together with whose it is, so that a row put in another's place opens nothing.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from pydantic import SecretStr
from pyotp.utils import strings_equal
from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from remit.decide.proofs import RIGHT, worn_out
from remit.ledger import journal
from remit.ledger.store import Ledger
from remit.ledger.tables import approval as approvals
from remit.ledger.tables import case as cases
from remit.ledger.tables import enrolment
from remit.model import Frozen, InputError, Refused

DRIFT = 1
"""Codes before and after the one of now that are right too: clocks of phones are."""
LATELY = timedelta(minutes=5)
SHORTEST_KEY = 32


class Proof(Frozen):
    """What became of a code."""

    code: str
    """`right`, or why not."""
    step: int = 0
    """The half minute that it stands for, where it is right."""


async def enrol(  # noqa: PLR0917 the ledger's functions take the time last
    ledger: Ledger,
    brand: str,
    person: str,
    name: str,
    key: SecretStr,
    now: datetime,
    *,
    again: bool,
) -> SecretStr:
    """A new secret for a person, as the address that an authenticator reads. Nobody sees it again.

    Refused code: enrolled, where the person has codes and `again` does not replace them.
    """
    secret = pyotp.random_base32()
    values = {
        "secret": _fernet(key).encrypt(_plain(brand, person, secret)),
        "enrolled_at": now,
        "last_step": 0,
    }
    async with ledger.write() as tx:
        known = await _of(tx, brand, person)
        if known is not None and not again:
            raise Refused(
                "enrolled",
                f"{person} has one-time codes since {known.enrolled_at:%Y-%m-%d}; "
                "if the device is lost, replace them with --again",
            )
        if known is None:
            await tx.execute(insert(enrolment).values(brand=brand, person=person, **values))
        else:
            await tx.execute(update(enrolment).where(*_key(brand, person)).values(**values))
        await journal.write(
            tx,
            "person.enrolled",
            brand=brand,
            now=now,
            person=person,
            code=None if known is None else "again",
        )
    return SecretStr(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"Remit {brand}"))


async def prove(  # noqa: PLR0917 the ledger's functions take the time last
    tx: AsyncConnection,
    brand: str,
    person: str,
    code: SecretStr,
    key: SecretStr | None,
    now: datetime,
) -> Proof:
    """Whether the code is the person's and was never taken. Takes nothing: `take` does.

    The row stays locked until the transaction ends: of two who give one code, one waits.
    """
    known = await _of(tx, brand, person)
    if known is None:
        return Proof(code="not_enrolled")
    secret = _open(known, brand, person, key)
    if secret is None:
        return Proof(code="code_unreadable")
    if worn_out(
        await _wrong(tx, known, max(known.enrolled_at, now - LATELY)),
        await _wrong(tx, known, max(known.enrolled_at, now - timedelta(days=1))),
    ):
        return Proof(code="too_many_codes")
    given = "".join(code.get_secret_value().split())
    totp = pyotp.TOTP(secret)
    here = totp.timecode(now)
    steps = range(here - DRIFT, here + DRIFT + 1)
    # Every one is compared, so that the time this takes says nothing.
    right = [step for step in steps if strings_equal(given, totp.generate_otp(step))]
    if not right:
        return Proof(code="wrong_code")
    fresh = [step for step in right if step > known.last_step]
    return Proof(code=RIGHT, step=fresh[0]) if fresh else Proof(code="code_used")


async def take(tx: AsyncConnection, brand: str, person: str, proof: Proof) -> None:
    """From now on neither this code nor an older one is right."""
    await tx.execute(update(enrolment).where(*_key(brand, person)).values(last_step=proof.step))


async def enrolled(ledger: Ledger, brand: str) -> frozenset[str]:
    """Who has one-time codes."""
    async with ledger.read() as tx:
        query = select(enrolment.c.person).where(enrolment.c.brand == brand)
        return frozenset((await tx.execute(query)).scalars())


async def _of(tx: AsyncConnection, brand: str, person: str) -> Row[Any] | None:
    query = select(enrolment).where(*_key(brand, person)).with_for_update()
    return (await tx.execute(query)).one_or_none()


def _key(brand: str, person: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return enrolment.c.brand == brand, enrolment.c.person == person


async def _wrong(tx: AsyncConnection, known: Row[Any], since: datetime) -> int:
    """How many wrong codes were tried under that name."""
    query = (
        select(func.count())
        .select_from(approvals)
        .join(cases, cases.c.id == approvals.c.case)
        .where(
            cases.c.brand == known.brand,
            approvals.c.person == known.person,
            approvals.c.code == "wrong_code",
            approvals.c.at >= since,
        )
    )
    return int((await tx.execute(query)).scalar_one())


def _fernet(key: SecretStr) -> Fernet:
    given = key.get_secret_value()
    if len(given) < SHORTEST_KEY:
        raise InputError(
            f"REMIT_ENROL_KEY has {len(given)} characters; it needs {SHORTEST_KEY} or more that "
            "nobody can guess, such as the output of: openssl rand -base64 32"
        )
    return Fernet(urlsafe_b64encode(sha256(given.encode()).digest()))


def _plain(brand: str, person: str, secret: str) -> bytes:
    return f"{brand}\n{person}\n{secret}".encode()


def _open(known: Row[Any], brand: str, person: str, key: SecretStr | None) -> str | None:
    """The secret; None without the key that it was encrypted with, or in another's place."""
    if key is None:
        return None
    try:
        plain = _fernet(key).decrypt(known.secret)
    except (InvalidToken, InputError):
        return None
    whose, _, secret = plain.decode().rpartition("\n")
    return secret if whose == f"{brand}\n{person}" else None
