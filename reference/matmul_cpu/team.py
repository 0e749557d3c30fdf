"""A small team of threads that share the pieces of one matmul.

A helper waits inside compiled code, without the interpreter's lock, and spins on one word for a while
after each job: a product of 256 x 256 matrices takes a tenth of a millisecond, and waking a sleeping thread
takes about as long. After `SPINS` turns it goes to sleep. The caller never waits for a helper to arrive: it
takes pieces itself until none is left, and takes the job back from helpers that did not start. So
nothing can hang, however busy the machine is, and a helper that is late only costs its share.

Each thread keeps its panels (at most one block of B that fits L2, and of A when it is packed) for next time.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import threading
from functools import cache

import numpy as np
from numba import njit, types

from reference.matmul_cpu.addresses import exchange_if, pause, put_word, word_at
from reference.matmul_cpu.vectors import source_build
from reference.matmul_cpu.work import JOB_WORDS, NEXT, OPERANDS, work
from reference.shared.machine import usable_cores

SPINS = 4000  # turns of the waiting loop, about 0.2 ms
IDLE, POSTED, RUNNING = 0, 1, 2
STATE, PANELS, JOB = 0, 1, 2  # words of a mailbox; the job follows
ALIGNMENT = 4096


@cache
def compiled_loops() -> tuple:
    """Two compiled functions, called without numba's dispatch on types: `serve(mailbox, spins)`, `retire(mailbox)`."""
    # numba's cache on disk looks at this file alone; what is called from here is in other files, and their
    # hash is in the key because the functions refer to it.
    build = int(source_build("addresses.py", "packing.py", "work.py"), 16)

    @njit(nogil=True, cache=True)
    def serve(mailbox, spins):
        """Do the jobs that come into the mailbox until none has come for `spins` turns."""
        state, waited = mailbox.ctypes.data + 8 * STATE, build * 0
        while waited < spins:
            if word_at(state) == POSTED and exchange_if(state, POSTED, RUNNING):
                work(mailbox[JOB:], mailbox[PANELS])
                put_word(state, IDLE)
                waited = 0
            waited += 1
            pause()

    @njit(nogil=True, cache=True)
    def retire(mailbox):
        """Take the job back if the helper has not started, else wait until it is done."""
        state = mailbox.ctypes.data + 8 * STATE
        if not exchange_if(state, POSTED, build * 0 + IDLE):
            while word_at(state) != IDLE:
                pause()

    words = types.Array(types.int64, 1, "C")
    return serve.compile((words, types.int64)), retire.compile((words,))


class Slot:
    """A mailbox, and the panels of the thread that serves it."""

    def __init__(self) -> None:
        self.mailbox = np.zeros(JOB + JOB_WORDS + 1, np.int64)
        self.operands = self.mailbox[JOB : JOB + OPERANDS]
        self.plan = self.mailbox[JOB + OPERANDS : JOB + JOB_WORDS]
        self.counter = self.mailbox.ctypes.data + 8 * (JOB + JOB_WORDS)
        self.panel_bytes = 0

    def post(self, operands: np.ndarray, plan: np.ndarray, panel_bytes: int) -> None:
        if self.panel_bytes < panel_bytes:
            self.panels = np.empty(panel_bytes + ALIGNMENT, np.uint8)
            start = self.panels.ctypes.data
            self.mailbox[PANELS] = start + -start % ALIGNMENT
            self.panel_bytes = panel_bytes
        self.operands[:] = operands
        self.plan[:] = plan
        self.mailbox[STATE] = POSTED


class Helper(Slot):
    """A slot with a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = False
        self.wakeup: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._serve_forever, name="matmul helper", daemon=True)
        self.thread.start()

    def post(self, operands: np.ndarray, plan: np.ndarray, panel_bytes: int) -> None:
        super().post(operands, plan, panel_bytes)
        if self.asleep:
            self.asleep = False
            wake_elsewhere(self.thread)
            self.wakeup.put(None)

    def _serve_forever(self) -> None:
        serve, _ = compiled_loops()
        while True:
            serve(self.mailbox, SPINS)
            self.asleep = True
            if self.mailbox[STATE] == POSTED:  # it came just now
                self.asleep = False
            else:
                self.wakeup.get()


class Team:
    """The threads of this process. Several callers may share them: a later one finds fewer idle helpers."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.slots: list[Slot] = []
        self.helpers: list[Helper] = []
        self.started = 0

    def run(self, operands: np.ndarray, plan: np.ndarray, panel_bytes: int, threads: int) -> None:
        """Do the job on at most `threads` threads, the caller's among them.

        `operands` are the first words of the job (NEXT is filled in here); `plan` is the rest of them.
        """
        serve, retire = compiled_loops()
        helpers = []
        with self.lock:
            slot = self.slots.pop() if self.slots else Slot()
            while len(helpers) < threads - 1 and (self.helpers or self.started < usable_cores() - 1):
                if not self.helpers:
                    self.started += 1
                    self.helpers.append(Helper())
                helpers.append(self.helpers.pop())
        try:
            slot.mailbox[-1] = 0
            operands[NEXT] = slot.counter
            for worker in (*helpers, slot):
                worker.post(operands, plan, panel_bytes)
            serve(slot.mailbox, 1)
        finally:
            for helper in helpers:
                retire(helper.mailbox)
            with self.lock:
                self.slots.append(slot)
                self.helpers.extend(helpers)


def wake_elsewhere(thread: threading.Thread) -> None:
    """Let a sleeping thread run on any core but the caller's.

    Linux likes to wake a thread where its waker runs. The waker is about to keep that core busy, so the
    helper would wait for its turn behind the very work that it should share.
    """
    if not hasattr(os, "sched_setaffinity") or thread.native_id is None:
        return
    elsewhere = os.sched_getaffinity(0) - {_current_core()}
    if elsewhere:
        with contextlib.suppress(OSError):  # a container may forbid it: then it is only slower
            os.sched_setaffinity(thread.native_id, elsewhere)


@cache
def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None)


def _current_core() -> int:
    return _c_library().sched_getcpu()


_team = Team()


def team() -> Team:
    return _team


def _reset_after_fork() -> None:
    global _team
    _team = Team()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)  # threads do not survive a fork
