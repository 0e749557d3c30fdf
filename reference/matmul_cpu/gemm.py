"""The top of the ladder: `matmul`, for any shape and stride, on as many threads as asked for.

C is cut into a grid of pieces, and each thread takes the next piece until none is left (team.py, work.py).
Within a piece the loops are Goto's: a block of B (depth x columns) is packed so that it stays in the L2 cache
(packing.py), and each tile-high stripe of A is multiplied with the whole block before the next (tiles.py).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from reference.matmul_cpu.packing import pack_a_kernel, pack_b_kernel
from reference.matmul_cpu.plan import plan
from reference.matmul_cpu.shapes import check_operands
from reference.matmul_cpu.team import team, usable_cores
from reference.matmul_cpu.tiles import tile_kernel
from reference.matmul_cpu.vectors import TileShape, source_build, tile_shape
from reference.matmul_cpu.work import JOB_WORDS


def matmul(a: Any, b: Any, *, out: Any = None, threads: int | None = None) -> np.ndarray:
    """a @ b by packed panels and vector registers, on at most `threads` threads (default: all usable cores)."""
    m, k, n = check_operands(a, b)
    if out is None:
        out = np.empty((m, n), a.dtype)
    else:
        _check_out(out, a, b)
    threads = usable_cores() if threads is None else _checked_threads(threads)
    if m == 0 or n == 0:
        return out
    if k == 0:
        out[...] = 0
        return out
    _multiply(a, b, out, m, k, n, threads)
    return out


def _multiply(a, b, c, m, k, n, threads):
    size = a.itemsize
    shape = _shape(a.dtype)
    (ar, ac), (br, bc), (cr, cc) = ((x.strides[0] // size, x.strides[1] // size) for x in (a, b, c))
    if cc != 1 and cr == 1:  # C by columns: C' = B' A'
        a, b, m, n = b, a, n, m
        ar, ac, br, bc, cr, cc = bc, br, ac, ar, cc, cr
    cut = plan(shape, m, k, n, bc == 1 or n == 1, threads)
    counter = np.zeros(8, np.int64)
    job = np.array(
        (_address(a), ar, ac, _address(b), br, bc, _address(c), cr, cc, m, k, n,
         size, shape.rows, shape.lanes, shape.vectors, cut.grid_rows, cut.grid_columns,
         cut.depth, cut.columns, cut.pack_b, _address(counter), *_kernels(shape)),
        np.int64,
    )
    assert job.size == JOB_WORDS
    team().run(job, cut.panel_bytes, cut.threads)


def _address(x: np.ndarray) -> int:
    return x.__array_interface__["data"][0]


@cache
def _kernels(shape: TileShape) -> tuple[int, ...]:
    one, two, three = (tile_kernel(replace(shape, vectors=min(shape.vectors, n))) for n in (1, 2, 3))
    return pack_a_kernel(shape), pack_b_kernel(shape), one, two, three


@cache
def _shape(dtype: np.dtype) -> TileShape:
    files = ("addresses.py", "packing.py", "tiles.py")
    return tile_shape(dtype, source_build(*(str(Path(__file__).with_name(name)) for name in files)))


def _check_out(out, a, b):
    expected = (a.shape[0], b.shape[1])
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out: expected a numpy array, got {type(out).__name__}")
    if out.dtype != a.dtype:
        raise TypeError(f"out: expected dtype {a.dtype}, got {out.dtype}")
    if out.shape != expected:
        raise ValueError(f"out: expected shape {expected}, got {out.shape}")
    if not out.flags.writeable:
        raise ValueError("out: expected a writeable array, got a read-only one")
    for x in (a, b):
        if np.shares_memory(out, x):
            raise ValueError("out overlaps an operand")


def _checked_threads(threads):
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer):
        raise TypeError(f"threads: expected a positive int, got {type(threads).__name__}")
    if threads < 1:
        raise ValueError(f"threads: expected a positive int, got {threads}")
    return min(int(threads), usable_cores())
