"""The plan of one matmul: a grid of pieces for the threads, blocks for the caches."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from reference.matmul_cpu.packing import pack_a_kernel, pack_b_kernel
from reference.matmul_cpu.tiles import DEPTH_BYTES, STRIDE_BYTES, tile_kernel
from reference.matmul_cpu.vectors import TileShape, source_build, tile_shape

L2_SHARE = 0.6  # of a core's L2 cache goes to the block of B; A and C pass through the rest


@dataclass(frozen=True)
class Plan:
    """The plan of one matmul; the same for all operands of these sizes."""

    words: np.ndarray  # the part of the job (work.py) after the operands
    panel_bytes: int  # that each thread packs into
    threads: int


@cache
def l2_bytes() -> int:
    """Bytes of a core's L2 cache; 512 KiB when the system does not say."""
    try:
        text = Path("/sys/devices/system/cpu/cpu0/cache/index2/size").read_text().strip()
        return int(text.rstrip("K")) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_LEVEL2_CACHE_SIZE") or 512 * 1024
    except (AttributeError, ValueError, OSError):
        return 512 * 1024


def _even(total: int, most: int, unit: int) -> int:
    """The size of equal parts of `total`, each a multiple of `unit` and at most `most`."""
    parts = -(-total // most)
    return -(-total // (parts * unit)) * unit


@lru_cache(maxsize=1024)
def plan(dtype: np.dtype, m: int, k: int, n: int, threads: int) -> Plan:
    """Cut (m, k) @ (k, n) for at most `threads` threads; compiles the kernels for `dtype` on first use."""
    shape = _shape(dtype)
    if 2 * m * k * n < 1_000_000:
        threads = 1  # a few microseconds: less than it takes to call for help
    depth = _even(k, DEPTH_BYTES // shape.itemsize, 4)
    vectors, tiles = -(-n // shape.lanes), -(-m // shape.rows)
    block = max(
        shape.width, int(L2_SHARE * l2_bytes()) // (depth * shape.itemsize) // shape.width * shape.width
    )
    blocks = -(-n // block)
    if threads == 1:
        grid_rows, grid_columns = 1, 1
    else:
        grid_columns = -(-blocks // threads) * threads
        if vectors >= 2 * shape.vectors * grid_columns:
            grid_rows = 1
        else:
            grid_rows, grid_columns = min(threads, tiles), blocks
        while grid_rows * grid_columns < 2 * threads and tiles >= 16 * grid_rows:
            grid_rows *= (
                2  # a thread that starts late, or loses its core for a while, leaves a piece to another
            )
    columns = _even(-(-vectors // grid_columns) * shape.lanes, block, shape.lanes)
    stripe = -(-shape.rows * STRIDE_BYTES // 4096) * 4096
    words = (
        *(shape.itemsize, shape.rows, shape.lanes, shape.vectors),
        *(grid_rows, grid_columns, depth, columns, stripe),
        *(pack_a_kernel(shape), pack_b_kernel(shape)),
        *(tile_kernel(replace(shape, vectors=min(shape.vectors, wide))) for wide in (1, 2, 3)),
    )
    used = min(threads, grid_rows * grid_columns)
    return Plan(np.array(words, np.int64), stripe + columns * depth * shape.itemsize, used)


@cache
def _shape(dtype: np.dtype) -> TileShape:
    return tile_shape(dtype, source_build("addresses.py", "packing.py", "tiles.py"))
