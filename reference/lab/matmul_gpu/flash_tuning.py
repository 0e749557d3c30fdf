"""Tiles for the attention kernels of unit 02: the configurations that the autotuner tries.

The autotuner runs a kernel with each configuration, measures, and keeps the fastest for as long as the
arguments of its `key` stay the same. Without a GPU there is nothing to measure: there is one configuration of
small tiles. Its sides differ, so that a kernel that confuses them fails, and small inputs have several tiles.
"""

from __future__ import annotations

from typing import Any

import torch
import triton

from reference.shared import gpu

SIMULATED = {"BLOCK_Q": 32, "BLOCK_K": 16}

# Rows of q in a tile, rows of k in a tile, warps, tiles that are loaded ahead. A warp group of Hopper multiplies 64
# rows at a time. Shared memory of the first one at d = 128: q 32 KiB, and 2 x (k 32 KiB + v 32 KiB), 160 KiB in all.
FORWARD = ((128, 128, 8, 2), (128, 64, 8, 3), (128, 64, 4, 3), (64, 64, 4, 2))
KEYS = ((64, 128, 8, 2), (32, 128, 8, 2), (32, 64, 4, 2))  # each holds two sums, dk and dv
QUERIES = ((128, 64, 8, 2), (64, 64, 4, 2))
FLOAT32 = (32, 32, 8, 1)  # twice the bytes a number, and three products for each: see input_precision


def configs(tiles: tuple[tuple[int, int, int, int], ...]) -> list[Any]:
    """Return the configurations for 16-bit numbers, and after them the one for float32."""
    if not gpu.select().has_gpu:
        return [triton.Config(SIMULATED, num_warps=4, num_stages=1)]
    return [
        triton.Config({"BLOCK_Q": q, "BLOCK_K": k}, num_warps=warps, num_stages=stages)
        for q, k, warps, stages in (*tiles, FLOAT32)
    ]


def fitting(configs: list[Any], named: dict[str, Any], **_: Any) -> list[Any]:
    """Return the configurations for q's dtype that leave a thread enough registers.

    A sum of BLOCK_Q x BLOCK_D float32 numbers takes BLOCK_Q * BLOCK_D / (32 * warps) of the 255 registers of
    each thread. 64 leave room for the scores and for addresses; with 128 the compiler spills to memory.
    """
    if len(configs) == 1:
        return configs
    if named["q"].dtype == torch.float32:
        return configs[-1:]
    return [c for c in configs[:-1] if c.kwargs["BLOCK_Q"] * named["BLOCK_D"] <= 64 * 32 * c.num_warps]


def bucket(length: int) -> int:
    """Return one number for all lengths with the same configuration: the next power of two, at most 4096."""
    return min(1 << (length - 1).bit_length(), 4096)
