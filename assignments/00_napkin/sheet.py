"""Task 00.9: latencies of small things on this machine: a sheet of numbers.

A function call, a read from each level of the memory, a system call, and a message of
one byte to a thread and back. A latency is the time until the next thing can start, in
seconds.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import repeat

import numpy as np
from numba import njit

from checks import checked, count, text, whole

LINE_WORDS = 8  # int64 numbers in a cache line of 64 bytes
RUNS = 5
LEAST_STEPS = 200_000
SMALLEST_MEMORY, LARGEST_MEMORY = 64 * 2**20, 256 * 2**20  # bytes to wander through, to miss every cache


@checked(n=count, seed=whole)
def cycle(n: int, seed: int) -> np.ndarray:
    """A random permutation of 0 .. n-1 that is one cycle: an int64 array `after`.

    Its shape is (n,). A walk that starts anywhere and goes from i to after[i] visits
    every place once before it returns. An ordinary random permutation has several
    cycles, and some are short enough to stay in a cache. The same seed gives the same
    array, and all (n - 1)! cycles are equally likely.

    Cost: linear in n. Source of the classical algorithm, in place by exchanges: S.
    Sattolo, Information Processing Letters 22 (1986).
    Raises TypeError for values that are not whole numbers; ValueError for n below 1 or
    a negative seed.
    """
    raise NotImplementedError(
        "00.9 cycle: A random permutation of 0 .. n-1 that is one cycle: an int64 array `after`."
    )


@checked(steps=whole)
def chase(next: np.ndarray, steps: int) -> int:
    """The place after `steps` steps from place 0, each from i to next[i].

    next: 1-D int64, at least one place, each of its numbers a place. A step cannot
    start before the one before it has come back from memory, so seconds / steps is the
    latency of one read.

    Raises TypeError for another kind of array or steps that are not a whole number;
    ValueError for an empty array, a number in it that is not a place, or negative
    steps.
    """
    if not isinstance(next, np.ndarray) or next.dtype != np.int64 or next.ndim != 1:
        got = f"{next.dtype} of shape {next.shape}" if isinstance(next, np.ndarray) else type(next).__name__
        raise TypeError(f"chase: expected next to be a 1-D array of int64, got {got}")
    if not len(next):
        raise ValueError("chase: expected at least one place, got an empty array")
    if next.min() < 0 or next.max() >= len(next):
        raise ValueError(
            f"chase: expected places from 0 to {len(next) - 1}, got {next.min()} to {next.max()}"
        )
    return int(_chase(next, steps))


@njit
def _chase(next, steps):
    """The loop of `chase`, compiled: in Python the interpreter would take longer."""
    raise NotImplementedError(
        "00.9 cycle (_chase): The loop of `chase`, compiled: in Python the interpreter would take longer."
    )


@checked(count=count)
def call_seconds(count: int) -> float:
    """Seconds of one call of an empty Python function: the mean of `count` calls.

    The loop around the calls is part of the result, so it should do as little as
    possible.

    Raises TypeError for a count that is not a whole number, ValueError for one below 1.
    """
    raise NotImplementedError(
        "00.9 cycle (call_seconds): Seconds of one call of an empty Python function: the mean of `count` "
        "calls."
    )


@checked(count=count)
def syscall_seconds(count: int) -> float:
    """Seconds of one system call, from Python: the mean of `count` calls.

    The call is `os.getppid`. It asks the kernel for one number that it has ready, so
    nearly all the time is the way there and back.

    Raises TypeError for a count that is not a whole number, ValueError for one below 1.
    """
    raise NotImplementedError(
        "00.9 cycle (syscall_seconds): Seconds of one system call, from Python: the mean of `count` calls."
    )


@checked(kind=text, count=count)
def round_trips(kind: str, count: int) -> float:
    """Seconds of one round trip of one byte to a thread and back: the mean of `count`.

    kind: "pipe", for two pipes of the operating system; "loopback", for a TCP
    connection of this machine with itself.

    Raises TypeError for a kind that is not a string or a count that is not a whole
    number; ValueError for another kind or a count below 1.
    """
    ways = {"pipe": _echo_pipe, "loopback": _echo_loopback}
    if kind not in ways:
        raise ValueError(f"round_trips: expected kind to be one of {', '.join(ways)}, got {kind!r}")
    return ways[kind](count) / count


def _echo(receive: Callable[[], bytes], send: Callable[[bytes], object]) -> None:
    """The other end: send back every byte that arrives, until no more can arrive."""
    while byte := receive():
        send(byte)


def _echo_pipe(count: int) -> float:
    """Seconds of `count` round trips together, through two pipes: one there, one back.

    A thread runs `_echo` at the other end. One round trip before the timed ones makes
    sure that the thread is ready.
    Leave nothing behind: when the function returns, the thread has ended and all four
    ends of the pipes are closed.
    """
    raise NotImplementedError(
        "00.9 cycle (_echo_pipe): Seconds of `count` round trips together, through two pipes: one there, one "
        "back."
    )


def _echo_loopback(count: int) -> float:
    """Seconds of `count` round trips together, through one TCP connection to 127.0.0.1.

    A thread runs `_echo` at the other end. Both ends set TCP_NODELAY: without it the
    system may hold a small message back and send it with the next one. One round trip
    before the timed ones makes sure that the other end is ready.
    Leave nothing behind: when the function returns, the thread has ended and all
    sockets are closed.
    """
    raise NotImplementedError(
        "00.9 cycle (_echo_loopback): Seconds of `count` round trips together, through one TCP connection to "
        "127.0.0.1."
    )


def sheet() -> dict[str, float]:
    """Name -> seconds, fastest first, measured with the functions above.

    Each is the best of five runs, because other programs only make a run slower. A
    cache level whose size the system does not report is left out. Takes about five
    seconds.
    """
    found = {name: load_seconds(size) for name, size in working_sets().items()}
    found["function call"] = _best(lambda: call_seconds(100_000))
    found["system call"] = _best(lambda: syscall_seconds(100_000))
    found["pipe round trip"] = _best(lambda: round_trips("pipe", 1000))
    found["loopback round trip"] = _best(lambda: round_trips("loopback", 1000))
    return dict(sorted(found.items(), key=lambda item: item[1]))


def working_sets() -> dict[str, int]:
    """Level of the memory -> bytes that fit into it and not into the one before."""
    from reference.shared.machine import machine  # imported late: only a lab needs it

    here = machine()
    found = {f"{name} cache": size // 2 for name, size in here.caches.items()}
    if here.l2 and here.l3:  # most of an L3 is for the other cores, and for other guests of the same host
        found["L3 cache"] = min(4 * here.l2, here.l3 // 2)
    return {**found, "memory": min(max(4 * here.l3, SMALLEST_MEMORY), LARGEST_MEMORY)}


def load_seconds(nbytes: int) -> float:
    """Seconds of one read in a random walk through `nbytes` bytes.

    Each step goes to another cache line. Raises ValueError for less than one line.
    """
    lines = nbytes // (8 * LINE_WORDS)
    if lines < 1:
        raise ValueError(f"load_seconds: expected at least {8 * LINE_WORDS} bytes, got {nbytes}")
    places = np.zeros(lines * LINE_WORDS, np.int64)
    places[::LINE_WORDS] = LINE_WORDS * cycle(lines, 0)
    steps = max(lines, LEAST_STEPS)

    def walk() -> float:
        start = time.perf_counter()
        _chase(places, steps)
        return (time.perf_counter() - start) / steps

    walk()  # compiles, and fills the caches
    return _best(walk)


def _best(measure: Callable[[], float]) -> float:
    return min(measure() for _ in range(RUNS))
