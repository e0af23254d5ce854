"""A playbook as what Prefect should hold: deployments, schedules, queues and automations, as values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from flows.names import SYSTEM, queue
from remit.model import Duration, Play, Playbook

BANDS = ("urgent", "normal")
SWEEP_EVERY = Duration(seconds=300)
AT_ONCE = 10
"""Runs of one queue that work at the same time; a suspended run takes no place."""


@dataclass(frozen=True)
class WantedQueue:
    name: str
    urgent: bool
    """Served before every queue that is not. The numbers are the pool's: each is there once."""
    concurrency_limit: int | None = None


@dataclass(frozen=True)
class WantedDeployment:
    flow: str
    name: str
    entrypoint: str
    queue: str
    tags: tuple[str, ...]
    description: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    every: int | None = None
    """Seconds."""
    cron: str | None = None
    timezone: str = "UTC"

    @property
    def version(self) -> str:
        """Says whether what Prefect holds is what is wanted."""
        return _digest(asdict(self))


@dataclass(frozen=True)
class WantedAutomation:
    name: str
    flow: str
    deployment: str
    match: Mapping[str, Any]

    def version(self, deployment_id: str) -> str:
        return _digest([asdict(self), deployment_id])


@dataclass(frozen=True)
class Wanted:
    """Everything of one brand."""

    brand: str
    queues: tuple[WantedQueue, ...]
    deployments: tuple[WantedDeployment, ...]
    automations: tuple[WantedAutomation, ...]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def wanted(playbook: Playbook) -> Wanted:
    """Compile a playbook. The same playbook gives the same values."""
    brand = playbook.brand
    planners = {
        rule.outcome.owner for rule in _rules(playbook) if rule.outcome.play is Play.campaign
    }
    queues: list[WantedQueue] = []
    deployments: list[WantedDeployment] = []
    automations: list[WantedAutomation] = []
    for role in playbook.roles.values():
        for band in BANDS:
            name = queue(brand, role.id, band)
            queues.append(WantedQueue(name, band == "urgent", AT_ONCE))
            flows = {"reply": [Play.reply, Play.triage]}
            if role.id in planners:
                flows["campaign"] = [Play.campaign]
            for flow, plays in flows.items():
                deployments.append(
                    WantedDeployment(
                        flow=flow,
                        name=name,
                        entrypoint=f"flows.{flow}.{flow}",
                        queue=name,
                        tags=("remit", f"brand:{brand}", f"role:{role.id}"),
                        description=f"Cases of {role.title or role.id}, {band}.",
                    )
                )
                automations.append(
                    WantedAutomation(
                        name=f"remit {brand}: {flow} for {role.id}, {band}",
                        flow=flow,
                        deployment=name,
                        match={
                            "prefect.resource.id": f"remit.case.{brand}.*",
                            "remit.brand": brand,
                            "remit.role": role.id,
                            "remit.band": band,
                            "remit.play": [str(play) for play in plays],
                        },
                    )
                )
    own = f"{brand}-remit"
    queues.append(WantedQueue(own, urgent=True))
    for flow, module, said in (
        ("escalation", "flows.escalation.escalation", "One step of a case's ladder."),
        ("publish", "flows.campaign.publish", "One slot whose time has come."),
    ):
        deployments.append(
            WantedDeployment(flow, brand, module, own, ("remit", f"brand:{brand}"), said)
        )
    deployments.append(_system(playbook, "sweep", "Mends what is not as it ought to be.", own))
    deployments.append(_system(playbook, "listen", "Reads the channels once.", own))
    deployments.append(_system(playbook, "report", "A scorecard for each role.", own))
    return Wanted(brand, tuple(queues), tuple(deployments), tuple(automations))


def _rules(playbook: Playbook) -> tuple[Any, ...]:
    return (*playbook.rules, playbook.otherwise) if playbook.otherwise else playbook.rules


def _system(playbook: Playbook, flow: str, said: str, own: str) -> WantedDeployment:
    schedule = playbook.schedules.get(flow)
    every = None
    if flow == "sweep":
        every = (schedule.every if schedule and schedule.every else SWEEP_EVERY).calendar
    elif flow != "listen" and schedule and schedule.every:  # listening is the worker's own loop
        every = schedule.every.calendar
    cron = schedule.cron if schedule and flow != "listen" else None
    return WantedDeployment(
        flow=flow,
        name=playbook.brand,
        entrypoint=f"flows.{flow}.{flow}",
        queue=own,
        tags=("remit", f"brand:{playbook.brand}", *([] if flow == "report" else [SYSTEM])),
        description=said,
        parameters={"brand": playbook.brand},
        every=None if every is None or cron else int(every.total_seconds()),
        cron=cron,
        timezone=playbook.timezone,
    )
