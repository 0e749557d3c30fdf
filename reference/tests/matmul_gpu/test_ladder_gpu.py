"""The matmul ladder against NumPy in float64: any order of threads, bad input, and what each rung asks of memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.judge.checking import product_and_bound
from reference.matmul_gpu import registers, tiled, wide
from reference.matmul_gpu.direct import coalesced, naive
from reference.matmul_gpu.operands import address, ceil_div, check_operands, contiguous, padded, product
from reference.matmul_gpu.registers import register_tiled
from reference.matmul_gpu.tiled import shared_tiled
from reference.matmul_gpu.wide import vectorized
from reference.shared import gpu
from reference.shared.simulators.scheduler import watch
from reference.shared.simulators.trace import READ, Trace
from reference.tests.effort import tries

backend = gpu.select()

Rung = Callable[[Any, Any], Any]
RUNGS = (naive, coalesced, shared_tiled, register_tiled, vectorized)
every_rung = pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.__name__)
simulated = pytest.mark.skipif(
    backend.has_gpu, reason="nothing is counted on a GPU: start it with MLSYS_GPU=0"
)
side, depth = st.integers(0, 40), st.integers(0, 20)
# Around the sides of blocks (8, 32) and stops (8), and empty.
EDGES = (
    *((0, 3, 2), (3, 0, 2), (3, 2, 0), (0, 0, 0), (1, 1, 1)),
    *((7, 8, 9), (8, 8, 8), (9, 7, 33), (32, 16, 32), (33, 15, 31), (1, 17, 40), (40, 1, 1)),
)


def reals(seed: int, m: int, k: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((m, k)).astype(np.float32), rng.standard_normal((k, n)).astype(np.float32)


def assert_product(got: Any, a: np.ndarray, b: np.ndarray) -> None:
    """Each element within the error bound of the product in float64."""
    want, bound = product_and_bound(a, b)
    assert got.dtype == np.float32
    assert got.shape == (a.shape[0], b.shape[1])
    assert (np.abs(got - want) <= bound).all()


def traced(rung: Rung, a: np.ndarray, b: np.ndarray, order: Any = "forward") -> Trace:
    with watch(order) as trace:
        assert_product(rung(a, b), a, b)
    assert trace.faults() == []
    return trace


@every_rung
@given(m=side, k=depth, n=side, seed=st.integers(0, 2**32 - 1))
@tries(6)
def test_any_sizes(rung: Rung, m: int, k: int, n: int, seed: int):
    a, b = reals(seed, m, k, n)
    before = a.copy(), b.copy()
    assert_product(rung(a, b), a, b)
    assert all((x == y).all() for x, y in zip(before, (a, b), strict=True)), "the operands are only read"


@every_rung
@pytest.mark.parametrize("size", EDGES, ids=str)
def test_edges(rung: Rung, size: tuple[int, int, int]):
    assert_product(rung(*reals(3, *size)), *reals(3, *size))


@simulated
@every_rung
@pytest.mark.parametrize("order", ["backward", 5])
def test_every_order_gives_the_same_bits(rung: Rung, order: Any):
    a, b = reals(1, 13, 18, 35)
    want = rung(a, b)
    with watch(order) as trace:
        got = rung(a, b)
    assert trace.faults() == []
    assert (got == want).all()


@every_rung
def test_all_rungs_add_in_the_same_order(rung: Rung):
    a, b = reals(2, 9, 21, 34)
    got = rung(a, b)
    assert np.allclose(got, naive(a, b), rtol=0, atol=1e-5)
    assert (got == naive(a, b)).all() or backend.has_gpu  # where a GPU fuses, each rung rounds in its own way


@pytest.mark.filterwarnings("ignore:invalid value")
@every_rung
def test_not_numbers_stay_in_their_rows_and_columns(rung: Rung):
    a, b = reals(4, 9, 11, 13)
    a[4, 10], b[0, 12] = np.nan, -np.inf
    bad = np.zeros((9, 13), bool)
    bad[4], bad[:, 12] = True, True
    got = rung(a, b)
    assert (np.isfinite(got) == ~bad).all()
    assert np.isnan(got[4]).all()


@every_rung
def test_any_strides(rung: Rung):
    rng = np.random.default_rng(5)
    a = rng.standard_normal((22, 30)).astype(np.float32)[::2, ::-3]
    b = np.asfortranarray(rng.standard_normal((10, 9)).astype(np.float32))
    assert_product(rung(a, b), a, b)
    whole = rng.standard_normal((33, 33)).astype(np.float32)
    assert_product(rung(whole[1:, 1:], whole[1:, :32]), whole[1:, 1:], whole[1:, :32])


@every_rung
def test_tensors_give_tensors(rung: Rung):
    a, b = (torch.from_numpy(x).to(backend.device) for x in reals(6, 5, 7, 6))
    got = rung(a, b)
    assert isinstance(got, torch.Tensor)
    assert got.device.type == backend.device
    assert got.is_contiguous()
    torch.testing.assert_close(got, a @ b)
    torch.testing.assert_close(rung(b.T, a.T), b.T @ a.T)
    grad = a.clone().requires_grad_()
    torch.testing.assert_close(rung(grad, b), a @ b)


@every_rung
@pytest.mark.parametrize(
    ("a", "b", "error", "said"),
    [
        ([[1.0]], np.ones((1, 1), "f"), TypeError, "a: expected a NumPy array or a torch tensor, got list"),
        (
            np.ones((1, 1), "f"),
            np.ones((1, 1)),
            TypeError,
            "b: expected dtype float32, got float64; try b.astype",
        ),
        (
            torch.ones(1, 1).half(),
            torch.ones(1, 1),
            TypeError,
            "a: expected dtype float32, got float16; try a.float",
        ),
        (np.ones((1, 1), "f"), torch.ones(1, 1), TypeError, "one kind, got a NumPy array and a torch tensor"),
        (np.ones(3, "f"), np.ones((3, 1), "f"), ValueError, r"a: expected 2 dimensions, got shape \(3,\)"),
        (
            np.ones((2, 3), "f"),
            np.ones((2, 3), "f"),
            ValueError,
            r"columns in a as rows in b, got shapes \(2, 3\)",
        ),
        (
            torch.ones(1, 1, device="meta"),
            torch.ones(1, 1),
            ValueError,
            "a: expected a tensor on .*, got 'meta'",
        ),
    ],
)
def test_bad_operands_are_refused(rung: Rung, a: Any, b: Any, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        rung(a, b)


def test_padding_copies_only_what_it_must():
    a = np.ones((8, 8), np.float32)
    assert padded(a, 4, 8) is a
    wider = padded(a, 3, 5)
    assert wider.shape == (9, 10)
    assert wider.sum() == 64
    assert padded(np.ones((2, 3), np.float32), 2, 4)[:, 3].tolist() == [0, 0]
    moved = np.ones(65, np.float32)[1:].reshape(8, 8)
    assert address(padded(moved, 4, 4)) % 16 == 0
    assert contiguous(a.T) is not a
    assert contiguous(a) is a
    assert [ceil_div(n, 4) for n in (0, 1, 4, 5)] == [0, 1, 1, 2]
    assert check_operands(a, a) == (8, 8, 8)


def test_nothing_is_launched_where_there_is_nothing_to_add():
    a, b = reals(0, 3, 0, 2)
    assert (product(None, a, b, (1, 1), 1) == 0).all()


# ---- what each rung asks of memory


@simulated
def test_rungs_1_and_2_read_the_same_and_move_another_amount():
    a, b = reals(0, 32, 8, 32)
    one, two = traced(naive, a, b), traced(coalesced, a, b)
    assert one.counts() == two.counts() == (2 * 32 * 8 * 32, 32 * 32)
    assert (one.efficiency("a"), one.efficiency("b"), one.efficiency("c")) == (1 / 8, 1 / 8, 1 / 8)
    assert (two.efficiency("a"), two.efficiency("b"), two.efficiency("c")) == (1 / 8, 1, 1)
    assert one.sectors("a") == 32 * two.sectors("a")


@simulated
def test_rung_3_reads_global_memory_a_tile_side_times_less():
    m, k, n, side = 32, 24, 16, tiled.TILE
    trace = traced(shared_tiled, *reals(0, m, k, n), order=3)
    assert trace.counts("a") == (m * k * n // side, 0)
    assert trace.counts("b") == (m * k * n // side, 0)
    assert trace.efficiency() == 1
    assert trace.bank_ways() == 1
    assert shared_reads(trace) == 2 * m * k * n
    assert trace.epoch == 2 * k // side


@simulated
def test_rung_4_reads_shared_memory_a_thread_tile_times_less():
    m, k, n = registers.ROWS, 2 * registers.DEPTH, 2 * registers.COLUMNS
    trace = traced(register_tiled, *reals(0, m, k, n), order=3)
    assert trace.counts("a") == (m * k * n // registers.COLUMNS, 0)
    assert trace.counts("b") == (m * k * n // registers.ROWS, 0)
    assert trace.efficiency() == 1
    assert trace.bank_ways() == 1
    assert shared_reads(trace) == m * k * n // registers.ROWS_EACH + m * k * n // registers.COLUMNS_EACH


@simulated
def test_rung_5_reads_by_fours_and_passes_one_barrier_a_tile():
    m, k, n = 2 * wide.ROWS, 3 * wide.DEPTH, wide.COLUMNS
    trace = traced(vectorized, *reals(0, m, k, n), order=3)
    assert trace.counts("a") == (m * k * n // wide.COLUMNS, 0)
    assert trace.counts("b") == (m * k * n // wide.ROWS, 0)
    reads = [each for each in trace.requests(*trace.global_spaces()) if each.kind == READ]
    assert {len(each.places) for each in reads} == {128}
    assert trace.efficiency() == 1
    assert trace.epoch == k // wide.DEPTH
    assert shared_reads(trace) == 2 * m * k * n // wide.EACH
    steps = [each for each in trace.requests(*trace.shared_spaces()) if each.kind == READ]
    assert {each.ways for each in steps} == {1}
    assert trace.launches[0].shared_bytes == 8 * wide.DEPTH * (wide.PITCH + wide.COLUMNS)


def shared_reads(trace: Trace) -> int:
    return sum(use.kind == READ for space in trace.shared_spaces() for use in space.accesses)
