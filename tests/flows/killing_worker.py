"""`python killing_worker.py POINT MARKS`: a worker that gets into trouble once, at a named point.

It ends itself with SIGKILL there, or with `halt:POINT` halts itself with SIGSTOP. The code under
test knows nothing of it: the functions are wrapped from here, before the worker starts.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from prefect.input import RunInput

import flows.reply
from flows.worker import main
from integrations.sandbox.adapter import SandboxPlatform
from remit.ledger import Ledger, cases, publications

_point = sys.argv[1]
_halts = _point.startswith("halt:")
_marks = Path(sys.argv[2])
_writing = 0
_done = False


def _say(said: str) -> None:
    with _marks.open("a") as out:
        out.write(f"{said}\n")


def _die(said: str) -> None:
    _say(said)
    os.kill(os.getpid(), signal.SIGKILL)


async def _trouble() -> None:
    """The first time only. Halts outside of every transaction: a halted writer would stop others."""
    global _done  # noqa: PLW0603
    if _done:
        return
    _done = True
    if not _halts:
        _die("dies")
    while _writing:  # noqa: ASYNC110 - nothing tells when the last one ends
        await asyncio.sleep(0.001)
    _say("halts")
    os.kill(os.getpid(), signal.SIGSTOP)


def before(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(function)
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        first = not _done
        await _trouble()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            if first:
                _say(f"goes on: {type(error).__name__}: {error}")
            raise
        if first:
            _say("goes on: done")
        return result

    return wrapped


def after(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(function)
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = await function(*args, **kwargs)
        await _trouble()
        return result

    return wrapped


def _dying_compose(*_: Any, **__: Any) -> Any:
    _die("dies")


_write = Ledger.write


@asynccontextmanager
async def _counted(ledger: Ledger) -> AsyncIterator[Any]:
    global _writing  # noqa: PLW0603
    _writing += 1
    try:
        async with _write(ledger) as tx:
            yield tx
    finally:
        _writing -= 1


def _classmethod_before(function: Any) -> Any:
    return classmethod(before(function.__func__))


POINTS: Mapping[str, tuple[Any, str, Callable[..., Any]]] = {
    "before_claim": (cases, "claim", before),
    "before_draft": (flows.reply, "compose", lambda _: _dying_compose),
    "before_form": (RunInput, "asave", _classmethod_before),
    "before_ruling": (flows.reply, "rule_on", before),
    "after_ruling": (flows.reply, "rule_on", after),
    "before_commit": (publications, "begin_sending", before),
    "before_request": (SandboxPlatform, "send", before),
    "after_request": (SandboxPlatform, "send", after),
}


def arm(point: str) -> None:
    """Wrap the function of a point, in the place where the flows look it up."""
    owner, name, wrap = POINTS[point]
    setattr(owner, name, wrap(getattr(owner, name)))


if __name__ == "__main__":
    arm(_point.removeprefix("halt:"))
    Ledger.write = _counted  # type: ignore[assignment,method-assign]  # the same, and counts
    main()
