"""A scheduler for numba-cuda's simulator: the threads of a block take turns in an order that we choose.

The simulator starts a thread of the operating system for each thread of a block, and leaves the order to the
system: slow, and a missing barrier shows only on an unlucky day. Here each thread is a greenlet. It runs until it
meets `cuda.syncthreads()` or its end, then the next one runs; when all wait, they go on. So a block of 256 threads
costs microseconds, and a kernel can be played again with its threads and blocks in another order.

    with watch(order=3) as trace:        # "forward", "backward", or a seed for a random order
        launch(kernel, grid, block, a, b)
    trace.faults()                       # races, and reads of shared memory that nobody wrote

What no order may do raises while the kernel runs: OutOfBoundsError and BarrierError.
"""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, SimpleNamespace
from typing import Any, Literal

import numpy as np
from greenlet import getcurrent, greenlet

from reference.simt_trace import ATOMIC, READ, WRITE, Launch, Space, Trace

Order = int | Literal["forward", "backward"]


class OutOfBoundsError(IndexError):
    """A thread uses an element that its array does not have; on a GPU it would read or write whatever is there."""


class BarrierError(RuntimeError):
    """Some threads of a block wait at a barrier that the others never reach; on a GPU that is undefined."""


class Thread:
    """One thread of a block: where it is in the grid, and the greenlet that runs it."""

    def __init__(self, block: Block, index: tuple[int, int, int], body: Callable[[], None]) -> None:
        self.block, self.blockIdx, self.threadIdx = block, block.index, SimpleNamespace()
        self.threadIdx = SimpleNamespace(x=index[0], y=index[1], z=index[2])
        self.index = index
        width, height, _ = block.size
        self.thread_id = index[0] + width * (index[1] + height * index[2])
        self.line = 0  # of the barrier at which it waits
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


class Block:
    """The threads of one block, played in order from barrier to barrier."""

    def __init__(self, body: Callable[[], None], index: tuple[int, ...], size: tuple[int, ...]) -> None:
        self.index = SimpleNamespace(x=index[0], y=index[1], z=index[2])
        self.size, self.scheduler = size, getcurrent()
        self.votes: dict[int, Any] = {}
        places = [(x, y, z) for z in range(size[2]) for y in range(size[1]) for x in range(size[0])]
        self.threads = [Thread(self, place, body) for place in places]

    def play(self, order: list[int], trace: Trace | None) -> None:
        global _now
        epoch, alive = 0, [self.threads[i] for i in order]
        while alive:
            if trace is not None:
                trace.epoch = epoch
            waiting = []
            for thread in alive:
                _now = thread
                thread.run.switch()
                if not thread.run.dead:
                    waiting.append(thread)
            if waiting:
                self.check(alive, waiting)
            alive, epoch = waiting, epoch + 1

    def check(self, alive: list[Thread], waiting: list[Thread]) -> None:
        """Raise BarrierError unless the whole block waits, and all of it at the same line."""
        first = waiting[0]
        if len(waiting) < len(self.threads):
            gone = next(t for t in self.threads if t.run.dead)
            raise BarrierError(
                f"thread {first.index} waits at the barrier in line {first.line}, and thread {gone.index} of the same "
                f"block left the kernel without it: every thread of a block must reach each syncthreads(), so guard "
                f"the reads and writes, and do not return early"
            )
        other = next((t for t in alive if t.line != first.line), None)
        if other is not None:
            raise BarrierError(
                f"thread {first.index} waits at the barrier in line {first.line}, and thread {other.index} at the one "
                f"in line {other.line}: syncthreads() must not stand in a branch that only some threads take"
            )

    def abandon(self) -> None:
        """End the threads that still wait."""
        for thread in self.threads:
            if thread.run and not thread.run.dead:
                thread.run.throw()


