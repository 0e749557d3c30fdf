"""What kernels ask of the simulated memories, against counts by hand; alignment, and uninitialized memory."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
import torch

from reference.shared import gpu
from reference.shared.simulators.scheduler import OutOfBoundsError, watch
from reference.shared.simulators.trace import Trace

backend = gpu.select()
cuda = backend.cuda

if backend.has_gpu:
    pytest.skip("kernels run on the GPU here: start it with MLSYS_GPU=0", allow_module_level=True)


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def traced(kernel: Any, grid: Any, block: Any, *args: Any) -> Trace:
    with watch() as trace:
        gpu.launch(kernel, grid, block, *args)
    return trace


# ---- sectors: a warp of 32 threads, sectors of 32 bytes, 8 float32 each


@cuda.jit
def _strided(a, out, step):
    i = cuda.grid(1)
    out[i] = a[i * step]


@pytest.mark.parametrize(
    ("step", "sectors", "efficiency"),
    [(0, 1, 1 / 8), (1, 4, 1), (2, 8, 1 / 2), (8, 32, 1 / 8), (9, 32, 1 / 8)],
)
def test_sectors_of_a_strided_read(step: int, sectors: int, efficiency: float):
    trace = traced(_strided, 1, 32, zeros(512), zeros(32), step)
    assert trace.sectors("a") == sectors
    assert trace.efficiency("a") == efficiency
    assert trace.global_bytes("a") == 32 * sectors
    assert (trace.sectors("out"), trace.efficiency("out")) == (4, 1)
    assert trace.sectors() == sectors + 4
    assert trace.counts("a") == (32, 0)
    assert trace.counts() == (32, 32)


def test_warps_are_counted_apart_also_with_two_dimensions():
    @cuda.jit
    def kernel(a, out):
        x, y = cuda.grid(2)
        out[y, x] = a[y, x]

    trace = traced(kernel, 1, (16, 4), zeros(4, 32), zeros(4, 32))
    requests = list(trace.requests(*trace.of("a")))
    assert [len(each.lanes) for each in requests] == [32, 32]
    assert [each.sectors for each in requests] == [4, 4]
    assert [each.warp for each in requests] == [0, 1]


def test_a_part_of_an_array_starts_where_it_starts():
    whole = zeros(64)
    assert traced(_strided, 1, 32, whole[8:40], zeros(32), 1).sectors("a") == 4
    assert traced(_strided, 1, 32, whole[3:35], zeros(32), 1).sectors("a") == 5
    assert traced(_strided, 1, 32, torch.zeros(64)[3:35], zeros(32), 1).sectors("a") == 5
    assert traced(_strided, 1, 32, whole.reshape(32, 2)[:, 0], zeros(32), 1).sectors("a") == 8


def test_eight_byte_numbers_fill_a_sector_by_fours():
    assert traced(_strided, 1, 32, np.zeros(32), zeros(32), 1).sectors("a") == 8


def test_the_same_line_at_another_turn_is_another_request():
    @cuda.jit
    def kernel(a, out):
        total = 0
        for p in range(3):
            total += a[p]
        out[cuda.threadIdx.x] = total

    trace = traced(kernel, 1, 32, zeros(3), zeros(32))
    assert len(list(trace.requests(*trace.of("a")))) == 3
    assert trace.sectors("a") == 3


def test_two_instructions_on_a_line_are_two_requests():
    @cuda.jit
    def kernel(a, out):
        i = cuda.threadIdx.x
        out[i] = a[i] + a[i + 32]

    for _ in range(2):  # also once Python has sped the instructions up
        trace = traced(kernel, 1, 64, zeros(96), zeros(64))
        assert len(list(trace.requests(*trace.of("a")))) == 4


def test_nothing_read_is_efficient_and_unknown_names_are_told():
    @cuda.jit
    def kernel(a):
        del a

    trace = traced(kernel, 1, 1, zeros(1))
    assert trace.efficiency("a") == 1
    assert trace.bank_ways() == 0
    with pytest.raises(KeyError, match="expected one of a, got 'b'"):
        trace.counts("b")


# ---- banks: 32 of them, 4 bytes wide


@pytest.mark.parametrize(("step", "ways"), [(0, 1), (1, 1), (2, 2), (3, 1), (4, 4), (32, 32), (33, 1)])
def test_bank_conflicts_of_a_strided_read(step: int, ways: int):
    @cuda.jit
    def kernel(out):
        tile = cuda.shared.array(1056, np.float32)
        i = cuda.threadIdx.x
        tile[i * step] = 0
        cuda.syncthreads()
        out[i] = tile[i * step]

    assert traced(kernel, 1, 32, zeros(32)).bank_ways("tile") == ways


def test_shared_bytes_are_those_of_a_block():
    @cuda.jit
    def kernel():
        cuda.shared.array((4, 8), np.float32)
        cuda.shared.array(3, np.float64)

    trace = traced(kernel, 5, 2)
    assert trace.launches[0].shared_bytes == 4 * 8 * 4 + 3 * 8
    assert trace.launches[0].threads == 10


# ---- wide loads


@cuda.jit
def _wide(a, out, row, start):
    out.store4(a.load4(row, start), 0, 4 * cuda.threadIdx.x)


def test_a_wide_load_is_one_request_of_four():
    a, out = np.arange(32, dtype=np.float32).reshape(2, 16), zeros(1, 8)
    trace = traced(_wide, 1, 2, a, out, 1, 4)
    assert out.tolist() == [[20, 21, 22, 23] * 2]
    (request,) = trace.requests(*trace.of("a"))
    assert len(request.places) == 8
    assert request.sectors == 1
    assert trace.counts() == (8, 8)
    assert trace.faults() == []


@pytest.mark.parametrize(
    ("shape", "row", "start", "said"),
    [
        ((2, 16), 0, 2, "expected an address that is a multiple of 16"),
        ((2, 18), 1, 0, "expected an address that is a multiple of 16"),
        ((2, 16), 0, 16, "shape"),
        ((2, 16), 2, 0, "shape"),
        ((2, 16), 0, -4, "shape"),
    ],
)
def test_a_wide_load_must_be_aligned_and_inside(shape: tuple[int, int], row: int, start: int, said: str):
    with pytest.raises(OutOfBoundsError, match=rf"(?s)reads four from a\[{row}, .*{said}"):
        gpu.launch(_wide, 1, 1, zeros(*shape), zeros(1, 4), row, start)
    with pytest.raises(OutOfBoundsError, match=r"a\[0, 0\]"):
        gpu.launch(_wide, 1, 1, zeros(1, 17)[:, 1:], zeros(1, 4), 0, 0)


def test_a_wide_load_is_of_four_bytes():
    with pytest.raises(TypeError, match="contiguous numbers of 4 bytes, got float64"):
        gpu.launch(_wide, 1, 1, np.zeros((1, 4)), zeros(1, 4), 0, 0)


@cuda.jit
def _wide_shared(out, start):
    plain = cuda.shared.array((2, 8), np.float32)
    tile = cuda.shared.array((2, 8), np.float32, 16)
    source = plain if start < 0 else tile
    source.store4((1, 2, 3, 4), 1, abs(start))
    out.store4(tile[1].load4(abs(start)), 0, 0)


def test_wide_access_to_shared_memory_needs_a_declared_alignment():
    out = zeros(1, 4)
    gpu.launch(_wide_shared, 1, 1, out, 4)
    assert out.tolist() == [[1, 2, 3, 4]]
    with pytest.raises(OutOfBoundsError, match=r"writes four to plain\[1, 4\].*declare it with an alignment"):
        gpu.launch(_wide_shared, 1, 1, out, -4)
    with pytest.raises(OutOfBoundsError, match=r"writes four to tile\[1, 2\].*multiples of 4"):
        gpu.launch(_wide_shared, 1, 1, out, 2)


# ---- uninitialized memory


@pytest.mark.parametrize("dtype", [np.float32, numba.float32, np.float64, np.int32, np.bool_])
def test_shared_and_local_arrays_are_uninitialized(dtype: Any):
    @cuda.jit
    def kernel(out):
        out[0] = cuda.shared.array(2, dtype)[1]
        out[1] = cuda.local.array((2, 2), dtype)[1, 1]

    out = zeros(2)
    assert "uninitialized: " in traced(kernel, 1, 1, out).faults()[0]
    assert all(np.isnan(x) or abs(x) >= 1 for x in out)


def test_shared_arrays_on_one_line_are_two_and_every_thread_sees_the_same():
    @cuda.jit
    def kernel(out):
        one, two = cuda.shared.array(64, np.float32), cuda.shared.array(64, np.float32)
        i = cuda.threadIdx.x
        one[i], two[i] = i, -i
        cuda.syncthreads()
        out[i] = one[(i + 1) % 64] + 10 * two[(i + 1) % 64]

    out = zeros(64)
    for _ in range(3):  # also once Python has sped the calls up
        trace = traced(kernel, 1, 64, out)
        assert trace.faults() == []
        assert len(trace.shared_spaces()) == 2
        assert out.tolist() == [-9 * ((i + 1) % 64) for i in range(64)]


def test_each_block_has_its_own_shared_memory():
    @cuda.jit
    def kernel(out):
        tile = cuda.shared.array(1, np.float32)
        if cuda.blockIdx.x == 0:
            tile[0] = 5
        cuda.syncthreads()
        out[cuda.blockIdx.x] = tile[0]

    out = zeros(2)
    assert len(traced(kernel, 2, 1, out).faults()) == 1
    assert out[0] == 5
    assert np.isnan(out[1])
