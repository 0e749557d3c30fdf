"""Memory of a kernel on the simulator: arrays that check their bounds, shared memory, atomics.

Every access to an element is checked, and recorded while `reference.shared.simulators.scheduler.watch` is
active.
"""

from __future__ import annotations

import linecache
import re
import sys
from collections.abc import Callable
from functools import cache
from types import CodeType, FrameType, SimpleNamespace
from typing import Any

import numpy as np

from reference.shared.simulators.trace import ATOMIC, READ, WRITE, Space, Trace, instruction

WIDE = {"load4", "store4"}  # wrappers in a unit's files: messages name the line of their caller

now = SimpleNamespace(thread=None)  # the running thread


class OutOfBoundsError(IndexError):
    """A thread accesses an element outside of its array. On a GPU it would access other memory."""


class Array:
    """An array as a kernel sees it: one element at a time, bounds checked, accesses recorded."""

    def __init__(
        self, data: np.ndarray, name: str, space: Space | None, places: np.ndarray | None = None
    ) -> None:
        self.data, self.name, self.space, self.places = data, name, space, places
        self.shape, self.ndim, self.dtype, self.size = data.shape, data.ndim, data.dtype, data.size
        self.strides, self.itemsize = data.strides, data.itemsize
        self.start: int = data.__array_interface__["data"][0]  # the address of its first byte
        self.whole = True  # True if its alignment allows a load of 16 bytes

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Any:
        self.check(index, "reads")
        found = self.data[index]
        if isinstance(found, np.ndarray):
            places = None if self.places is None else self.places[index]
            part = Array(found, self.name, self.space, places)
            part.whole = self.whole
            return part
        if self.space is not None and self.places is not None:
            self.space.note(now.thread, int(self.places[index]), READ, sys._getframe(1))
        return found

    def __setitem__(self, index: Any, value: Any) -> None:
        self.check(index, "writes")
        self.data[index] = value
        if self.space is not None and self.places is not None:
            for place in np.atleast_1d(self.places[index]).flat:
                self.space.note(now.thread, int(place), WRITE, sys._getframe(1))

    def load4(self, *index: int) -> tuple[Any, Any, Any, Any]:
        """Return the four neighbours that start at `index`, with one load of 16 bytes."""
        self.check4(index, "reads four from")
        *rows, start = index
        if self.space is not None and self.places is not None:
            self.space.note(now.thread, int(self.places[index]), READ, _kernel_frame(), width=4)
        return tuple(self.data[*rows, start : start + 4])

    def store4(self, values: tuple[Any, Any, Any, Any], *index: int) -> None:
        """Write four neighbours, the first at `index`, with one store of 16 bytes."""
        self.check4(index, "writes four to")
        *rows, start = index
        if self.space is not None and self.places is not None:
            self.space.note(now.thread, int(self.places[index]), WRITE, _kernel_frame(), width=4)
        self.data[*rows, start : start + 4] = values

    def check4(self, index: tuple[int, ...], verb: str) -> None:
        """Check that four contiguous numbers of 4 bytes start at a multiple of 16; a GPU stops otherwise."""
        *rows, start = index
        self.check((*rows, start), verb)
        self.check((*rows, start + 3), verb)
        if self.itemsize != 4 or self.strides[-1] != 4:
            raise TypeError(
                f"{self.name}: a load of 16 bytes needs contiguous numbers of 4 bytes, got {self.dtype}"
            )
        shown = f"{_thread()}{verb} {self.name}[{', '.join(map(str, index))}] (line {_kernel_line()})"
        if not self.whole:
            raise OutOfBoundsError(
                f"{shown}: expected an array aligned to 16 bytes; declare it with an alignment, "
                f"cuda.shared.array(shape, np.float32, 16)"
            )
        if (self.start + sum(int(i) * step for i, step in zip(index, self.strides, strict=True))) % 16:
            raise OutOfBoundsError(
                f"{shown}: expected an address that is a multiple of 16; the index along the row, and the length of "
                f"a row, must be multiples of 4"
            )

    def check(self, index: Any, verb: str) -> None:
        parts = index if type(index) is tuple else (index,)
        if len(parts) > self.ndim:
            raise IndexError(f"{self.name}: expected at most {self.ndim} indices, got {len(parts)}")
        for part, size in zip(parts, self.shape, strict=False):
            if not isinstance(part, slice) and not 0 <= part < size:
                shown = ", ".join(str(p) for p in parts)
                raise OutOfBoundsError(
                    f"{_thread()}{verb} {self.name}[{shown}] (line {_kernel_line()}), but {self.name} has shape "
                    f"{self.shape}"
                )


