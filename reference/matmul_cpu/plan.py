"""How one matmul is cut: the grid of pieces for the threads, and the blocks for the caches."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from reference.matmul_cpu.vectors import TileShape

DEPTH_BYTES = 2048  # of one row of A in a block: 512 float32
ROWS_PACKED = 2048  # rows of A that are packed at a time


@dataclass(frozen=True)
class Plan:
    """The numbers that work.py reads. `panel_bytes` is what each thread needs for its packed blocks."""

    grid_rows: int
    grid_columns: int
    depth: int
    columns: int
    rows: int
    pack_a: int
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
def plan(shape: TileShape, m: int, k: int, n: int, a_rows: bool, b_rows: bool, threads: int) -> Plan:
    """Cut (m, k) @ (k, n). `a_rows`, `b_rows`: the numbers of a row of the operand are consecutive."""
    if 2 * m * k * n < 1_000_000:
        threads = 1  # a few microseconds: less than it takes to call for help
    depth = _even(k, DEPTH_BYTES // shape.itemsize, 4)
    vectors, tiles = -(-n // shape.lanes), -(-m // shape.rows)
    block = max(shape.width, int(0.6 * l2_bytes()) // (depth * shape.itemsize) // shape.width * shape.width)
    blocks = -(-n // block)
    if not a_rows and tiles >= threads:
        grid_rows, grid_columns = threads, 1  # so that no row of A is packed twice
    elif threads == 1:
        grid_rows, grid_columns = 1, 1
    else:
        grid_columns = -(-blocks // threads) * threads
        if vectors >= 2 * shape.vectors * grid_columns:
            grid_rows = 1
        else:
            grid_rows, grid_columns = min(threads, tiles), blocks
    columns = _even(-(-vectors // grid_columns) * shape.lanes, block, shape.lanes)
    rows = _even(tiles * shape.rows, ROWS_PACKED, shape.rows) if not a_rows else tiles * shape.rows
    pack_b, size = -1, 0
    direct = b_rows and n % shape.lanes == 0 and tiles // grid_rows <= 4
    if not direct:
        pack_b = 0
        size = -(-columns // shape.lanes) * shape.lanes * depth * shape.itemsize
        size = -(-size // 4096) * 4096 + 4096
    pack_a = -1
    if not a_rows:
        pack_a = size
        size += rows * (depth + shape.lanes) * shape.itemsize
    return Plan(
        grid_rows, grid_columns, depth, columns, rows, pack_a, pack_b, size, min(threads, grid_rows * grid_columns)
    )
