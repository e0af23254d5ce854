"""Playbooks by hash, which one is deployed, and the emergency stop."""

from __future__ import annotations

import pytest

from remit.ledger import bundles
from remit.model import Bundle, Missing


async def test_a_bundle_comes_back_byte_for_byte(ledger, now):
    files = {
        "playbook.yaml": b"brand: kopi\n",
        "images/cup.png": b"\x89PNG\x00\xff",
        "empty.md": b"",
    }
    bundle = Bundle(files=files, hash="abc")
    await bundles.keep(ledger, bundle, "kopi", now)
    await bundles.keep(ledger, bundle, "kopi", now)
    assert await bundles.get(ledger, "abc") == bundle


async def test_an_unknown_hash_is_missing(ledger, now):
    with pytest.raises(Missing, match="deploy it first"):
        await bundles.get(ledger, "abc")
    with pytest.raises(Missing):
        await bundles.deploy(ledger, "kopi", "abc", now)
    assert await bundles.deployed(ledger, "kopi") is None


async def test_deploying_an_older_version_goes_back(ledger, now):
    for version in ("one", "two"):
        await bundles.keep(ledger, Bundle(files={"a": b"b"}, hash=version), "kopi", now)
        await bundles.deploy(ledger, "kopi", version, now)
    assert await bundles.deployed(ledger, "kopi") == "two"
    await bundles.deploy(ledger, "kopi", "one", now, person="ratna")
    assert await bundles.deployed(ledger, "kopi") == "one"
    assert await bundles.brands(ledger) == ["kopi"]


async def test_another_brands_playbook_is_not_deployed(ledger, deployed, now):
    with pytest.raises(Missing, match="of brand kopi"):
        await bundles.deploy(ledger, "teh", deployed.hash, now)


async def test_a_stop_outlives_a_deploy_and_ends_when_lifted(ledger, deployed, now):
    await bundles.stop(ledger, "kopi", "wrong prices", "ratna", now)
    await bundles.keep(ledger, Bundle(files={}, hash="new"), "kopi", now)
    await bundles.deploy(ledger, "kopi", "new", now)
    assert await bundles.stopped(ledger, "kopi") == "wrong prices"
    await bundles.lift(ledger, "kopi", "ratna", now)
    assert await bundles.stopped(ledger, "kopi") is None


async def test_a_brand_without_a_playbook_cannot_be_stopped(ledger, now):
    with pytest.raises(Missing, match="deploy one first"):
        await bundles.stop(ledger, "kopi", "why", None, now)
