"""How one matmul is cut: the grid of pieces for the threads, and the blocks for the caches."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from reference.matmul_cpu.tiles import DEPTH_BYTES, STRIDE_BYTES
from reference.matmul_cpu.vectors import TileShape



@dataclass(frozen=True)
class Plan:
    """The numbers that work.py reads. `panel_bytes` is what each thread needs for its packed blocks."""

    grid_rows: int
    grid_columns: int
    depth: int
    columns: int
    pack_b: int
    panel_bytes: int
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
def plan(shape: TileShape, m: int, k: int, n: int, b_rows: bool, threads: int) -> Plan:
    """Cut (m, k) @ (k, n). `b_rows`: the numbers of a row of B are consecutive."""
    if 2 * m * k * n < 1_000_000:
        threads = 1  # a few microseconds: less than it takes to call for help
    depth = _even(k, DEPTH_BYTES // shape.itemsize, 4)
    vectors, tiles = -(-n // shape.lanes), -(-m // shape.rows)
    block = max(shape.width, int(0.6 * l2_bytes()) // (depth * shape.itemsize) // shape.width * shape.width)
    blocks = -(-n // block)
    if threads == 1:
        grid_rows, grid_columns = 1, 1
    else:
        grid_columns = -(-blocks // threads) * threads
        if vectors >= 2 * shape.vectors * grid_columns:
            grid_rows = 1
        else:
            grid_rows, grid_columns = min(threads, tiles), blocks
    columns = _even(-(-vectors // grid_columns) * shape.lanes, block, shape.lanes)
    stripe = shape.rows * STRIDE_BYTES
    direct = b_rows and n % shape.lanes == 0 and tiles // grid_rows <= 4
    block_bytes = 0 if direct else columns * depth * shape.itemsize
    return Plan(
        grid_rows,
        grid_columns,
        depth,
        columns,
        0 if direct else -(-stripe // 4096) * 4096,
        -(-stripe // 4096) * 4096 + block_bytes,
        min(threads, grid_rows * grid_columns),
    )
