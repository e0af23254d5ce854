"""Seconds that all findings take for made-up playbooks of growing length, beside z3.

    python -m benchmarks.proof [--rules 100 1000 10000] [--z3 100 1000] [--json]

Two sorts of playbooks: rules that hardly overlap, and rules that overlap at random, where nearly
every rule takes events that rules of other owners would have next. Loading reads the YAML, compiling
makes a Router of it, proving is everything that `remit check` finds. z3 is asked the same: which rules
no event reaches, whether anything falls through, and for every two rules of different owners whether
the one takes events that the other would have next; its answers must be the same.
"""

from __future__ import annotations

import argparse
import gc
import resource
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from benchmarks._print import Figure, progress, show
from benchmarks._rules import SHAPES, playbook
from remit.check import Given, Study, prove
from remit.decide import Router
from remit.model import Finding, Playbook
from remit.playbook import load_playbook, make_bundle

GIVEN = Given(since=date(2027, 1, 1))
Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds, and what came of it."""
    gc.collect()
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def measure(shape: str, count: int, peers: Sequence[int]) -> list[Figure]:
    """The figures of one playbook. `peers`: up to so many rules z3 is asked everything, and which
    rules no event reaches."""
    name = f"{count:,} {shape} rules"
    bundle = make_bundle({"playbook.yaml": playbook(shape, count).encode()})
    loading, book = timed(lambda: load_playbook(bundle))
    compiling, _ = timed(lambda: Router(book))
    reaching, _ = timed(lambda: reached(Study(book, GIVEN)))
    study = Study(book, GIVEN)
    proving, found = timed(lambda: prove(study))
    boundaries = [one for one in found if one.code == "PB011"]
    meeting = sum(len(one.others) for one in boundaries)
    undecided = sum(one.message.startswith("undecided") for one in found)
    pairs = touching(study)
    progress(
        f"{name}: {pairs:,} pairs of other owners touch, {meeting:,} of them meet; "
        f"{sum(one.code == 'PB012' for one in found)} dead; {undecided} undecided"
    )
    everything, reach = asked_of_z3(book, found, count <= peers[0], count <= peers[1])
    return [
        Figure(f"{name}: loading and compiling", round(loading + compiling, 3), "s"),
        Figure(f"{name}: dead rules and gaps", round(reaching, 3), "s", reach),
        Figure(f"{name}: all findings", round(proving, 3), "s", everything),
        Figure(f"{name}: pairs that meet", float(meeting), "pairs"),
    ]


def touching(study: Study) -> int:
    """Pairs of rules of different owners that some field values, but for the text, belong to both."""
    reach, rules = study.reach, study.playbook.rules
    owned: dict[str, int] = {}
    for number, rule in enumerate(rules):
        owned[rule.outcome.owner] = owned.get(rule.outcome.owner, 0) | reach.own[number]
    found = 0
    for number, rule in enumerate(rules):
        others = reach.above[-1] & ~(reach.above[number + 1] | owned[rule.outcome.owner])
        for box in reach.boxes[number]:
            found += (study.search.touching(box.mask) & others).bit_count()
    return found


def reached(study: Study) -> None:
    """Which rules some event reaches, and whether anything falls through."""
    _ = study.reach.answers, study.reach.gap


def asked_of_z3(
    book: Playbook, found: Sequence[Finding], everything: bool, reach: bool
) -> tuple[float | None, float | None]:
    """Seconds that z3 takes for the same questions, which it must answer alike."""
    if not reach:
        return None, None
    from benchmarks._z3 import Asked

    asked = Asked(book)
    took, (dead, gap) = timed(lambda: (asked.dead(), asked.gap()))
    assert dead == {one.rule for one in found if one.code == "PB012"}
    assert gap == any(one.code == "PB010" for one in found)
    progress(f"z3 finds the same dead rules and gaps in {took:.1f} s")
    if not everything:
        return None, round(took, 3)
    longer, meeting = timed(asked.meeting)
    assert meeting == {
        (one.rule, other) for one in found if one.code == "PB011" for other in one.others
    }
    progress(f"z3 finds the same boundaries in {longer:.1f} s")
    return round(took + longer, 3), round(took, 3)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proof", description=__doc__)
    parser.add_argument("--rules", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument(
        "--z3",
        type=int,
        nargs=2,
        default=[100, 1_000],
        help="ask z3 everything up to so many rules, and for dead rules and gaps up to so many",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    given = parser.parse_args()
    figures: list[Figure] = []
    for shape in SHAPES:
        for count in given.rules:
            figures += measure(shape, count, given.z3)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures.append(Figure("memory at most", round(most, 1), "MB"))
    show(figures, as_json=given.json)


if __name__ == "__main__":
    main()