class Atomic:
    """`cuda.atomic` of a launch: the simulator's operations, recorded as one atomic access each."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self.own, name)

        def perform(array: Array, index: Any, *values: Any) -> Any:
            if name == "compare_and_swap":
                return operation(array.data, index, *values)
            array.check(index, "changes")
            if array.space is not None and array.places is not None:
                array.space.note(now.thread, int(array.places[index]), ATOMIC, sys._getframe(1))
            return operation(array.data, index, *values)

        return perform


class Shared:
    """`cuda.shared` of one block: one array per call site, uninitialized, as on a GPU."""

    def __init__(self, trace: Trace | None, block: int) -> None:
        self.trace, self.block = trace, block
        self.arrays: dict[tuple[CodeType, int], Array] = {}

    def array(self, shape: Any, dtype: Any, alignment: int | None = None) -> Array:
        frame = sys._getframe(1)
        site = (frame.f_code, instruction(frame.f_code, frame.f_lasti))
        if site not in self.arrays:
            kind, filler = garbage(dtype)
            data = np.full(shape, filler, kind)
            name = _assigned(frame.f_code.co_filename, frame.f_lineno)
            space = None if self.trace is None else self.trace.shared(name, data, self.block)
            places = None if self.trace is None else np.arange(data.size).reshape(data.shape)
            self.arrays[site] = Array(data, name, space, places)
            self.arrays[site].whole = alignment is not None and alignment % 16 == 0
        return self.arrays[site]


class Local:
    """`cuda.local` of a launch: arrays of one thread, uninitialized, as on a GPU."""

    def array(self, shape: Any, dtype: Any, alignment: int | None = None) -> np.ndarray:
        del alignment  # has no effect here
        kind, filler = garbage(dtype)
        return np.full(shape, filler, kind)


@cache
def garbage(dtype: Any) -> tuple[np.dtype, Any]:
    """Return `dtype` as a NumPy dtype, and a filler that stands out: NaN, or the smallest integer."""
    from numba.core.types import Type
    from numba.np.numpy_support import as_dtype

    kind = np.dtype(as_dtype(dtype) if isinstance(dtype, Type) else dtype)
    if kind.kind in "fc":
        return kind, np.nan
    return kind, True if kind.kind == "b" else np.iinfo(kind).min


def _assigned(file: str, line: int) -> str:
    """Return the name on the left of `tile = cuda.shared.array(...)`."""
    found = re.match(r"\s*(\w+)\s*=", linecache.getline(file, line))
    return found[1] if found else "shared"


def _thread() -> str:
    """Return "thread (3, 0, 0) of block (1, 0, 0) ", the thread that runs."""
    if now.thread is None:
        return ""
    block = now.thread.blockIdx
    return f"thread {now.thread.index} of block {(block.x, block.y, block.z)} "


def _kernel_frame() -> FrameType:
    """Return the frame of the running kernel, above this module's own frames."""
    frame = sys._getframe(1)
    while frame.f_back is not None and (frame.f_code.co_filename == __file__ or frame.f_code.co_name in WIDE):
        frame = frame.f_back
    return frame


def _kernel_line() -> int:
    return _kernel_frame().f_lineno
