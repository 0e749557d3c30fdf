"""The scheduler of numba-cuda's simulator: what no order may do, barriers and votes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.shared import gpu
from reference.shared.simulators.scheduler import BarrierError, OutOfBoundsError, watch

backend = gpu.select()
cuda = backend.cuda

if backend.has_gpu:
    pytest.skip("kernels run on the GPU here: start it with MLSYS_GPU=0", allow_module_level=True)

every_order = pytest.mark.parametrize("order", ["forward", "backward", 0, 7])


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def ramp(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.float32)


def faults(kernel: Any, grid: Any, block: Any, *args: Any, order: Any = "forward") -> list[str]:
    with watch(order) as trace:
        gpu.launch(kernel, grid, block, *args)
    return trace.faults()


# ---- bounds


@pytest.mark.parametrize(
    ("index", "verb"), [((5,), "reads"), ((-1,), "reads"), ((0, 3), "reads"), ((-1, 0), "reads")]
)
def test_an_index_outside_is_refused(index: tuple[int, ...], verb: str):
    @cuda.jit
    def kernel(a, out):
        out[0] = a[index]

    a = zeros(5) if len(index) == 1 else zeros(2, 3)
    with pytest.raises(OutOfBoundsError, match=rf"thread \(0, 0, 0\) of block \(0, 0, 0\) {verb} a\[.*shape"):
        gpu.launch(kernel, 1, 1, a, zeros(1))


def test_too_many_threads_write_outside():
    @cuda.jit
    def kernel(out):
        out[cuda.grid(1)] = 1

    with pytest.raises(OutOfBoundsError, match=r"thread \(1, 0, 0\) of block \(1, 0, 0\) writes out\[5\]"):
        gpu.launch(kernel, 2, 4, zeros(5))
    out = zeros(5)
    gpu.launch(kernel, 1, 5, out)  # what failed before leaves nothing behind
    assert (out == 1).all()


def test_an_atomic_outside_is_refused():
    @cuda.jit
    def kernel(queue):
        cuda.atomic.add(queue, 0, 1)

    with pytest.raises(OutOfBoundsError, match=r"changes queue\[0\]"):
        gpu.launch(kernel, 1, 1, np.zeros(0, np.int64))


def test_rows_are_views_that_keep_their_name_and_place():
    @cuda.jit
    def kernel(a, out):
        row = a[1]
        out[0] = row[2]
        row[0] = 9

    a, out = ramp(6).reshape(2, 3), zeros(1)
    with watch() as trace:
        gpu.launch(kernel, 1, 1, a, out)
    assert (out[0], a[1, 0]) == (5, 9)
    assert [use.place for use in trace.of("a")[0].accesses] == [5, 3]
    with pytest.raises(OutOfBoundsError, match=r"a\[2\]"):
        gpu.launch(kernel, 1, 1, zeros(2, 2), out)


# ---- barriers


def test_a_thread_that_leaves_early_is_told():
    @cuda.jit
    def kernel(n):
        if cuda.threadIdx.x >= n:
            return
        cuda.syncthreads()

    with pytest.raises(BarrierError, match=r"thread \(3, 0, 0\) of the same block has returned"):
        gpu.launch(kernel, 1, 4, 3)
    gpu.launch(kernel, 1, 4, 4)


def test_barriers_in_two_branches_are_told():
    @cuda.jit
    def kernel():
        if cuda.threadIdx.x % 2:
            cuda.syncthreads()
        else:
            cuda.syncthreads()

    with pytest.raises(BarrierError, match="out of branches that only some threads take"):
        gpu.launch(kernel, 1, 4)


def test_a_loop_with_more_barriers_for_some_is_told():
    @cuda.jit
    def kernel():
        for _ in range(cuda.threadIdx.x):
            cuda.syncthreads()

    with pytest.raises(BarrierError, match="of the same block has returned"):
        gpu.launch(kernel, 1, 3)


@cuda.jit(device=True)
def _meet(tile, x):
    tile[x] = x
    cuda.syncthreads()
    return tile[(x + 1) % tile.shape[0]]


@every_order
def test_device_functions_may_hold_barriers(order: Any):
    @cuda.jit
    def kernel(out):
        tile = cuda.shared.array(4, np.float32)
        x = cuda.threadIdx.x
        out[x] = _meet(tile, x)

    out = zeros(4)
    assert faults(kernel, 1, 4, out, order=order) == []
    assert out.tolist() == [1, 2, 3, 0]


def test_threads_of_several_blocks_and_dimensions_know_where_they_are():
    @cuda.jit
    def kernel(out):
        x, y, z = cuda.grid(3)
        out[z, y, x] = cuda.laneid + 100 * cuda.blockIdx.z + 1000 * cuda.gridDim.y + cuda.blockDim.x

    out = zeros(2, 4, 6)
    gpu.launch(kernel, (3, 2, 2), (2, 2, 1), out)
    assert out[1, 3, 5] == 3 + 100 + 2000 + 2
    assert out[0, 0, 0] == 0 + 0 + 2000 + 2


@every_order
def test_votes(order: Any):
    @cuda.jit
    def kernel(out):
        x = cuda.threadIdx.x
        out[x, 0] = cuda.syncthreads_count(x < 3)
        out[x, 1] = cuda.syncthreads_and(x < 3)
        out[x, 2] = cuda.syncthreads_or(x == 3)
        out[x, 3] = cuda.syncthreads_count(x >= 1)

    out = zeros(4, 4)
    assert faults(kernel, 1, 4, out, order=order) == []
    assert (out == [3, 0, 1, 3]).all()


def test_a_vote_orders_memory_as_a_barrier_does():
    @cuda.jit
    def kernel(out):
        tile = cuda.shared.array(4, np.float32)
        x = cuda.threadIdx.x
        tile[x] = x
        cuda.syncthreads_or(False)
        out[x] = tile[3 - x]

    assert faults(kernel, 1, 4, zeros(4), order=2) == []
