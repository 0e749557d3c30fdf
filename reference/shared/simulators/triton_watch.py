"""Checks for Triton's interpreter: programs in any order, bounds of every pointer, races.

    with watch_triton(order=3) as log:       # "forward", "backward", or a seed for a random order of the programs
        triton_matmul(a, b)
    log.faults()                             # races between programs

Errors that do not depend on the order raise while the kernel runs: OutOfBoundsError for a pointer outside of
every argument. Masked elements of a load are NaN (the smallest integer) unless the kernel passes `other=`: on
a GPU they are undefined, while the interpreter would return 0.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from reference.shared.simulators.races import ATOMIC, READ, WRITE
from reference.shared.simulators.scheduler import Order, OutOfBoundsError, check_order, ordered
from reference.shared.simulators.trace import MOST_FAULTS


@dataclass(frozen=True)
class Extent:
    """The bytes that one argument of a launch may use."""

    name: str
    start: int
    end: int
    itemsize: int
    own: np.ndarray | None = None  # of a view with gaps: True for its own elements from start to end

    def holds(self, addresses: np.ndarray, nbytes: int) -> np.ndarray:
        """Return, for each address, if an element of this argument is there."""
        inside = (addresses >= self.start) & (addresses + nbytes <= self.end)
        if self.own is not None:
            inside[inside] = self.own[(addresses[inside] - self.start) // self.itemsize]
        return inside


@dataclass
class TritonLog:
    """The launches inside one `watch_triton`: their grids, their traffic, and their faults."""

    order: Order
    grids: list[tuple[int, int, int]] = field(default_factory=list)
    extents: list[Extent] = field(default_factory=list)
    uses: list[tuple[int, int, np.ndarray, int]] = field(
        default_factory=list
    )  # kind, program, addresses, bytes each
    found: list[str] = field(default_factory=list)
    program: tuple[int, int, int] = (0, 0, 0)
    number: int = 0
    read_bytes: int = 0
    written_bytes: int = 0

    def faults(self) -> list[str]:
        """Return the races: elements that one program writes and another uses, not both atomically."""
        self.settle()
        return self.found[:MOST_FAULTS]

    def settle(self) -> None:
        """Find the races of the launch that has ended, and forget its accesses."""
        if self.uses:
            kinds = np.concatenate([np.full(len(a), kind, np.int8) for kind, _, a, _ in self.uses])
            programs = np.concatenate([np.full(len(a), who, np.int64) for _, who, a, _ in self.uses])
            addresses = np.concatenate([a for _, _, a, _ in self.uses])
            self.found += self.races(kinds, programs, addresses)
        self.uses.clear()

    def races(self, kinds: np.ndarray, programs: np.ndarray, addresses: np.ndarray) -> list[str]:
        order = np.argsort(addresses, kind="stable")
        kinds, programs, addresses = kinds[order], programs[order], addresses[order]
        starts = np.flatnonzero(np.r_[True, addresses[1:] != addresses[:-1]])
        least, most = np.minimum.reduceat(programs, starts), np.maximum.reduceat(programs, starts)
        writes = np.logical_or.reduceat(kinds == WRITE, starts)
        mixed = np.logical_or.reduceat(kinds == ATOMIC, starts) & np.logical_or.reduceat(
            kinds == READ, starts
        )
        told = []
        for i in np.flatnonzero((least != most) & (writes | mixed))[:MOST_FAULTS]:
            place, who = self.place(int(addresses[starts[i]])), f"programs {least[i]} and {most[i]}"
            told.append(
                f"race: {who} (numbered in grid order) both access {place}, and at least one writes it"
            )
        return told

    def place(self, address: int) -> str:
        """Return the element at an address as text: "element 17 of c"."""
        for each in self.extents:
            if each.start <= address < each.end:
                return f"element {(address - each.start) // each.itemsize} of {each.name}"
        return f"address {address:#x}"

    def note(self, kind: int, pointers: np.ndarray, mask: np.ndarray, nbytes: int) -> None:
        """Record one load, store or atomic operation of the running program. Raises OutOfBoundsError."""
        shape = np.broadcast_shapes(pointers.shape, mask.shape)
        addresses = np.broadcast_to(pointers, shape)[np.broadcast_to(mask, shape)].astype(np.int64)
        if not addresses.size:
            return
        inside = np.zeros(addresses.shape, bool)
        for each in self.extents:
            inside |= each.holds(addresses, nbytes)
        if not inside.all():
            raise OutOfBoundsError(self.outside(kind, addresses[~inside]))
        self.uses.append((kind, self.number, addresses, nbytes))
        if kind != WRITE:
            self.read_bytes += nbytes * addresses.size
        if kind != READ:
            self.written_bytes += nbytes * addresses.size

    def outside(self, kind: int, addresses: np.ndarray) -> str:
        address = int(addresses[0])
        nearest = min(
            self.extents, key=lambda e: min(abs(address - e.start), abs(address - e.end)), default=None
        )
        verb = "reads" if kind == READ else "writes"
        count = f"{addresses.size} element{'s' if addresses.size > 1 else ''}"
        if nearest is None:
            return f"program {self.program} {verb} {count}, but the kernel has no array"
        if nearest.start <= address < nearest.end:
            where = f"in a gap of {nearest.name}, between two of its rows or columns"
        elif address < nearest.start:
            where = (
                f"{(nearest.start - address) // nearest.itemsize} before the first element of {nearest.name}"
            )
        else:
            where = (
                f"{(address - nearest.end) // nearest.itemsize + 1} behind the last element of {nearest.name}"
            )
        return (
            f"program {self.program} {verb} {count} outside of every array (line {_kernel_line()}); the first is "
            f"{where}: check that the mask covers every axis"
        )


@contextmanager
def watch_triton(order: Order = "forward") -> Iterator[TritonLog]:
    """Watch the Triton kernels launched inside; their programs run in `order`. Needs the interpreter.

    If two watches are nested, only the inner one sees the launches inside of it.
    Raises ValueError unless the order is "forward", "backward" or a seed. Errors of kernels come as they are,
    also those of a function that a kernel calls, which Triton wraps into an InterpreterError.
    """
    from triton.runtime import interpreter

    check_order("watch_triton", order)
    log, builder = TritonLog(order), interpreter.interpreter_builder
    executor: Any = interpreter.GridExecutor
    own = _Builder(log, builder)
    names = ("create_masked_load", "create_masked_store", "create_atomic_cas", "create_atomic_rmw")
    names += ("set_grid_dim", "set_grid_idx")
    hosts = executor._init_args_hst
    before = {
        name: vars(builder)[name] for name in names if name in vars(builder)
    }  # of a watch around this one
    for name in names:
        setattr(builder, name, getattr(own, name))
    executor._init_args_hst = lambda self, args, kwargs: own.arguments(hosts, self, args, kwargs)
    try:
        yield log
    except interpreter.InterpreterError as error:
        raise _innermost(error) from None
    finally:
        for name in names:
            delattr(builder, name)  # the class has them
        vars(builder).update(before)
        executor._init_args_hst = hosts
        log.settle()


class _Builder:
    """Replaces a few methods of the interpreter's builder, and calls the originals."""

    def __init__(self, log: TritonLog, builder: Any) -> None:
        self.log, self.builder, self.kind = log, builder, type(builder)
        self.programs: list[int] = []

    def arguments(self, hosts: Any, executor: Any, args: Any, kwargs: Any) -> Any:
        """Note the addresses of a launch's arrays when it starts."""
        self.log.settle()
        args_host, kwargs_host = hosts(executor, args, kwargs)
        named = {**dict(zip(executor.arg_names, args_host, strict=False)), **kwargs_host}
        self.log.extents = [found for name, value in named.items() for found in extents(name, value)]
        return args_host, kwargs_host

    def set_grid_dim(self, x: int, y: int, z: int) -> None:
        size = x, y, z
        self.kind.set_grid_dim(self.builder, *size)
        self.log.grids.append(size)
        self.programs = ordered(int(np.prod(size)), self.log.order, len(self.log.grids))

    def set_grid_idx(self, x: int, y: int, z: int) -> None:
        """Run the next program of the order; the interpreter itself counts upward."""
        size = self.log.grids[-1]
        number = self.programs[int(np.ravel_multi_index((x, y, z), size))]
        x, y, z = (int(i) for i in np.unravel_index(number, size))
        self.log.program, self.log.number = (x, y, z), number
        self.kind.set_grid_idx(self.builder, x, y, z)

    def create_masked_load(self, ptrs: Any, mask: Any, other: Any, *rest: Any, **settings: Any) -> Any:
        self.log.note(READ, ptrs.data, mask.data, _itemsize(ptrs))
        loaded = self.kind.create_masked_load(self.builder, ptrs, mask, other, *rest, **settings)
        if other is None:
            gone = ~np.broadcast_to(mask.data, loaded.data.shape)
            if gone.any():
                loaded.data = np.where(gone, _garbage(loaded), loaded.data).astype(loaded.data.dtype)
        return loaded

    def create_masked_store(self, ptrs: Any, value: Any, mask: Any, *rest: Any) -> Any:
        self.log.note(WRITE, ptrs.data, mask.data, _itemsize(ptrs))
        return self.kind.create_masked_store(self.builder, ptrs, value, mask, *rest)

    def create_atomic_cas(self, ptr: Any, *rest: Any) -> Any:
        self.log.note(ATOMIC, ptr.data, np.ones_like(ptr.data, bool), _itemsize(ptr))
        return self.kind.create_atomic_cas(self.builder, ptr, *rest)

    def create_atomic_rmw(self, operation: Any, ptr: Any, value: Any, mask: Any, *rest: Any) -> Any:
        self.log.note(ATOMIC, ptr.data, mask.data, _itemsize(ptr))
        return self.kind.create_atomic_rmw(self.builder, operation, ptr, value, mask, *rest)