class Array:
    """What a kernel sees of an array: one element at a time, never outside, each use on record while it is watched."""

    def __init__(self, data: np.ndarray, name: str, space: Space | None, places: np.ndarray | None = None) -> None:
        self.data, self.name, self.space, self.places = data, name, space, places
        self.shape, self.ndim, self.dtype, self.size = data.shape, data.ndim, data.dtype, data.size
        self.strides, self.itemsize = data.strides, data.itemsize
        self.aligned = 0 if space is not None and space.block >= 0 else None  # shared arrays start at a multiple of 16

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        self.check(index, "reads")
        found = self.data[index]
        if isinstance(found, np.ndarray):
            places = None if self.places is None else self.places[index]
            return Array(found, self.name, self.space, places)
        if self.space is not None and self.places is not None:
            self.space.note(_now, int(self.places[index]), READ, sys._getframe(1))
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        self.check(index, "writes")
        self.data[index] = value
        if self.space is not None and self.places is not None:
            for place in np.atleast_1d(self.places[index]).flat:
                self.space.note(_now, int(place), WRITE, sys._getframe(1))

    def load4(self, *index: int) -> tuple[Any, Any, Any, Any]:
        """The four neighbours that begin at `index`, fetched by one instruction of 16 bytes."""
        self.check4(index, "reads four from")
        *rows, start = index
        if self.space is not None and self.places is not None:
            self.space.note(_now, int(self.places[index]), READ, sys._getframe(2), width=4)
        return tuple(self.data[*rows, start : start + 4])

    def store4(self, values: tuple[Any, Any, Any, Any], *index: int) -> None:
        """Write four neighbours, the first at `index`, by one instruction of 16 bytes."""
        self.check4(index, "writes four to")
        *rows, start = index
        if self.space is not None and self.places is not None:
            self.space.note(_now, int(self.places[index]), WRITE, sys._getframe(2), width=4)
        self.data[*rows, start : start + 4] = values

    def check4(self, index: tuple[int, ...], verb: str) -> None:
        """Four numbers of 4 bytes, side by side, the first at an address that 16 divides; a GPU stops otherwise."""
        *rows, start = index
        self.check((*rows, start), verb)
        self.check((*rows, start + 3), verb)
        if self.itemsize != 4 or self.strides[-1] != 4:
            raise TypeError(f"{self.name}: four at once need numbers of 4 bytes side by side, got {self.dtype}")
        base = self.data.__array_interface__["data"][0] if self.aligned is None else self.aligned
        offset = sum(int(i) * step for i, step in zip(index, self.strides, strict=True))
        if (base + offset) % 16:
            shown = ", ".join(map(str, index))
            raise OutOfBoundsError(
                f"thread {_now and _now.index} {verb} {self.name}[{shown}] (line {_kernel_line()}): an address that 16 does not "
                f"divide; the index along the row, and the length of a row, must be multiples of 4"
            )

    def check(self, index: Any, verb: str) -> None:
        parts = index if type(index) is tuple else (index,)
        if len(parts) > self.ndim:
            raise IndexError(f"{self.name} has {self.ndim} dimensions, and {len(parts)} indices came")
        for part, size in zip(parts, self.shape, strict=False):
            if not isinstance(part, slice) and not 0 <= part < size:
                shown = ", ".join(str(p) for p in parts)
                place = "" if _now is None else f"thread {_now.index} of block {_block(_now)} "
                raise OutOfBoundsError(
                    f"{place}{verb} {self.name}[{shown}], and {self.name} has the shape {self.shape} "
                    f"(line {_kernel_line()})"
                )


