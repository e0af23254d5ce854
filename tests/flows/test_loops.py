"""The worker's loops serve every brand, whatever is wrong with one of them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from flows.desk import Desk
from flows.worker import Loops
from remit.ledger import Ledger, bundles
from remit.playbook import make_bundle, read_bundle

KOPI = Path(__file__).parents[2] / "playbooks" / "kopi"
NOW = datetime(2027, 3, 1, 5, tzinfo=UTC)


async def test_a_brand_whose_playbook_cannot_be_read_stops_no_other(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("REMIT_SANDBOX_TOKEN", "nobody-listens-there")
    monkeypatch.setenv("REMIT_SANDBOX_URL", "http://127.0.0.1:9")
    desk = Desk(await Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}"))
    broken = make_bundle({"playbook.yaml": b"remit: 1\nbrand: abang\nroles: {}\nwhat: is this\n"})
    for brand, bundle in (("abang", broken), ("kopi", read_bundle(KOPI))):
        await bundles.keep(desk.ledger, bundle, brand, NOW)
        await bundles.deploy(desk.ledger, brand, bundle.hash, NOW)
    assert await bundles.brands(desk.ledger) == ["abang", "kopi"]  # the broken one comes first
    loops = Loops(desk)
    loops._pace = 99.0
    with caplog.at_level(logging.ERROR, "remit.worker"):
        await loops.listen()
    await desk.close()
    assert loops._pace == 30.0, "kopi's own pace: its channels had their turn"
    assert "abang: playbook.yaml" in caplog.text
