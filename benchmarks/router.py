"""Decisions a second, beside what a team might pick instead: the same rules, the same events.

    python -m benchmarks.router [--sizes 10,100,1000,10000] [--events 20000] [--rounds 5] [--json]

Rules of labels and numbers go to zen-engine (through its loader, its fast path) and to bare bitmaps
over a dict; rules of labels alone to Alertmanager's route matching, in process. All run alternately
on the same events, each event once, and every first match is compared. Remit decides real `Event`
values into real `Decision` values. A ratio is the median over the rounds of one side's rate over the
other's in the same round. With texts: the sample brand's rules on messages of about 100 characters.

Peers: `make peers`; for Alertmanager Debian's golang-go and golang-github-prometheus-alertmanager-dev.
A peer that is not there is left out, and that is said.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._print import Figure, progress, show
from benchmarks._routes import (
    LABELS,
    Bare,
    Route,
    Said,
    event_of,
    playbook_of,
    routes,
    said,
    zen_content,
    zen_event,
)
from benchmarks._talk import event_lines
from remit.decide import Router
from remit.model import OTHERWISE, Decision, Event
from remit.playbook import load_playbook

SOURCE = Path(__file__).parent / "alertmanager" / "match.go"
GOPATH = Path("/usr/share/gocode")
BRAND = Path(__file__).resolve().parents[1] / "playbooks" / "kopi"

WARM = 2_000
"""Events that are decided before anything is measured; they are none of the measured ones."""
Decide = Callable[[int, int], tuple[float, list[int]]]
"""Decides the events from one place up to another: seconds, and the numbers of the routes."""


class Alertmanager:
    """The matcher of `alertmanager/match.go`, running."""

    def __init__(
        self, program: Path, folder: Path, work: Sequence[Route], told: Sequence[Said]
    ) -> None:
        asked = [{"kind": route.kinds, **route.labels} for route in work]
        labels = [{name: each[name] for name in ("kind", *LABELS)} for each in told]
        file = folder / f"{len(work)}.json"
        file.write_text(json.dumps({"Routes": _plain(asked), "Events": _plain(labels)}))
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._ask(str(file))

    def decide(self, start: int, end: int) -> tuple[float, list[int]]:
        answer = self._ask(json.dumps({"From": start, "To": end}))
        return answer["seconds"], answer["found"]

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, question: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _plain(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """A label's name has no dot."""
    return [{name.replace(".", "_"): value for name, value in row.items()} for row in rows]


