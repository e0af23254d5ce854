"""Events a second that `remit replay` decides and counts, beside only parsing the same lines.

    python -m benchmarks.replay [--events 1000000] [--rounds 3] [--json]

The file has invented events (see `_talk.py`). Each round runs, one after the other, each in a process
of its own on one core: parsing every line into `Event` and nothing else; the whole command through the
sample playbook, from its start to its end; the same through a playbook of 1,000 rules. Seconds are those
of that core. The figure is the median round's. Peak memory is that of the command at a tenth of the
events and at all of them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks._many_rules import write_many_rules
from benchmarks._print import Figure, progress, show
from benchmarks._talk import event_lines

ROOT = Path(__file__).resolve().parents[1]
BRAND = ROOT / "playbooks" / "kopi"
RULES = 1000
_PARSE = """
import sys, time
from remit.model import Event
began = time.process_time()
parse = Event.model_validate_json
with open(sys.argv[1], "rb") as file:
    for line in file:
        parse(line)
print(time.process_time() - began)
"""


@dataclass(frozen=True)
class Run:
    """What a child took, by the clock of its core: what else the machine does is left out."""

    seconds: float
    megabytes: float
    """At its peak."""
    said: str


def run(words: Sequence[str | Path]) -> Run:
    """Run Python with these words on one core."""
    core = min(os.sched_getaffinity(0))
    child = subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509 - this process has one thread
    )
    assert child.stdout is not None
    with child.stdout as out:
        said = out.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = usage.ru_utime + usage.ru_stime
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} ended with {child.returncode}")
    return Run(seconds, usage.ru_maxrss / 1024, said)


def replay(playbook: Path, events: Path) -> Run:
    return run(["-m", "remit", "replay", playbook, events, "--format", "json"])


def write_events(path: Path, count: int) -> Path:
    with path.open("wb") as file:
        file.writelines(event_lines(count))
    return path


def measure(count: int, rounds: int, folder: Path) -> list[Figure]:
    progress(f"writing {count:,} events and {RULES:,} rules")
    events = write_events(folder / "events.jsonl", count)
    some = write_events(folder / "some.jsonl", count // 10)
    many = write_many_rules(BRAND, folder / "many", RULES)
    parsed, sample, thousand = [], [], []
    for number in range(rounds):
        parsed.append(float(run(["-c", _PARSE, events]).said))
        sample.append(replay(BRAND, events))
        thousand.append(replay(many, events))
        progress(
            f"round {number + 1} of {rounds}: parse {parsed[-1]:.1f} s, "
            f"sample {sample[-1].seconds:.1f} s, {RULES:,} rules {thousand[-1].seconds:.1f} s"
        )
    parse = count / median(parsed)
    by_sample = count / median(each.seconds for each in sample)
    by_many = count / median(each.seconds for each in thousand)
    few = replay(BRAND, some)
    return [
        Figure("replay, sample playbook, beside only parsing", by_sample, "events/s", parse),
        Figure(f"replay, {RULES:,} rules, beside the sample", by_many, "events/s", by_sample),
        Figure(
            f"peak memory at {count:,} events, beside {count // 10:,}",
            max(each.megabytes for each in sample),
            "MB",
            few.megabytes,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        show(measure(given.events, given.rounds, Path(folder)), as_json=given.json)


if __name__ == "__main__":
    main()
