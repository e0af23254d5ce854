"""tick as a scheduled flow: the sure way, for when the worker's own loop is not there."""

from __future__ import annotations

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.desk import open_desk
from flows.listen import poll_all
from flows.tick import measure, tick


@flow(name="sweep", flow_run_name="sweep · {brand}", persist_result=False, retries=0)
async def sweep(brand: str) -> State[None]:
    """Read the channels, mend what is not as it ought to be, read counts back."""
    desk = await open_desk()
    failures = await poll_all(desk, await desk.deployed(brand))
    await tick(desk, brand)
    await measure(desk, brand)
    said = "; ".join(f"{channel}: {why}" for channel, why in failures.items())
    return Completed(message=said or "All channels read.")
