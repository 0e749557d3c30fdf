"""Task 00.9: the numbers of a machine, measured. The judge's clock and a profiler look on."""

from __future__ import annotations

import numpy as np
import pytest
from clocks import expect_measured, watch
from forms import call

from autograder.judge.checking import Array, expect_equal, fail

COUNT = 300  # repetitions under the profiler


def walk(after):
    """The places in the order in which a walk from place 0 meets them, until it is back."""
    places, here = [0], int(after[0])
    while here != 0 and len(places) <= len(after):
        places.append(here)
        here = int(after[here])
    return places


def cycle(student, n, seed):
    """The student's cycle, of which the form is already known to be right."""
    after = call(student, "cycle", n, seed, gives=Array(np.int64, n))
    hint = "An int64 array of n places, in which each of 0 ... n-1 stands once."
    expect_equal(np.sort(after), np.arange(n), call=student.describe("cycle", n, seed), hint=hint)
    return after


@pytest.mark.task("00.9")
def test_cycle_visits_every_place(student, rng):
    for n in (1, 2, 3, 10, 11, 12, 1000):
        seed = int(rng.integers(2**31))
        places = walk(cycle(student, n, seed))
        if len(places) != n:
            fail(
                "the walk from place 0 comes back too early",
                got=f"back after {len(places)} steps",
                expected=f"back after all {n} places",
                hint="A shuffled array falls into several cycles. Sattolo's exchange keeps one: each place swaps with "
                "one before it, never with itself.",
            )


@pytest.mark.task("00.9")
def test_cycle_is_random(student, rng):
    first = int(rng.integers(2**31))
    found = [cycle(student, 4, first + i).tolist() for i in range(120)]
    kinds = {tuple(walk(after)) for after in found}
    if len(kinds) != 6:  # an honest draw misses one of six once in half a billion runs
        fail(
            "not every cycle turns up",
            got=f"{len(kinds)} different cycles of 4 places in 120 seeds",
            expected="all 6",
            hint="Every cycle should be as likely as any other, or the processor learns to foresee the walk.",
        )
    hint = "np.random.default_rng(seed): the same seed gives the same cycle."
    expect_equal(cycle(student, 4, first).tolist(), found[0], hint=hint)


@pytest.mark.task("00.9")
def test_chase(student, rng):
    order = rng.permutation(50)
    after = np.empty(50, np.int64)
    after[order] = np.roll(order, -1)
    for steps in (0, 1, 2, 3, *(int(x) for x in rng.integers(51, 99, 2))):
        place = 0
        for _ in range(steps):
            place = int(after[place])
        hint = "Begin at place 0, and go from i to next[i], as many times as there are steps."
        expect_equal(call(student, "sheet.py:chase", after, steps), place, hint=hint)


@pytest.mark.task("00.9")
def test_call_seconds(student):
    expect_measured(
        student, "call_seconds", 200_000, each=True, hint="The seconds of one call: all of them over count."
    )
    calls = watch(student, "call_seconds", COUNT).python
    if not COUNT <= calls <= 2 * COUNT:
        fail(
            "call_seconds makes another number of calls",
            call=f"call_seconds({COUNT})",
            got=f"{calls} calls of Python functions",
            expected=f"{COUNT} calls of a function that does nothing, and a few others",
            hint="Call a function of your own that does nothing, count times, and nothing else in the loop.",
        )


@pytest.mark.task("00.9")
def test_syscall_seconds(student):
    expect_measured(
        student,
        "syscall_seconds",
        100_000,
        each=True,
        hint="The seconds of one call: all of them over count.",
    )
    calls = watch(student, "syscall_seconds", COUNT).getppid
    if not COUNT <= calls <= 2 * COUNT:
        fail(
            "syscall_seconds makes another number of calls of os.getppid",
            call=f"syscall_seconds({COUNT})",
            got=f"{calls} calls of os.getppid",
            expected=f"{COUNT} calls of os.getppid",
            hint="Call os.getppid in the loop, and nothing else: time.time, for one, is answered without the kernel.",
        )


def check_trips(student, function):
    """The figure fits, and every byte waits for the one before; what was seen."""
    hint = "The seconds of all round trips together; a first one makes sure that the other end is there."
    expect_measured(student, function, 2000, each=False, hint=hint)
    seen = watch(student, function, COUNT)
    if seen.trips < COUNT:
        fail(
            f"{function} makes another number of round trips",
            call=f"{function}({COUNT})",
            got=f"{seen.trips} times a byte was sent and then one received",
            expected=f"at least {COUNT}",
            hint="A round trip ends when the byte is back: send one, receive one, and only then send the next.",
        )
    return seen


@pytest.mark.task("00.9")
def test_echo_pipe(student):
    if check_trips(student, "_echo_pipe").pipes == 0:
        fail(
            "_echo_pipe makes no pipe",
            call=f"_echo_pipe({COUNT})",
            got="no call of os.pipe",
            expected="two pipes",
            hint="One there, one back.",
        )


@pytest.mark.task("00.9")
def test_echo_loopback(student):
    connections = check_trips(student, "_echo_loopback").connections
    if not 1 <= connections < COUNT:
        fail(
            "not one connection for all round trips",
            call=f"_echo_loopback({COUNT})",
            got=f"{connections} connections for {COUNT} round trips",
            expected="one",
            hint="Connect once, before the clock starts: to connect takes a round trip of its own.",
        )


@pytest.mark.hidden
@pytest.mark.task("00.9")
def test_nothing_stays_behind(student):
    for function in ("_echo_pipe", "_echo_loopback"):
        hint = "The seconds of all round trips together."
        expect_measured(student, function, 2000, each=False, hint=hint)
        threads, files = student.probe("left_behind", function, 10, 5, gives=(int, int))
        if threads > 0 or files > 0:
            fail(
                f"{function} leaves something behind",
                call=f"{function}(10), five times",
                got=f"{threads} more threads and {files} more open files",
                expected="none",
                hint="Close what you opened, each end, and join the thread, in a `finally`.",
            )
