"""Running one piece of work against the ledger, and naming the brand that is meant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from remit.cli.home import in_force
from remit.model import InputError, RemitError

if TYPE_CHECKING:
    from flows.desk import Desk

T = TypeVar("T")


def run(work: Callable[[Desk], Awaitable[T]]) -> T:
    """Open the desk, do the work, close the desk."""
    in_force()

    async def opened() -> T:
        from flows.desk import close_desk, open_desk

        desk = await open_desk()
        try:
            return await work(desk)
        finally:
            await close_desk()

    return asyncio.run(opened())


def one_brand(brands: list[str], named: str | None) -> str:
    """The brand named, or the only one there is."""
    if named is not None:
        if named not in brands:
            raise InputError(
                f"no playbook of {named!r} is deployed; there is {', '.join(brands) or 'none'}"
            )
        return named
    if not brands:
        raise RemitError("no playbook is deployed here; run `remit deploy PATH` or `remit up PATH`")
    if len(brands) > 1:
        raise InputError(
            f"several brands are deployed; add --brand with one of {', '.join(brands)}"
        )
    return brands[0]
