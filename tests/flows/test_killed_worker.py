"""A worker killed with SIGKILL at any line: another takes over, and one reply goes out, once."""

from __future__ import annotations

import pytest

from remit.model import State

pytestmark = [pytest.mark.server, pytest.mark.slow]


async def test_killed_before_the_claim_the_case_is_started_again(stage):
    dying = stage.worker("before_claim")
    message = await stage.write()
    await stage.killed(dying)
    stage.worker()
    await stage.answered(message, seconds=120)
    await stage.answered_once(message)


async def test_killed_before_the_draft_the_case_is_drafted_by_another_run(stage):
    dying = stage.worker("before_draft")
    message = await stage.write()
    await stage.killed(dying)
    stage.worker()
    case = await stage.answered(message)
    assert case.attempt > 1
    await stage.answered_once(message)


async def test_killed_between_the_suspension_and_its_form_a_new_form_is_shown(stage):
    dying = stage.worker("before_form")
    message = await stage.write()
    await stage.killed(dying)
    stage.worker()
    await stage.answered(message)
    await stage.answered_once(message)


async def test_killed_while_suspended_the_same_form_is_answered(stage):
    worker = stage.worker()
    message = await stage.write()

    await stage.until("a form", stage.forms)
    worker.end()
    waiting = await stage.case_of(message)
    assert waiting.state is State.awaiting_approval
    await stage.form_answered()
    stage.worker()
    case = await stage.answered(message)
    assert case.attempt == waiting.attempt
    await stage.answered_once(message)


async def test_killed_before_the_decision_is_recorded_it_is_asked_again(stage):
    dying = stage.worker("before_ruling")
    message = await stage.write()
    await stage.form_answered()
    await stage.killed(dying)
    assert await stage.replies(message) == []
    stage.worker()
    await stage.answered(message)
    await stage.answered_once(message)


async def test_killed_after_the_decision_is_recorded_nobody_is_asked_again(stage):
    dying = stage.worker("after_ruling")
    message = await stage.write()
    await stage.form_answered()
    await stage.killed(dying)
    decided = stage.people.decided
    stage.worker()
    await stage.answered(message, seconds=120)
    assert stage.people.decided == decided
    await stage.answered_once(message)
