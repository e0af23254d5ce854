"""Telling a dead run from one that was just answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.states import Pending, Running

from flows import runs
from flows.desk import LEASE

NOW = datetime(2027, 3, 1, 5, tzinfo=UTC)
NO_CLIENT: Any = None


@pytest.mark.parametrize("state", [Running, Pending])
@pytest.mark.parametrize(
    ("age", "fault"),
    [(timedelta(seconds=1), None), (LEASE + timedelta(seconds=1), "run_crashed")],
)
async def test_a_run_that_was_just_answered_is_not_taken_for_dead(state, age, fault):
    run = FlowRun(flow_id=uuid4(), state=state(timestamp=NOW - age))
    case: Any = SimpleNamespace(form_round=1)
    assert await runs._fault(NO_CLIENT, case, run, NOW) == fault