class Atomic:
    """`cuda.atomic` of a launch: the simulator's own, with the record of a plain read and write in its place."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self.own, name)

        def perform(array: Array, index: Any, *values: Any) -> Any:
            if name == "compare_and_swap":
                return operation(array.data, index, *values)
            array.check(index, "changes")
            if array.space is not None and array.places is not None:
                array.space.note(_now, int(array.places[index]), ATOMIC, sys._getframe(1))
            return operation(array.data, index, *values)

        return perform


class Shared:
    """`cuda.shared` of one block: an array a call site, full of garbage at first, as on a GPU."""

    def __init__(self, trace: Trace | None, block: int) -> None:
        self.trace, self.block = trace, block
        self.arrays: dict[tuple[CodeType, int], Array] = {}

    def array(self, shape: Any, dtype: Any, alignment: int | None = None) -> Array:
        del alignment  # of no meaning here
        frame = sys._getframe(1)
        site = (frame.f_code, frame.f_lasti)
        if site not in self.arrays:
            from numba.cuda.np.numpy_support import as_dtype
            from numba.types import Type

            kind = np.dtype(as_dtype(dtype) if isinstance(dtype, Type) else dtype)
            data = np.full(shape, np.nan if kind.kind == "f" else np.iinfo(kind).min, kind)
            name = _assigned(frame.f_code.co_filename, frame.f_lineno)
            space = None if self.trace is None else self.trace.shared(name, data, self.block)
            places = None if self.trace is None else np.arange(data.size).reshape(data.shape)
            self.arrays[site] = Array(data, name, space, places)
        return self.arrays[site]


_now: Thread | None = None  # the thread that runs
_trace: Trace | None = None  # what watches
_order: Order = "forward"


@contextmanager
def watch(order: Order = "forward") -> Iterator[Trace]:
    """Record every access of the kernels launched inside, their threads and blocks played in `order`.

    Raises ValueError for another order than "forward", "backward" or a seed, and RuntimeError inside another watch.
    """
    global _trace, _order
    if order not in ("forward", "backward") and (isinstance(order, bool) or not isinstance(order, int)):
        raise ValueError(f"watch: expected 'forward', 'backward' or a seed, got {order!r}")
    if _trace is not None:
        raise RuntimeError("watch: expected no other watch around this one")
    _trace, _order = Trace(), order
    try:
        yield _trace
    finally:
        _trace, _order = None, "forward"


def ordered(count: int, order: Order, salt: int) -> list[int]:
    """The numbers 0 to count - 1 as `order` wants them; a seed gives each `salt` an order of its own."""
    if order == "forward":
        return list(range(count))
    if order == "backward":
        return list(range(count))[::-1]
    return np.random.default_rng([order, salt]).permutation(count).tolist()


def install() -> None:
    """Give numba's simulator this scheduler, for the whole process. Calling it again changes nothing."""
    from numba.cuda.simulator import kernel, kernelapi

    kernel.FakeCUDAKernel.__call__ = _call
    kernelapi.threading = SimpleNamespace(current_thread=lambda: _now, Lock=kernelapi.threading.Lock)


def _call(self: Any, *args: Any) -> Any:
    """What `kernel[grid, block](*args)` does now."""
    from numba.cuda.simulator import kernel
    from numba.cuda.simulator.kernelapi import FakeCUDAModule, swapped_cuda_module

    if self._device or kernel._kernel_context:
        with swapped_cuda_module(self.fn, kernel._get_kernel_context()):
            return self.fn(*args)
    if self.grid_dim is None:
        raise ValueError(f"{self.fn.__name__}: expected {self.fn.__name__}[grid, block](...), got no grid and block")
    names = self.fn.__code__.co_varnames
    seen = Launch(self.fn.__name__, tuple(self.grid_dim), tuple(self.block_dim))
    if _trace is not None:
        _trace.launches.append(seen)
    inside = [_argument(arg, name) for arg, name in zip(args, names, strict=False)]
    module = FakeCUDAModule(self.grid_dim, self.block_dim, self.dynshared_size)
    module._atomic = Atomic(module._atomic)
    salt = 0 if _trace is None else len(_trace.launches)
    blocks = list(np.ndindex(*self.grid_dim))
    with kernel._push_kernel_context(module), swapped_cuda_module(self.fn, module):
        for number in ordered(len(blocks), _order, salt):
            _play_block(self, module, seen, blocks[number], number, inside, salt)
    return None


def _play_block(
    kernel: Any, module: Any, seen: Launch, index: tuple[int, ...], number: int, args: list[Any], salt: int
) -> None:
    global _now
    module._shared = Shared(_trace, number)
    if _trace is not None:
        _trace.block = number
    size = tuple(kernel.block_dim)
    block = Block(lambda: kernel.fn(*args), index, size)
    try:
        block.play(ordered(len(block.threads), _order, salt * 1000 + number + 1), _trace)
    finally:
        block.abandon()
        _now = None
    seen.shared_bytes = max(seen.shared_bytes, sum(a.data.nbytes for a in module._shared.arrays.values()))


def _argument(arg: Any, name: str) -> Any:
    data = getattr(arg, "_ary", arg)  # the simulator's device arrays hold a NumPy array
    if not isinstance(data, np.ndarray) or data.ndim == 0:
        return arg
    if _trace is None:
        return Array(data, name, None)
    return Array(data, name, _trace.argument(name, data), np.arange(data.size).reshape(data.shape))


def _assigned(file: str, line: int) -> str:
    """The name on the left of `tile = cuda.shared.array(...)`."""
    found = re.match(r"\s*(\w+)\s*=", linecache.getline(file, line))
    return found[1] if found else "shared"


def _block(thread: Thread) -> tuple[int, int, int]:
    return thread.blockIdx.x, thread.blockIdx.y, thread.blockIdx.z


def _kernel_line() -> int:
    """The line of the kernel that is running, above this module's own frames."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return frame.f_lineno if frame is not None else 0
