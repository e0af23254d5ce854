"""What a playbook wants of Prefect, as a prefect.yaml: for people who deploy with Prefect's own command."""

from __future__ import annotations

from typing import Any

import yaml

from flows.compile import Wanted, WantedDeployment, wanted
from flows.deploy import OPENED, typed
from flows.names import POOL
from remit.model import Playbook

HEAD = """\
# Made from playbooks/{brand} by `remit deploy playbooks/{brand} --prefect-yaml`; a test checks that
# it is what the playbook says. For people who run their own workers:
#   prefect work-pool create {pool} --type process
#   prefect --no-prompt deploy --all
#   prefect worker start --pool {pool}
# Run it from the project's folder, so that the workers find the flows and REMIT_HOME.
"""


def render(playbook: Playbook) -> str:
    """The file's text; the same playbook gives the same text."""
    want = wanted(playbook)
    body = {
        "name": "remit",
        "deployments": [_deployment(each, want) for each in want.deployments],
    }
    head = HEAD.format(brand=playbook.brand, pool=POOL)
    return head + yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=100)


def _deployment(each: WantedDeployment, want: Wanted) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": each.name,
        "description": each.description,
        "entrypoint": each.entrypoint,
        "tags": list(each.tags),
        "parameters": dict(each.parameters),
        "work_pool": {"name": POOL, "work_queue_name": each.queue},
    }
    if each.every is not None:
        said["schedules"] = [{"interval": each.every, "timezone": each.timezone}]
    if each.cron is not None:
        said["schedules"] = [{"cron": each.cron, "timezone": each.timezone}]
    triggers = [
        {
            "type": "event",
            "enabled": True,
            "name": automation.name,
            "expect": [OPENED],
            "match": dict(automation.match),
            "for_each": ["prefect.resource.id"],
            "parameters": {
                "case": typed("event.payload.case"),
                "attempt": typed("event.payload.attempt"),
            },
        }
        for automation in want.automations
        if (automation.flow, automation.deployment) == (each.flow, each.name)
    ]
    if triggers:
        said["triggers"] = triggers
    return said
