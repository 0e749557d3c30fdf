"""A scheduler for numba-cuda's simulator: the threads of a block run in an order that we choose.

The simulator starts a thread of the operating system for each thread of a block, and leaves the order to the
system. That is slow, and a missing barrier shows only in some runs. Here each thread is a greenlet. It runs
until it reaches `cuda.syncthreads()` or its end, then the next one runs; when all wait, they continue. So a
block of 256 threads takes microseconds, and you can run a kernel again with its threads and blocks in another
order.

    with watch(order=3) as trace:        # "forward", "backward", or a seed for a random order
        launch(kernel, grid, block, a, b)
    trace.faults()                       # races, and reads of uninitialized shared memory

Errors that do not depend on the order raise while the kernel runs: OutOfBoundsError and BarrierError.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
from greenlet import getcurrent, greenlet

from reference.shared.simulators.arrays import Array, Atomic, Local, OutOfBoundsError, Shared, now
from reference.shared.simulators.trace import Launch, Trace

__all__ = ["Array", "BarrierError", "Order", "OutOfBoundsError", "check_order", "install", "ordered", "watch"]

Order = int | Literal["forward", "backward"]


class BarrierError(RuntimeError):
    """Some threads of a block wait at a barrier that others never reach; undefined on a GPU."""


class Thread:
    """One thread of a block: its position in the grid, and the greenlet that runs it."""

    def __init__(self, block: ThreadBlock, index: tuple[int, int, int], body: Callable[[], None]) -> None:
        self.block, self.blockIdx = block, block.index
        self.threadIdx = SimpleNamespace(x=index[0], y=index[1], z=index[2])
        self.index = index
        width, height, _ = block.size
        self.thread_id = index[0] + width * (index[1] + height * index[2])
        self.line = 0  # of the barrier where it waits
        self.run = greenlet(body, block.scheduler)

    def syncthreads(self) -> None:
        self.line = sys._getframe(2).f_lineno
        self.block.scheduler.switch()

    def syncthreads_count(self, value: Any) -> int:
        return int(np.count_nonzero(self.vote(value)))

    def syncthreads_and(self, value: Any) -> int:
        return int(np.all(self.vote(value)))

    def syncthreads_or(self, value: Any) -> int:
        return int(np.any(self.vote(value)))

    def vote(self, value: Any) -> list[Any]:
        self.block.votes[self.thread_id] = value
        self.line = sys._getframe(3).f_lineno
        self.block.scheduler.switch()
        found = list(self.block.votes.values())
        self.block.scheduler.switch()
        return found


class ThreadBlock:
    """The threads of one block, run in order from barrier to barrier."""

    def __init__(self, body: Callable[[], None], index: tuple[int, ...], size: tuple[int, ...]) -> None:
        self.index = SimpleNamespace(x=index[0], y=index[1], z=index[2])
        self.size, self.scheduler = size, getcurrent()
        self.votes: dict[int, Any] = {}
        places = [(x, y, z) for z in range(size[2]) for y in range(size[1]) for x in range(size[0])]
        self.threads = [Thread(self, place, body) for place in places]

    def play(self, order: list[int], trace: Trace | None) -> None:
        epoch, alive = 0, [self.threads[i] for i in order]
        while alive:
            if trace is not None:
                trace.epoch = epoch
            waiting = []
            for thread in alive:
                now.thread = thread
                thread.run.switch()
                if not thread.run.dead:
                    waiting.append(thread)
            if waiting:
                self.check(alive, waiting)
            alive, epoch = waiting, epoch + 1

    def check(self, alive: list[Thread], waiting: list[Thread]) -> None:
        """Raise BarrierError unless all threads of the block wait at the same line."""
        first = waiting[0]
        if len(waiting) < len(self.threads):
            gone = next(t for t in self.threads if t.run.dead)
            raise BarrierError(
                f"thread {first.index} waits at the barrier in line {first.line}, but thread {gone.index} of the same "
                f"block has returned: every thread of a block must reach each syncthreads(); guard the reads and "
                f"writes instead of returning early"
            )
        other = next((t for t in alive if t.line != first.line), None)
        if other is not None:
            raise BarrierError(
                f"thread {first.index} waits at the barrier in line {first.line}, but thread {other.index} at the one "
                f"in line {other.line}: move syncthreads() out of branches that only some threads take"
            )

    def abandon(self) -> None:
        """End the threads that still wait."""
        for thread in self.threads:
            if thread.run and not thread.run.dead:
                thread.run.throw()


_trace: Trace | None = None  # of the active watch
_order: Order = "forward"


@contextmanager
def watch(order: Order = "forward") -> Iterator[Trace]:
    """Record every access of the kernels launched inside; their threads and blocks run in `order`.

    Raises ValueError unless the order is "forward", "backward" or a seed (an integer >= 0), and RuntimeError
    inside another watch.
    """
    global _trace, _order
    check_order("watch", order)
    if _trace is not None:
        raise RuntimeError(
            "watch: expected no other active watch, got one inside another; leave the outer one first"
        )
    _trace, _order = Trace(), order
    try:
        yield _trace
    finally:
        _trace, _order = None, "forward"


def check_order(name: str, order: object) -> None:
    """Raise ValueError, with a function's name, unless `order` is an Order."""
    seed = isinstance(order, int) and not isinstance(order, bool) and order >= 0
    if order not in ("forward", "backward") and not seed:
        raise ValueError(f"{name}: expected 'forward', 'backward' or a seed, got {order!r}")


