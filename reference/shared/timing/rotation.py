"""Measure several functions in turns: each round starts with the next one, and a slow moment affects all of them.

Timed one after the other, the last function would run on a warmer or busier machine than the first. And a function
that always runs first would always find the caches of the last one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

Sample = TypeVar("Sample")


def in_rotation(
    measure: Mapping[str, Callable[[], Sample]], rounds: Iterable[object]
) -> dict[str, list[Sample]]:
    """Call every function once in each of `rounds`; each round starts with the next function.

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
    """Yields 0, 1, 2, ... until `seconds` have passed since the first one, and at least `least` numbers."""
    end, turn = time.perf_counter() + seconds, 0
    while turn < least or time.perf_counter() < end:
        yield turn
        turn += 1
