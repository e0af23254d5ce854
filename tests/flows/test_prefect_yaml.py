"""The prefect.yaml at the root does what `remit deploy` does."""

from __future__ import annotations

from pathlib import Path

import yaml

from flows.compile import wanted
from flows.prefect_yaml import render
from remit.playbook import load_playbook

ROOT = Path(__file__).parents[2]
KOPI = load_playbook(ROOT / "playbooks" / "kopi")


def test_the_file_at_the_root_is_what_the_sample_playbook_says():
    assert (ROOT / "prefect.yaml").read_text("utf-8") == render(KOPI), (
        "write it again: remit deploy playbooks/kopi --prefect-yaml > prefect.yaml"
    )


def test_it_has_every_deployment_with_its_schedule_and_trigger():
    written = {
        (each["entrypoint"].rpartition(".")[2], each["name"]): each
        for each in yaml.safe_load(render(KOPI))["deployments"]
    }
    want = wanted(KOPI)
    assert set(written) == {(each.flow, each.name) for each in want.deployments}
    for each in want.deployments:
        scheduled = "schedules" in written[each.flow, each.name]
        assert scheduled == (each.every is not None or each.cron is not None)
    triggered = {key for key, each in written.items() if "triggers" in each}
    assert triggered == {(each.flow, each.deployment) for each in want.automations}
