"""A small team of threads that share the pieces of one matmul.

A helper waits inside compiled code, without the interpreter's lock, and spins on one word for a while
after each job: a product of 256 x 256 matrices takes a tenth of a millisecond, and waking a sleeping thread
takes about as long. After `SPINS` turns it goes to sleep. The caller never waits for a helper to arrive: it
takes pieces itself until none is left, and takes the job back from helpers that did not start. So
nothing can hang, however busy the machine is, and a helper that is late only costs its share.

Each thread keeps its panels (at most one block of B that fits L2, and of A when it is packed) for next time.
"""

from __future__ import annotations

import os
import queue
import threading
from functools import cache

import numpy as np
from numba import njit, types

from reference.matmul_cpu.addresses import exchange_if, pause, put_word, word_at
from reference.matmul_cpu.work import JOB_WORDS, work

SPINS = 4000  # turns of the waiting loop, about 0.2 ms
IDLE, POSTED, RUNNING = 0, 1, 2
STATE, PANELS, JOB = 0, 1, 2  # words of a mailbox; the job follows
ALIGNMENT = 4096


@njit(nogil=True, cache=True)
def _serve(mailbox, spins):
    """Do the jobs that come into the mailbox until none has come for `spins` turns."""
    state = mailbox.ctypes.data + 8 * STATE
    waited = 0
    while waited < spins:
        if word_at(state) == POSTED and exchange_if(state, POSTED, RUNNING):
            work(mailbox[JOB:], mailbox[PANELS])
            put_word(state, IDLE)
            waited = 0
        waited += 1
        pause()


@njit(nogil=True, cache=True)
def _retire(mailbox):
    """Take the job back if the helper has not started, else wait until it is done."""
    state = mailbox.ctypes.data + 8 * STATE
    if exchange_if(state, POSTED, IDLE):
        return
    while word_at(state) != IDLE:
        pause()


@cache
def serving():
    """The compiled `_serve`, without numba's dispatch on types before every call."""
    return _serve.compile((types.Array(types.int64, 1, "C"), types.int64))


class Seat:
    """A mailbox and the panels of the thread that serves it."""

    def __init__(self) -> None:
        self.mailbox = np.zeros(JOB + JOB_WORDS, np.int64)
        self.panels = np.empty(0, np.uint8)

    def post(self, job: np.ndarray, panel_bytes: int) -> None:
        if self.panels.size < panel_bytes + ALIGNMENT:
            self.panels = np.empty(panel_bytes + ALIGNMENT, np.uint8)
        start = self.panels.ctypes.data
        self.mailbox[PANELS] = start + -start % ALIGNMENT
        self.mailbox[JOB:] = job
        self.mailbox[STATE] = POSTED


class Helper(Seat):
    """A seat with a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = False
        self.bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        threading.Thread(target=self._live, name="matmul helper", daemon=True).start()

    def post(self, job: np.ndarray, panel_bytes: int) -> None:
        super().post(job, panel_bytes)
        if self.asleep:
            self.asleep = False
            self.bell.put(None)

    def _live(self) -> None:
        serve = serving()
        while True:
            serve(self.mailbox, SPINS)
            self.asleep = True
            if self.mailbox[STATE] == POSTED:  # it came just now
                self.asleep = False
            else:
                self.bell.get()


class Team:
    """The threads of this process. Several callers may share them: who comes late finds fewer helpers."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seats: list[Seat] = []
        self.helpers: list[Helper] = []
        self.hired = 0

    def run(self, job: np.ndarray, panel_bytes: int, threads: int) -> None:
        """Do the job on at most `threads` threads, the caller's among them."""
        serve = serving()
        with self.lock:
            seat = self.seats.pop() if self.seats else Seat()
            helpers = []
            while len(helpers) < threads - 1 and (self.helpers or self.hired < usable_cores() - 1):
                if not self.helpers:
                    self.hired += 1
                    self.helpers.append(Helper())
                helpers.append(self.helpers.pop())
        try:
            for helper in helpers:
                helper.post(job, panel_bytes)
            seat.post(job, panel_bytes)
            serve(seat.mailbox, 1)
        finally:
            for helper in helpers:
                _retire(helper.mailbox)
            with self.lock:
                self.seats.append(seat)
                self.helpers.extend(helpers)


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_team = Team()


def team() -> Team:
    return _team


def _start_anew() -> None:
    global _team
    _team = Team()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)  # threads do not survive a fork
