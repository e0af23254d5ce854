"""A worker killed while it publishes a campaign's post: the post goes out once."""

from __future__ import annotations

import pytest

from remit.ledger import slots
from remit.model import SlotState

pytestmark = [pytest.mark.server, pytest.mark.slow]


@pytest.mark.parametrize(
    ("point", "campaign"),
    [("before_commit", "first"), ("before_request", "second"), ("after_request", "third")],
)
async def test_a_post_goes_out_once(stage, point, campaign):
    dying = stage.worker(point)
    case = await stage.brief(campaign)
    await stage.form_answered()
    await stage.killed(dying)
    stage.worker()

    async def published():
        [slot] = await slots.find(stage.desk.ledger, case=case.id)
        return slot.state is SlotState.published

    await stage.until("the post", published)
    assert len(await stage.posts(campaign)) == 1
    await stage.all_is_well()
    assert len(await stage.posts(campaign)) == 1
