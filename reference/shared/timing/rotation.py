"""Measure several things in turns: each round starts one further on, and a slow spell of the machine hits all of them.

Timed one after the other, the last function would meet another machine than the first: a warmer one, or a busier one.
And a function that always ran first would always find the caches that the last one left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

Sample = TypeVar("Sample")


def in_rotation(
    measure: Mapping[str, Callable[[], Sample]], rounds: Iterable[object]
) -> dict[str, list[Sample]]:
    """Call every function once in each of `rounds`, each round starting one function further on.

    measure: name -> a function that measures once, and returns seconds or any other sample. rounds: `range(7)`, or
    `rounds_within(seconds)`. Returns name -> its samples in the order of the rounds.
    """
    names = list(measure)
    samples: dict[str, list[Sample]] = {name: [] for name in names}
    for turn, _ in enumerate(rounds):
        for place in range(len(names)):
            name = names[(turn + place) % len(names)]
            samples[name].append(measure[name]())
    return samples


def rounds_within(seconds: float, *, least: int) -> Iterator[int]:
    """0, 1, 2, ... for as long as `seconds` have not passed since the first one, and at least `least` of them."""
    end, turn = time.perf_counter() + seconds, 0
    while turn < least or time.perf_counter() < end:
        yield turn
        turn += 1