def ordered(count: int, order: Order, salt: int) -> list[int]:
    """Return the numbers 0 to count - 1 in `order`; with a seed, each `salt` has an order of its own."""
    if order == "forward":
        return list(range(count))
    if order == "backward":
        return list(range(count))[::-1]
    return np.random.default_rng([order, salt]).permutation(count).tolist()


def install() -> None:
    """Install this scheduler in numba's simulator, for the whole process. Only `gpu.select` calls this."""
    from numba import cuda
    from numba.cuda.simulator import kernel, kernelapi

    simulated: Any = kernelapi
    kernel.FakeCUDAKernel.__call__ = _call
    cuda.jit = _jit
    simulated.threading = SimpleNamespace(current_thread=lambda: now.thread, Lock=threading.Lock)


def _jit(*args: Any, launch_bounds: Any = None, max_registers: int | None = None, **options: Any) -> Any:
    """`cuda.jit` with two more options, which numba's simulator does not know: it has no registers."""
    from numba.cuda.simulator import api

    del max_registers
    most = launch_bounds[0] if isinstance(launch_bounds, tuple) else launch_bounds

    def bound(kernel: Any) -> Any:
        kernel.most_threads = most
        return kernel

    made = api.jit(*args, **options)
    return bound(made) if hasattr(made, "grid_dim") else lambda function: bound(made(function))


def _call(self: Any, *args: Any) -> Any:
    """Run `kernel[grid, block](*args)` on this scheduler."""
    from numba.cuda.simulator import kernel
    from numba.cuda.simulator.kernelapi import FakeCUDAModule, swapped_cuda_module

    if self._device or kernel._kernel_context:
        with swapped_cuda_module(self.fn, kernel._get_kernel_context()):
            return self.fn(*args)
    if self.grid_dim is None:
        raise ValueError(
            f"{self.fn.__name__}: expected {self.fn.__name__}[grid, block](...), got no grid and block"
        )
    most = getattr(self, "most_threads", None)
    if most is not None and int(np.prod(self.block_dim)) > most:
        raise ValueError(
            f"{self.fn.__name__}: expected at most {most} threads per block (launch_bounds), got {self.block_dim}"
        )
    names = self.fn.__code__.co_varnames
    seen = Launch(self.fn.__name__, tuple(self.grid_dim), tuple(self.block_dim))
    if _trace is not None:
        _trace.launches.append(seen)
    inside = [_argument(arg, name) for arg, name in zip(args, names, strict=False)]
    module: Any = FakeCUDAModule(self.grid_dim, self.block_dim, self.dynshared_size)
    module._atomic, module._local = Atomic(module._atomic), Local()
    salt = 0 if _trace is None else len(_trace.launches)
    blocks = [index[::-1] for index in np.ndindex(*self.grid_dim[::-1])]  # x counts fastest
    with kernel._push_kernel_context(module), swapped_cuda_module(self.fn, module):
        for number in ordered(len(blocks), _order, salt):
            _play_block(self, module, seen, blocks[number], number, inside, salt)
    return None


def _play_block(
    kernel: Any, module: Any, seen: Launch, index: tuple[int, ...], number: int, args: list[Any], salt: int
) -> None:
    module._shared = Shared(_trace, number)
    if _trace is not None:
        _trace.block = number
    size = tuple(kernel.block_dim)
    block = ThreadBlock(lambda: kernel.fn(*args), index, size)
    try:
        block.play(ordered(len(block.threads), _order, salt * 1000 + number + 1), _trace)
    finally:
        block.abandon()
        now.thread = None
    seen.shared_bytes = max(seen.shared_bytes, sum(a.data.nbytes for a in module._shared.arrays.values()))


def _argument(arg: Any, name: str) -> Any:
    data = getattr(arg, "_ary", arg)  # the simulator's device arrays hold a NumPy array
    if not isinstance(data, np.ndarray) or data.ndim == 0:
        return arg
    if _trace is None:
        return Array(data, name, None)
    return Array(data, name, _trace.argument(name, data), np.arange(data.size).reshape(data.shape))
