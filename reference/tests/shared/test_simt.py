"""The scheduler of numba-cuda's simulator: orders and races. Kernels made by hand, right and wrong."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from reference.shared import gpu
from reference.shared.simulators.scheduler import ordered, watch

backend = gpu.select()
cuda = backend.cuda

if backend.has_gpu:
    pytest.skip("kernels run on the GPU here: start it with MLSYS_GPU=0", allow_module_level=True)

SEEDS = (0, 1, 7)
ORDERS = ("forward", "backward", *SEEDS)
every_order = pytest.mark.parametrize("order", ORDERS)


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


def ramp(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.float32)


def faults(kernel: Any, grid: Any, block: Any, *args: Any, order: Any = "forward") -> list[str]:
    with watch(order) as trace:
        gpu.launch(kernel, grid, block, *args)
    return trace.faults()


# ---- orders


@cuda.jit
def _line_up(queue, places):
    places[cuda.atomic.add(queue, 0, 1)] = cuda.grid(1)


def turns(order: Any) -> list[int]:
    queue, places = np.zeros(1, np.int64), np.full(12, -1, np.int64)
    with watch(order):
        gpu.launch(_line_up, 3, 4, queue, places)
    return places.tolist()


def test_forward_is_the_order_of_the_grid():
    assert turns("forward") == list(range(12))


def test_backward_turns_blocks_and_threads_round():
    assert turns("backward") == list(range(12))[::-1]


def test_a_seed_shuffles_blocks_and_threads_and_gives_the_same_order_again():
    first = turns(3)
    assert first == turns(3)
    assert len({tuple(turns(seed)) for seed in range(6)}) > 3
    blocks = [place // 4 for place in first]
    assert sorted(first) == list(range(12))
    assert all(len(set(blocks[i : i + 4])) == 1 for i in (0, 4, 8)), "a block is played to its end"


def test_x_counts_fastest():
    @cuda.jit
    def kernel(queue, places):
        x, y = cuda.grid(2)
        places[y, x] = cuda.atomic.add(queue, 0, 1)

    queue, places = np.zeros(1, np.int64), np.zeros((4, 6), np.int64)
    gpu.launch(kernel, (3, 2), (2, 2), queue, places)
    assert places[0].tolist() == [0, 1, 4, 5, 8, 9]
    assert places[2].tolist() == [12, 13, 16, 17, 20, 21]


@pytest.mark.parametrize("order", ["sideways", True, -1, 1.5, None])
def test_other_orders_are_refused(order: Any):
    with pytest.raises(ValueError, match="expected 'forward', 'backward' or a seed"), watch(order):
        pass


def test_no_watch_in_a_watch_and_none_left_behind_by_an_error():
    with watch(), pytest.raises(RuntimeError, match="no other active watch"), watch():
        pass
    with pytest.raises(KeyError), watch(5):
        raise KeyError
    assert ordered(3, "forward", 0) == [0, 1, 2]
    with watch("forward"):
        pass


# ---- races


@cuda.jit
def _turn_round(a, out, barriers):
    """out = a, each block of 8 turned round through shared memory; the barriers as asked for."""
    tile = cuda.shared.array(8, np.float32)
    x = cuda.threadIdx.x
    for start in range(0, a.shape[0], 8):
        tile[x] = a[start + x]
        if barriers >= 1:
            cuda.syncthreads()
        out[start + x] = tile[7 - x]
        if barriers >= 2:
            cuda.syncthreads()


@every_order
def test_two_barriers_are_right_and_raise_no_alarm(order: Any):
    a, out = ramp(32), zeros(32)
    assert faults(_turn_round, 1, 8, a, out, 2, order=order) == []
    assert (out.reshape(4, 8) == a.reshape(4, 8)[:, ::-1]).all()


@every_order
def test_a_missing_second_barrier_is_a_race_in_every_order(order: Any):
    found = faults(_turn_round, 1, 8, ramp(32), zeros(32), 1, order=order)
    assert found
    assert re.match(
        r"race: thread \(\d, 0, 0\) reads tile\[\d\] \(line \d+\) and thread \(\d, 0, 0\) writes it "
        r"in the next turn of the loop \(line \d+\), with no barrier between$",
        found[0],
    )


def test_a_missing_first_barrier_is_a_race_and_no_more_than_five_are_told():
    found = faults(_turn_round, 1, 8, ramp(8), zeros(8), 0)
    assert found[0].startswith("race: ")
    assert "with no barrier between" in found[0]
    assert "next turn" not in found[0]
    assert len(found) == 5


@cuda.jit
def _tree(a, out):
    """out[0] = the sum of 8 elements: a barrier is missing at the end of the loop."""
    tile = cuda.shared.array(8, np.float32)
    x = cuda.threadIdx.x
    tile[x] = a[x]
    cuda.syncthreads()
    half = 4
    while half > 0:
        if x < half:
            tile[x] += tile[x + half]
        half //= 2
    if x == 0:
        out[0] = tile[0]


@every_order
def test_a_race_between_two_turns_of_one_line_is_told_as_that(order: Any):
    found = faults(_tree, 1, 8, ramp(8), zeros(1), order=order)
    assert all(each.startswith("race: ") for each in found)
    assert "reads it in the next turn of the loop" in found[0]


def test_one_tile_needs_no_second_barrier():
    assert faults(_turn_round, 1, 8, ramp(8), zeros(8), 1) == []


def test_the_numbers_of_a_race_depend_on_the_order():
    results = set()
    for order in ORDERS:
        out = zeros(32)
        with watch(order):
            gpu.launch(_turn_round, 1, 8, ramp(32), out, 1)
        results.add(out.tobytes())
    assert len(results) > 1


@cuda.jit
def _add_up(a, out):
    out[0] += a[cuda.grid(1)]


@cuda.jit
def _add_up_atomically(a, out):
    cuda.atomic.add(out, 0, a[cuda.grid(1)])


def test_adding_up_in_one_element_is_a_race_inside_a_block_and_between_blocks():
    (inside,) = faults(_add_up, 1, 4, ramp(4), zeros(1))
    assert "with no barrier between" in inside
    (between,) = faults(_add_up, 4, 1, ramp(4), zeros(1))
    assert between.endswith("and blocks run in any order")
    assert "of block 0" in between


def test_atomics_are_no_race():
    out = zeros(1)
    assert faults(_add_up_atomically, 2, 2, ramp(4), out) == []
    assert out[0] == 6


def test_an_atomic_and_a_plain_read_are_a_race():
    @cuda.jit
    def kernel(a, out):
        cuda.atomic.max(a, 0, 3.0)
        out[cuda.grid(1)] = a[0]

    assert "changes atomically a[0]" in faults(kernel, 1, 2, ramp(1), zeros(2))[0]


@pytest.mark.parametrize("name", ["sub", "min", "exch", "inc", "xor"])
def test_each_atomic_goes_on_record_as_a_read_and_a_write(name: str):
    def body(a):
        getattr(cuda.atomic, name)(a, 0, 1)

    a = np.ones(1, np.int32)
    with watch() as trace:
        gpu.launch(cuda.jit(body), 1, 3, a)
    assert trace.counts("a") == (3, 3)
    assert trace.faults() == []


def test_compare_and_swap_at_a_place():
    @cuda.jit
    def kernel(a):
        cuda.atomic.cas(a, cuda.threadIdx.x, 0, 5)

    a = np.array([0, 1], np.int32)
    assert faults(kernel, 1, 2, a) == []
    assert a.tolist() == [5, 1]


def test_everybody_may_read_one_element():
    @cuda.jit
    def kernel(a, out):
        out[cuda.grid(1)] = a[0]

    assert faults(kernel, 2, 4, ramp(1), zeros(8)) == []


def test_two_names_of_one_array_are_one_array():
    @cuda.jit
    def kernel(a, b):
        i = cuda.grid(1)
        b[i] = a[3 - i]

    a = ramp(4)
    with watch() as trace:
        gpu.launch(kernel, 1, 4, a, a)
    assert "race: " in trace.faults()[0]
    assert trace.counts() == (4, 4)
    assert trace.counts("b") == (4, 4)


def test_launches_come_one_after_the_other():
    with watch() as trace:
        for _ in range(2):
            gpu.launch(_add_up, 1, 1, ramp(1), out := zeros(1))
            gpu.launch(_add_up, 1, 1, ramp(1), out)
    assert trace.faults() == []
    assert [each.kernel for each in trace.launches] == ["_add_up"] * 4
