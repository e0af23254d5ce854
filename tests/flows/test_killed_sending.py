"""Killed around the one moment that counts, on a platform that publishes whatever it is sent again."""

from __future__ import annotations

import pytest

from remit.ledger import publications
from remit.model import PublicationState

pytestmark = [pytest.mark.server, pytest.mark.slow]


async def _only_publication(stage, message):
    case = await stage.case_of(message)
    [only] = await publications.find(stage.desk.ledger, case=case.id)
    return only


async def test_killed_before_the_commit_that_decides_the_next_run_sends(stage):
    dying = stage.worker("before_commit")
    message = await stage.write()
    await stage.form_answered()
    await stage.killed(dying)
    assert (await _only_publication(stage, message)).state is PublicationState.prepared
    stage.worker()
    await stage.answered(message)
    await stage.answered_once(message)


async def test_killed_after_that_commit_and_before_the_request_it_is_sent_after_a_look(stage):
    dying = stage.worker("before_request")
    message = await stage.write()
    await stage.form_answered()
    await stage.killed(dying)
    assert (await _only_publication(stage, message)).state is PublicationState.sending
    assert await stage.replies(message) == []
    stage.worker()
    await stage.answered(message)
    await stage.answered_once(message)
    assert (await _only_publication(stage, message)).attempt == 2


async def test_killed_after_the_request_it_is_found_and_not_sent_again(stage):
    dying = stage.worker("after_request")
    message = await stage.write()
    await stage.form_answered()
    await stage.killed(dying)
    assert (await _only_publication(stage, message)).state is PublicationState.sending
    assert len(await stage.replies(message)) == 1
    stage.worker()
    await stage.answered(message)
    await stage.answered_once(message)
    assert (await _only_publication(stage, message)).attempt == 1