def _built(folder: Path) -> Path | None:
    """The program that runs Alertmanager's matching, or None where it cannot be built."""
    go = shutil.which("go")
    if go is None or not (GOPATH / "src/github.com/prometheus/alertmanager").exists():
        return None
    program = folder / "match"
    settings = {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOCACHE": str(folder / "cache")}
    subprocess.run([go, "build", "-o", program, SOURCE], check=True, env=os.environ | settings)
    return program


def _remit(work: Sequence[Route], events: Sequence[Event], warm: Sequence[Event]) -> Decide:
    router = Router(playbook_of(work))
    for event in warm:  # the tables of a kind are made when its first event comes
        router.decide(event)

    def decide(start: int, end: int) -> tuple[float, list[int]]:
        part = events[start:end]
        began = time.perf_counter()
        made = [router.decide(event) for event in part]
        return time.perf_counter() - began, list(map(_number, made))

    return decide


def _number(decision: Decision) -> int:
    return -1 if decision.rule == OTHERWISE else int(decision.rule[1:])


def _bare(work: Sequence[Route], told: Sequence[Said]) -> Decide:
    decide_one = Bare(work).decide

    def decide(start: int, end: int) -> tuple[float, list[int]]:
        part = told[start:end]
        began = time.perf_counter()
        found = [decide_one(each) for each in part]
        return time.perf_counter() - began, found

    return decide


def _zen(work: Sequence[Route], told: Sequence[Said]) -> Decide | None:
    try:
        import zen
    except ImportError:
        return None
    content = zen.ZenDecisionContent(json.dumps(zen_content(work)))
    engine = zen.ZenEngine({"loader": lambda _: content})
    asked = [zen_event(each) for each in told]

    def decide(start: int, end: int) -> tuple[float, list[int]]:
        part = asked[start:end]
        began = time.perf_counter()
        found = [engine.evaluate("routes", each)["result"] for each in part]
        took = time.perf_counter() - began
        return took, [each["route"] if each and "route" in each else -1 for each in found]

    return decide


def _alternate(sides: dict[str, Decide], events: int, rounds: int) -> dict[str, list[float]]:
    """Seconds an event by side and round. Raises AssertionError where two sides decide apart."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    step = events // (rounds + 1)
    for number in range(rounds + 1):
        answers: dict[str, list[int]] = {}
        for name, decide in sides.items():
            seconds, answers[name] = decide(number * step, (number + 1) * step)
            if number:  # the first round warms up
                took[name].append(seconds / step)
        for name, found in answers.items():
            assert found == answers["remit"], f"{name} decides otherwise than Remit"
    return took


def _figures(what: str, took: dict[str, list[float]]) -> list[Figure]:
    mine = took.pop("remit")
    rate = 1 / median(mine)
    figures = [Figure(what, rate, "decisions/s")]
    for name, theirs in took.items():
        ratio = median(their / my for my, their in zip(mine, theirs, strict=True))
        figures.append(Figure(f"{what}, beside {name}", rate, "decisions/s", rate / ratio))
    return figures


def _compare(
    size: int, events: int, rounds: int, program: Path | None, folder: Path
) -> list[Figure]:
    told = said(events, seed=size)
    real = [event_of(each, number) for number, each in enumerate(told)]
    warm = [event_of(each, number) for number, each in enumerate(said(WARM, seed=0))]
    mixed = routes(size, numbers=True)
    sides = {"remit": _remit(mixed, real, warm), "bare bitmaps": _bare(mixed, told)}
    zen = _zen(mixed, told)
    if zen is not None:
        sides["zen-engine"] = zen
    figures = _figures(f"{size} rules", _alternate(sides, events, rounds))
    if program is not None:
        labels = routes(size, numbers=False)
        peer = Alertmanager(program, folder, labels, told)
        sides = {"remit": _remit(labels, real, warm), "Alertmanager": peer.decide}
        few = min(events, 20_000_000 // size)  # it walks all routes: a few seconds are enough
        figures += _figures(f"{size} rules of labels", _alternate(sides, few, rounds))
        peer.close()
    return figures


def _with_texts(events: int, rounds: int) -> list[Figure]:
    router = Router(load_playbook(BRAND))
    real = [Event.model_validate_json(each) for each in event_lines(events)]
    step = events // (rounds + 1)
    took: list[float] = []
    for number in range(rounds + 1):
        part = real[number * step : (number + 1) * step]
        began = time.perf_counter()
        for event in part:
            router.decide(event)
        took.append((time.perf_counter() - began) / step)
    return [Figure("the sample brand's rules, with texts", 1 / median(took[1:]), "decisions/s")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--sizes", default="10,100,1000,10000")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        program = _built(folder)
        if program is None:
            progress("Alertmanager is left out: its Debian packages are not installed")
        sizes = tuple(map(int, asked.sizes.split(",")))
        for size in sizes:
            progress(f"{size} rules")
            figures += _compare(size, asked.events, asked.rounds, program, folder)
    rates = {each.what: each.figure for each in figures}
    least, most = (f"{size} rules" for size in (min(sizes), max(sizes)))
    slower = rates[least] / rates[most]
    figures.append(Figure(f"slower with {most} than with {least}", slower, "times"))
    figures += _with_texts(asked.events, asked.rounds)
    show(figures, as_json=asked.json)


if __name__ == "__main__":
    main()