def extents(name: str, value: Any) -> list[Extent]:
    """Return the addresses of a tensor; an empty list for other arguments and empty tensors."""
    if isinstance(value, tuple):
        return [found for i, each in enumerate(value) for found in extents(f"{name}[{i}]", each)]
    value = getattr(value, "base", value)  # a descriptor holds its tensor
    if not hasattr(value, "data_ptr") or value.numel() == 0:
        return []
    offsets = np.zeros(1, np.int64)
    for size, step in zip(value.shape, value.stride(), strict=True):
        offsets = np.unique(np.add.outer(offsets, step * np.arange(size if step else 1)).ravel())
    span, itemsize = int(offsets[-1]) + 1, value.element_size()
    own = None
    if offsets.size < span:
        own = np.zeros(span, bool)
        own[offsets] = True
    return [Extent(name, value.data_ptr(), value.data_ptr() + span * itemsize, itemsize, own)]


def _innermost(error: BaseException) -> BaseException:
    """Return the exception of a function that a kernel called: each call wraps it once."""
    while type(error).__name__ == "InterpreterError" and error.__cause__ is not None:
        error = error.__cause__
    return error


def _itemsize(pointers: Any) -> int:
    return max(1, pointers.get_element_ty().primitive_bitwidth // 8)


def _garbage(loaded: Any) -> Any:
    """Return NaN in the type that was loaded; bfloat16 is stored as its bits."""
    if str(loaded.dtype.scalar) == "bf16":
        return 0x7FC0
    kind = loaded.data.dtype
    return np.nan if kind.kind == "f" else np.iinfo(kind).min if kind.kind in "iu" else True


def _kernel_line() -> int:
    """Return the kernel's line: the innermost frame outside of Triton and this module."""
    import triton

    frame, library = sys._getframe(1), str(Path(triton.__file__).parent)
    while frame is not None:
        file = frame.f_code.co_filename
        if file != __file__ and not file.startswith(library):
            return frame.f_lineno
        frame = frame.f_back
    return 0
