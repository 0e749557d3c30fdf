"""Accesses of unit 02's reference kernels, counted on the simulators for lecture 02."""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOptionalSubscript=false, reportOperatorIssue=false

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np

from reference.benchmarks.matmul_gpu.saved_traces import kept, kept_trace
from reference.shared import gpu
from reference.shared.gpu.datasheets import datasheet
from reference.shared.simulators.scheduler import watch
from reference.shared.simulators.trace import SECTOR_BYTES, WARP, WRITE

cuda = gpu.select().cuda  # the simulator: nothing is counted on a GPU

RUNGS: tuple[str, ...] = ("naive", "coalesced", "shared_tiled", "register_tiled", "vectorized")
MODULES: dict[str, str] = dict(zip(RUNGS, ("direct", "direct", "tiled", "registers", "wide"), strict=True))
SIDES: dict[str, int] = dict(
    zip(RUNGS, (64, 64, 64, 128, 128), strict=True)
)  # of C, as counted: multiples of the rung's tile
DEPTH = 32  # of the counted products, along k
ORDERS = ("forward", "backward", 5)
TURNED = 8  # numbers that the kernels below turn round
SOFTMAX = (64, 128)  # short enough for one program a row also in the interpreter
LENGTHS = (64, 128, 256, 512)  # of attention, counted
HEAD = 64  # d of attention
CARD = "H100 SXM"
DRAWN_ORDER, PROGRAMS = (8, 16, 4), 32  # tiles down and across C, rows of a group; programs that are drawn
STRIP_TILES, STRIP_GROUP = (32, 64), 8  # tiles along each side of C, rows of a group


def rung(name: str) -> Callable[[Any, Any], Any]:
    """Return the reference function of a rung with its tiles for a GPU: (m, k) @ (k, n) -> (m, n), float32.

    The module takes smaller tiles for the simulator. This is a second copy of it, made as if there were a GPU. The
    first import loads the modules that it imports, for the simulator.
    """
    importlib.import_module(f"reference.matmul_gpu.{MODULES[name]}")
    found = importlib.util.find_spec(f"reference.matmul_gpu.{MODULES[name]}")
    assert found is not None
    assert found.loader is not None
    copy = importlib.util.module_from_spec(found)
    pretended = replace(gpu.select(), obstacle=None)
    with patch.object(gpu, "select", lambda: pretended):
        found.loader.exec_module(copy)
    return getattr(copy, name)


def asked(name: str) -> dict[str, float]:
    """Return the accesses of one rung, traced on a whole product.

    For each multiply-add: `bytes` of global memory, in sectors of 32, of a and b; `shared_reads`, numbers
    read from shared memory. For each multiply-add of a warp, which are 32 of those: `requests` and
    `shared_requests`, instructions that read global and shared memory. `efficiency`: the share of the bytes
    that was used. `ways`: the average turns of a request at the 32 banks. `threads` and `shared_bytes`: per
    block.
    """
    rng, side = np.random.default_rng(0), SIDES[name]
    a, b = (rng.integers(-3, 4, shape).astype(np.float32) for shape in ((side, DEPTH), (DEPTH, side)))
    with watch() as trace:
        c = rung(name)(a, b)
    if not np.array_equal(c, a @ b):
        raise AssertionError(f"{name}: a wrong product has no counts")
    products = side * DEPTH * side
    warps = products / WARP
    reads = [each for each in trace.requests(*trace.global_spaces()) if each.kind != WRITE]
    shared = [each for each in trace.requests(*trace.shared_spaces()) if each.kind != WRITE]
    sectors = sum(each.sectors for each in reads)
    return {
        "bytes": SECTOR_BYTES * sectors / products,
        "efficiency": sum(each.useful_bytes for each in reads) / (SECTOR_BYTES * sectors),
        "requests": len(reads) / warps,
        "shared_reads": sum(len(each.places) for each in shared) / products,
        "shared_requests": len(shared) / warps,
        "ways": trace.bank_ways(),
        "threads": int(np.prod(trace.launches[0].block)),
        "shared_bytes": trace.launches[0].shared_bytes,
    }


def requests() -> dict[str, dict[str, Any]]:
    """Return single requests of a warp: the first of naive for a, of coalesced for b, and the column of a tile."""
    from reference.lab.matmul_gpu.memory_drawings import request_of

    found: dict[str, dict[str, Any]] = {}
    a = np.ones((64, 64), np.float32)
    for name, array in (("naive", "a"), ("coalesced", "b")):
        with watch() as trace:
            rung(name)(a, a.copy())
        found[f"{name}, {array}"] = kept(request_of(trace, array))
    for width in (WARP, WARP + 1):
        with watch() as trace:
            gpu.launch(column_reader(width), 1, WARP, gpu.empty(WARP, a))
        found[f"a column of a tile of 32 × {width}"] = kept(request_of(trace, "tile"))
    return found


