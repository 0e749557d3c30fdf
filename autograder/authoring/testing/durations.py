"""Recorded durations of the tests, and an even split of the tests by duration.

The file has one line for each group: a test of one second or more is its own group, and the shorter tests of a file
are one group. `./mlsys test --fast` leaves out the former. `./mlsys test --all --record` writes the file again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.core.files import write_atomic

PLACE = "autograder/tests/durations.json"
LONG = 1.0  # seconds
UNKNOWN = 0.2  # seconds, of a test in a file that was never recorded


def read(root: Path) -> dict[str, float]:
    """Group -> seconds; {} if nothing was recorded."""
    try:
        return json.loads((root / PLACE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def group(test: str, known: Mapping[str, float], *, alone: bool = False) -> str:
    """The group of a test: its own id if that was recorded, else its file."""
    return test if test in known else test.partition("::")[0] + (" (alone)" if alone else "")


def record(root: Path, took: Mapping[str, float], alone: Iterable[str], *, afresh: bool) -> None:
    """Write the seconds of these tests. afresh: remove all others; otherwise only tests that no longer exist."""
    kept = (
        {} if afresh else {name: each for name, each in read(root).items() if (root / file_of(name)).exists()}
    )
    apart, new = set(alone), defaultdict[str, float](float)
    long = {test: seconds for test, seconds in took.items() if seconds >= LONG or test in kept}
    for test, seconds in took.items():
        new[group(test, long, alone=test in apart)] += seconds
    found = {name: round(seconds, 1) for name, seconds in sorted({**kept, **new}.items())}
    write_atomic(root / PLACE, json.dumps(found, indent=0, ensure_ascii=False) + "\n")


def file_of(name: str) -> str:
    return name.partition("::")[0].removesuffix(" (alone)")


def split(costs: Mapping[str, float], shards: int) -> list[set[str]]:
    """Split the groups into sets of about the same cost: each group, the longest first, goes to the shortest set.

    Source: Graham 1969, "Bounds on multiprocessing timing anomalies": at most 4/3 of the best possible.
    """
    loads, sets = [0.0] * shards, [set[str]() for _ in range(shards)]
    for name in sorted(costs, key=lambda name: (-costs[name], name)):
        least = loads.index(min(loads))
        loads[least] += costs[name]
        sets[least].add(name)
    return sets


def costs_of(tests: Iterable[str], known: Mapping[str, float], *, alone: bool = False) -> dict[str, float]:
    """The groups of these tests, with the cost of each."""
    found = defaultdict[str, float](float)
    for test in tests:
        name = group(test, known, alone=alone)
        found[name] = known[name] if name in known else found[name] + UNKNOWN
    return dict(found)
