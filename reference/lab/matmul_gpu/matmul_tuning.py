"""Tiles for the Triton matmul of unit 02: the autotuner's configurations, and layouts for the copy engine.

The autotuner runs a kernel with each configuration, measures, and keeps the fastest for as long as the
arguments of its `key` stay the same. Without a GPU there is nothing to measure: there is one small
configuration. Its sides differ, so that a kernel that confuses them fails.
"""

from __future__ import annotations

import functools
from typing import Any

import torch
import triton

from reference.shared import gpu

HAS_GPU = gpu.select().has_gpu

GROUP = 8  # rows of tiles that are taken together
SIMULATED = {"BM": 16, "BN": 64, "BK": 32, "GROUP": 3}

# BM, BN, BK, warps, stages, and for descriptors: whether a tile is written in halves. The large ones feed Hopper's
# tensor cores (a warp group multiplies 64 rows at a time, so 128 rows are two of them), the middle ones an A100, the
# small ones small matrices and float32 without TF32, and a T4, whose tensor cores Triton 3.7 does not use.
_TILES = (
    *((128, 256, 64, 8, 3), (128, 256, 64, 8, 4), (256, 128, 64, 8, 3), (256, 128, 64, 8, 4)),
    *((128, 128, 64, 8, 3), (128, 128, 64, 4, 4), (128, 128, 32, 8, 3), (128, 64, 64, 4, 4)),
    *((64, 128, 64, 4, 4), (64, 64, 64, 4, 4), (64, 64, 32, 4, 2), (128, 64, 32, 4, 2), (32, 64, 64, 4, 4)),
    *((128, 128, 16, 8, 3), (64, 64, 32, 8, 2)),
)
# The copy engine wants few and large tiles, and shared memory for the tile that it writes.
_DESCRIBED_TILES = (
    *((128, 256, 64, 8, 3, False), (128, 256, 64, 8, 3, True), (128, 256, 64, 8, 4, True)),
    *((256, 128, 64, 8, 3, False), (256, 128, 64, 8, 4, True), (128, 128, 64, 8, 4, False)),
    *((128, 128, 64, 4, 4, False), (128, 64, 64, 4, 4, False), (64, 64, 32, 4, 2, False)),
)


def _configs(tiles: tuple[tuple[Any, ...], ...], hook: Any = None) -> list[Any]:
    if not HAS_GPU:
        more = {"HALVES": True} if hook else {}
        return [triton.Config(SIMULATED | more, num_warps=4, num_stages=1, pre_hook=hook)]
    configs = []
    for m, n, k, warps, stages, *halves in tiles:
        sides = {"BM": m, "BN": n, "BK": k, "GROUP": GROUP} | ({"HALVES": halves[0]} if halves else {})
        configs.append(triton.Config(sides, num_warps=warps, num_stages=stages, pre_hook=hook))
    return configs


def _set_blocks(arguments: dict[str, Any]) -> None:
    """Set the tile of this configuration in the descriptors of a, b and c."""
    m, n, k = arguments["BM"], arguments["BN"], arguments["BK"]
    arguments["a"].block_shape = [k, m] if arguments["A_TRANSPOSED"] else [m, k]
    arguments["b"].block_shape = [n, k] if arguments["B_TRANSPOSED"] else [k, n]
    arguments["c"].block_shape = [m, n // 2 if arguments["HALVES"] else n]


POINTED = _configs(_TILES)  # for kernels that load from pointers
DESCRIBED = _configs(_DESCRIBED_TILES, _set_blocks)  # for kernels that load through descriptors


def prune(configs: list[Any], arguments: dict[str, Any], **constants: Any) -> list[Any]:
    """Return the configurations that fit into shared memory: stages x (tile of a + tile of b), and c's."""
    if len(configs) == 1:
        return configs
    a = arguments["a"]
    itemsize = getattr(a, "base", a).element_size()  # a descriptor holds its tensor
    if itemsize == 4 and constants["PRECISION"] == "ieee":
        # No tensor core takes all bits of a float32: each multiply-add is an instruction of its own in the code, and
        # the compiler is at the largest tiles for minutes.
        configs = [config for config in configs if multiply_adds(config) <= 2048]
    most = torch.cuda.get_device_properties().shared_memory_per_block_optin

    def size(config: Any) -> int:
        sides = config.kwargs
        tiles = config.num_stages * (sides["BM"] + sides["BN"]) * sides["BK"]
        if "HALVES" in sides:
            tiles += sides["BM"] * sides["BN"] // (2 if sides["HALVES"] else 1)
        return tiles * itemsize

    fitting = [config for config in configs if size(config) <= most]
    return fitting or [min(configs, key=size)]


def multiply_adds(config: Any) -> int:
    """Return the multiply-adds of one thread for one block of the depth."""
    sides = config.kwargs
    return sides["BM"] * sides["BN"] * sides["BK"] // (32 * config.num_warps)


def tuned_for(m: int, n: int, k: int, dtype: torch.dtype) -> int:
    """Return one number for all sizes with the same configuration: each rounded up to a power of two, and the dtype.

    With the sizes themselves as its key, the autotuner would measure again for every new matrix.
    """
    number = dtype.itemsize
    for size in (m, n, k):
        number = number * 64 + max(size - 1, 0).bit_length()
    return number


def is_transposed(x: torch.Tensor) -> bool:
    """Return True if the columns of `x` are contiguous, and not the rows."""
    return x.stride(1) != 1 and x.stride(0) == 1


def copy_engine_reads(x: torch.Tensor) -> bool:
    """Return True if the copy engine can read `x` or its transpose: contiguous rows that start at 16 bytes.

    Source: CUDA C++ Programming Guide, tensor memory access, requirements on addresses and strides.
    """
    if x.numel() == 0:
        return False
    far, near = (x.stride(1), x.stride(0)) if is_transposed(x) else x.stride()
    size = x.element_size()
    return near == 1 and far > 0 and far * size % 16 == 0 and x.data_ptr() % 16 == 0


def for_copy_engine(x: torch.Tensor) -> torch.Tensor:
    """Return `x` if the copy engine can read it, or a copy with rows padded to a multiple of 16 bytes."""
    return x if copy_engine_reads(x) else empty_for_copy_engine(x.shape, x).copy_(x)


def empty_for_copy_engine(shape: Any, like: torch.Tensor) -> torch.Tensor:
    """Return an uninitialized matrix that the copy engine can read and write."""
    rows, columns = shape
    step = 16 // like.element_size()
    return gpu.empty((rows, -(-columns // step) * step), like)[:, :columns]


def prefers_persistent(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Return True on a GPU with a copy engine (Hopper or newer), for 16-bit operands with enough tiles."""
    if not HAS_GPU or a.element_size() != 2 or torch.cuda.get_device_capability() < (9, 0):
        return False
    tiles = -(-a.shape[0] // 128) * -(-b.shape[1] // 128)
    aligned = b.shape[1] * a.element_size() % 16 == 0
    return tiles >= multiprocessors() and aligned and copy_engine_reads(a) and copy_engine_reads(b)


@functools.cache
def multiprocessors() -> int:
    """Return the number of multiprocessors. Without a GPU: 3, so that programs have several tiles."""
    return torch.cuda.get_device_properties().multi_processor_count if HAS_GPU else 3