def column_reader(width: int) -> Any:
    """Return a kernel whose warp fills a tile of WARP x width numbers by rows and reads its first column."""

    @cuda.jit
    def kernel(out):
        tile = cuda.shared.array((WARP, width), np.float32)
        i = cuda.threadIdx.x
        for row in range(WARP):
            tile[row, i] = np.float32(row)
        cuda.syncthreads()
        out[i] = tile[i, 0]

    return kernel


def puzzle() -> dict[str, Any]:
    """Return the accesses of the reference's pooling kernel on its small example."""
    from reference.lab.matmul_gpu.puzzle_examples import example
    from reference.matmul_gpu.puzzles_shared import pooling_kernel

    _, grid, block, out, args = example("pooling", np.random.default_rng(0))
    with watch() as trace:
        gpu.launch(pooling_kernel, grid, block, out, *args)
    return kept_trace(trace)


@cuda.jit
def turn_without_barrier(out, a):
    """Write `a` reversed to `out`, through shared memory: wrong, because a barrier is missing."""
    turn = cuda.shared.array(TURNED, np.float32)
    i = cuda.threadIdx.x
    turn[i] = a[i]
    out[i] = turn[TURNED - 1 - i]


@cuda.jit
def turn_with_barrier(out, a):
    """Write `a` reversed to `out`, through shared memory."""
    turn = cuda.shared.array(TURNED, np.float32)
    i = cuda.threadIdx.x
    turn[i] = a[i]
    cuda.syncthreads()
    out[i] = turn[TURNED - 1 - i]


def race() -> dict[str, Any]:
    """Run both kernels in three orders; return order, numbers read (None: NaN), and the first fault of each."""
    a, runs = np.arange(TURNED, dtype=np.float32), []
    for name, kernel in (("no barrier", turn_without_barrier), ("with a barrier", turn_with_barrier)):
        for order in ORDERS if kernel is turn_without_barrier else ORDERS[-1:]:
            out = gpu.empty(TURNED, a)
            with watch(order) as trace:
                gpu.launch(kernel, 1, TURNED, out, a)
            ran = [each.thread for each in trace.of("a")[0].accesses]
            read = [None if np.isnan(value) else int(value) for value in out]
            fault = re.sub(r" \(line \d+\)", "", next(iter(trace.faults()), ""))
            runs.append({"kernel": name, "order": str(order), "ran": ran, "read": read, "fault": fault})
    return {"runs": runs}


def order() -> dict[str, Any]:
    """Return tiles of the first programs, as a figure shows them, and strips of A and B that one program per SM reads.

    strips: tiles along each side of C -> (row by row, in groups).
    """
    from reference.matmul_gpu.tl_matmul import tile_order

    height, width, group = DRAWN_ORDER
    names = {1: "row by row", group: f"groups of {group} rows"}
    tiles = {name: tile_order(height, width, each)[:PROGRAMS].tolist() for each, name in names.items()}
    strips = {}
    for side in STRIP_TILES:
        firsts = [tile_order(side, side, each)[: datasheet(CARD).sms] for each in (1, STRIP_GROUP)]
        strips[str(side)] = [sum(len(set(axis.tolist())) for axis in first.T) for first in firsts]
    return {"height": height, "width": width, "programs": PROGRAMS, "tiles": tiles, "strips": strips}


def softmax() -> dict[str, int]:
    """Return the bytes that the fused softmax reads and writes, and the shape of its input."""
    import torch

    from reference.matmul_gpu.softmax import fused_softmax
    from reference.shared.simulators.triton_watch import watch_triton

    x = torch.rand(SOFTMAX, generator=torch.Generator().manual_seed(0))
    with watch_triton() as log:
        fused_softmax(x)
    return {"rows": SOFTMAX[0], "columns": SOFTMAX[1], "read": log.read_bytes, "written": log.written_bytes}


def attention(length: int) -> dict[str, int]:
    """Return the bytes that flash_forward moves for one head of `length` queries and keys in float32."""
    import torch

    from reference.matmul_gpu.flash_forward import flash_forward
    from reference.shared.simulators.triton_watch import watch_triton

    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.rand((1, length, HEAD), generator=generator) for _ in range(3))
    found = {}
    for name, causal in (("full", False), ("causal", True)):
        with watch_triton() as log:
            flash_forward(q, k, v, causal)
        found[f"{name}_read"], found[f"{name}_written"] = log.read_bytes, log.written_bytes
    return found
