"""What a playbook becomes in Prefect, as values: the same playbook, the same values."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from flows.compile import WantedDeployment, wanted
from flows.deploy import load
from remit.model import Playbook
from remit.playbook import load_playbook, read_bundle

KOPI = Path(__file__).parents[2] / "playbooks" / "kopi"


@pytest.fixture(scope="module")
def kopi() -> Playbook:
    return load_playbook(KOPI)


def deployment(playbook: Playbook, flow: str) -> WantedDeployment:
    (found,) = (each for each in wanted(playbook).deployments if each.flow == flow)
    return found


def test_the_same_playbook_gives_the_same_values_in_every_process(kopi):
    code = (
        "import sys; from pathlib import Path; from dataclasses import asdict\\n"
        "from flows.compile import wanted; from remit.playbook import load_playbook\\n"
        "want = wanted(load_playbook(Path(sys.argv[1])))\\n"
        "print(asdict(want), [each.version for each in want.deployments])"
    ).replace("\\n", "\n")
    said = {
        subprocess.run(
            [sys.executable, "-c", code, str(KOPI)],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    want = wanted(kopi)
    assert said == {f"{asdict(want)} {[each.version for each in want.deployments]}\n"}
    assert wanted(load_playbook(read_bundle(KOPI))) == want


def test_a_schedule_is_deployed_and_one_taken_out_is_gone(kopi):
    scheduled = deployment(kopi, "report")
    assert (scheduled.cron, scheduled.every, scheduled.timezone) == (
        "0 9 * * mon",
        None,
        "Asia/Jakarta",
    )
    less = {name: each for name, each in kopi.schedules.items() if name != "report"}
    without = deployment(kopi.model_copy(update={"schedules": less}), "report")
    assert (without.cron, without.every) == (None, None)
    assert without.version != scheduled.version
    assert deployment(kopi, "sweep") == deployment(
        kopi.model_copy(update={"schedules": {}}), "sweep"
    )


def test_listening_is_the_workers_own_loop_and_never_a_schedule(kopi):
    assert "listen" in kopi.schedules
    assert (deployment(kopi, "listen").cron, deployment(kopi, "listen").every) == (None, None)


def test_every_role_has_a_queue_for_each_band_and_the_urgent_one_comes_first(kopi):
    want = wanted(kopi)
    queues = {queue.name: queue for queue in want.queues}
    for role in kopi.roles:
        assert queues[f"kopi-{role}-urgent"].urgent
        assert not queues[f"kopi-{role}-normal"].urgent
    assert {each.queue for each in want.deployments} <= set(queues)
    names = [(each.flow, each.name) for each in want.deployments]
    assert len(names) == len(set(names))


def test_every_case_starts_one_run_whatever_its_role_band_and_play(kopi):
    """The automations are told apart by what an event says, and leave nothing out."""
    want = wanted(kopi)
    taken: dict[tuple[str, str, str], list[str]] = {}
    for each in want.automations:
        match = each.match
        for play in match["remit.play"]:
            key = (match["remit.role"], match["remit.band"], play)
            taken.setdefault(key, []).append(f"{each.flow}/{each.deployment}")
    assert all(len(started) == 1 for started in taken.values())
    rules = [*kopi.rules, kopi.otherwise]
    worked = {(rule.outcome.owner, str(rule.outcome.play)) for rule in rules if rule}
    for owner, play in worked:
        for band in ("urgent", "normal"):
            assert play == "log" or (owner, band, play) in taken
    deployed = {f"{each.flow}/{each.name}" for each in want.deployments}
    assert {run for (run,) in taken.values()} <= deployed


def test_every_entrypoint_is_a_flow_whose_parameters_the_deployment_knows(kopi):
    for each in wanted(kopi).deployments:
        flow = load(each.entrypoint)
        assert flow.name == each.flow
        assert set(each.parameters) <= set(flow.parameters.properties)


def test_a_deployment_names_no_secret_and_no_address(kopi):
    said = repr(wanted(kopi))
    assert "env:" not in said
    assert "NOTIFY" not in said
    assert "TOKEN" not in said
