"""The sentences of the shared corpus as events of one year, to replay through a playbook.

    python -m benchmarks.corpus_events [--corpus dev.jsonl.gz] [--seed 1] > events.jsonl
    remit replay playbooks/kopi events.jsonl --format html > replay.html

The texts and their languages are the corpus's; kinds, times, threads and authors are invented, the
same for the same seed. What is written stays out of the repository: each text has its own licence.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks._talk import invented_author, times, weighted

NAME = Path("corpus") / "dev.jsonl.gz"
_KINDS = (
    ("conversation.comment", 55),
    ("conversation.mention", 22),
    ("conversation.message", 12),
    ("conversation.review", 11),
)
_UNDER = (("organic", 60), ("campaign", 28), ("ad", 12))
_LANGUAGES = frozenset({"id", "en"})


def corpus() -> Path:
    """Where the corpus lies: in $REMIT_SHARED, or beside the project."""
    shared = os.environ.get("REMIT_SHARED")
    return (Path(shared) if shared else Path(__file__).resolve().parents[2] / "shared") / NAME


def corpus_events(path: Path, seed: int = 1) -> Iterator[dict[str, object]]:
    """One event for each sentence, in an order of their own, over a year."""
    with gzip.open(path) as file:
        sentences = [orjson.loads(line) for line in file]
    chance = random.Random(seed)
    chance.shuffle(sentences)
    for at, said in zip(times(len(sentences), seed), sentences, strict=True):
        kind = weighted(chance, _KINDS)
        event: dict[str, object] = {
            "id": said["id"],
            "kind": kind,
            "platform": "sandbox",
            "channel": "toko",
            "time": at.isoformat(),
            "text": said["text"],
            "thread": f"t-{said['id']}",
            "author": invented_author(chance),
        }
        if said["lang"] in _LANGUAGES:
            event["language"] = said["lang"]
        if kind == "conversation.comment":
            event["under"] = weighted(chance, _UNDER)
        yield event


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus_events", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=corpus(), help="found by itself")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if not given.corpus.is_file():
        sys.exit(f"there is no corpus at {given.corpus}; set REMIT_SHARED, or name it by --corpus")
    for event in corpus_events(given.corpus, given.seed):
        sys.stdout.buffer.write(orjson.dumps(event) + b"\n")


if __name__ == "__main__":
    main()
