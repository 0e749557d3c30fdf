"""The fifteen puzzles against NumPy, on sizes of all kinds and in any order of threads; and their examples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.lab.matmul_gpu.kernel_drawings import reads_and_writes
from reference.lab.matmul_gpu.puzzle_examples import SIZES, example
from reference.matmul_gpu import puzzles_maps, puzzles_scans, puzzles_shared
from reference.matmul_gpu.puzzles_scans import BINS, SIDE, TILE
from reference.matmul_gpu.puzzles_shared import RADIUS, THREADS
from reference.shared import gpu
from reference.shared.simulators.scheduler import BarrierError, OutOfBoundsError, watch
from reference.tests.effort import tries

backend = gpu.select()

seeds, sizes = st.integers(0, 2**31 - 1), st.integers(1, 40)
examples = tries(12)
simulated = pytest.mark.skipif(
    backend.has_gpu, reason="nothing is traced on a GPU; MLSYS_GPU=0 runs the simulator"
)


def kernel_of(name: str) -> Any:
    homes = (puzzles_maps, puzzles_shared, puzzles_scans)
    return next(getattr(home, name) for home in homes if hasattr(home, name))


def by_blocks(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    def all_of(a: np.ndarray) -> np.ndarray:
        return np.concatenate([change(a[i : i + THREADS]) for i in range(0, len(a), THREADS)])

    return all_of


# What each puzzle asks for, in NumPy; the inputs are whole numbers, so that every order of sums is exact.
WANTED: dict[str, Callable[..., np.ndarray]] = {
    "map": lambda a: a + 10,
    "zip": lambda a, b: a * b,
    "guard": lambda a: 3 * a,
    "map2d": lambda a: np.where(a > 0, a, 0),
    "broadcast": lambda column, row: column + row,
    "blocks": lambda a: 1 - a,
    "shared": by_blocks(lambda part: np.diff(part, prepend=0)),
    "pooling": lambda a: np.convolve(a, [1, 1, 1])[: len(a)],
    "dot": lambda a, b: np.array([a @ b]),
    "conv1d": lambda a, weights: np.correlate(np.pad(a, RADIUS), weights),
    "prefix_sum": by_blocks(np.cumsum),
    "axis_sum": lambda a: a.sum(axis=1),
    "matmul": lambda a, b: a @ b,
    "histogram": lambda a: np.bincount(a, minlength=BINS),
    "transpose": lambda a: a.T,
}


def whole(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-9, 10, shape).astype(np.float32)


def played(
    name: str, grid: Any, block: Any, shape: tuple[int, ...], args: tuple[np.ndarray, ...], order: int
) -> None:
    """Launch the puzzle in a shuffled order, and compare; no race, no garbage."""
    counts = name == "histogram"
    out = np.zeros(shape, np.int32) if counts else np.full(shape, np.nan, np.float32)
    if backend.has_gpu:
        gpu.launch(kernel_of(f"{name}_kernel"), grid, block, out, *args)
    else:
        with watch(order) as trace:
            gpu.launch(kernel_of(f"{name}_kernel"), grid, block, out, *args)
        assert trace.faults() == []
    np.testing.assert_array_equal(out, WANTED[name](*args))


@pytest.mark.parametrize("name", SIZES)
def test_every_example_comes_out_right(name: str):
    _, grid, block, out, args = example(name, np.random.default_rng(3))
    played(name, grid, block, out.shape, args, order=5)


@pytest.mark.parametrize("name", ["map", "zip", "guard"])
@given(n=sizes, seed=seeds)
@examples
def test_maps_of_one_block(name: str, n: int, seed: int):
    args = (whole(seed, n), whole(seed + 1, n))[: 2 if name == "zip" else 1]
    played(name, 1, n + 3 if name == "guard" else n, (n,), args, seed)


@pytest.mark.parametrize("name", ["map2d", "broadcast"])
@given(m=st.integers(1, 20), n=st.integers(1, 20), seed=seeds)
@examples
def test_maps_with_two_axes(name: str, m: int, n: int, seed: int):
    grid = (-(-n // 8), -(-m // 8))
    args = (whole(seed, m, n),) if name == "map2d" else (whole(seed, m, 1), whole(seed + 1, 1, n))
    played(name, grid, (8, 8), (m, n), args, seed)


@pytest.mark.parametrize("name", ["shared", "conv1d", "prefix_sum"])
@given(n=sizes, seed=seeds)
@examples
def test_blocks_side_by_side(name: str, n: int, seed: int):
    args = (whole(seed, n), whole(seed + 1, 2 * RADIUS + 1))[: 2 if name == "conv1d" else 1]
    played(name, -(-n // THREADS), THREADS, (n,), args, seed)


@given(grid=st.integers(1, 5), n=sizes, seed=seeds)
@examples
def test_any_grid_will_do_for_a_stride(grid: int, n: int, seed: int):
    played("blocks", grid, THREADS, (n,), (whole(seed, n),), seed)
    values = np.random.default_rng(seed).integers(0, BINS, n).astype(np.int32)
    played("histogram", grid, THREADS, (BINS,), (values,), seed)


@given(n=sizes, rows=st.integers(1, 4), seed=seeds)
@examples
def test_one_block_one_result(n: int, rows: int, seed: int):
    played("dot", 1, THREADS, (1,), (whole(seed, n), whole(seed + 1, n)), seed)
    played("axis_sum", rows, THREADS, (rows,), (whole(seed, rows, n),), seed)
    short = min(n, THREADS)
    played("pooling", 1, THREADS, (short,), (whole(seed, short),), seed)


@given(m=st.integers(1, 9), k=st.integers(1, 9), n=st.integers(1, 9), seed=seeds)
@examples
def test_products_of_any_size(m: int, k: int, n: int, seed: int):
    grid = (-(-n // TILE), -(-m // TILE))
    played("matmul", grid, (TILE, TILE), (m, n), (whole(seed, m, k), whole(seed + 1, k, n)), seed)


@given(m=st.integers(1, 40), n=st.integers(1, 40), seed=seeds)
@tries(4)
def test_turned_matrices_of_any_size(m: int, n: int, seed: int):
    grid = (-(-n // SIDE), -(-m // SIDE))
    played("transpose", grid, (SIDE, SIDE), (n, m), (whole(seed, m, n),), seed)


@simulated
def test_the_transposition_is_whole_rows_without_conflicts():
    _, grid, block, out, args = example("transpose", np.random.default_rng(0))
    with watch() as trace:
        gpu.launch(kernel_of("transpose_kernel"), grid, block, out, *args)
    assert trace.efficiency("a") == trace.efficiency("out") == 1
    assert trace.bank_ways() == 1


@simulated
def test_what_a_launch_does_not_fit_is_refused():
    short = np.zeros(5, np.float32)
    with pytest.raises(OutOfBoundsError, match=r"a\[5\] .*but a has shape \(5,\)"):
        gpu.launch(kernel_of("map_kernel"), 1, 8, np.zeros(8, np.float32), short)
    assert issubclass(BarrierError, RuntimeError)


@simulated
@pytest.mark.parametrize("name", SIZES)
def test_every_puzzle_can_be_drawn(name: str):
    kernel, grid, block, out, args = example(name, np.random.default_rng(1))
    with watch() as trace:
        gpu.launch(kernel_of(kernel), grid, block, out, *args)
    picture = reads_and_writes(trace)
    assert picture.alt.startswith(f"{kernel}: ")
    assert "race" not in picture.alt
    picture.figure.draw_without_rendering()


def test_an_example_holds_no_answer():
    for name in SIZES:
        out = example(name, np.random.default_rng(2)).out
        assert not out.any() if name == "histogram" else np.isnan(out).all()


def test_an_unknown_puzzle_is_named():
    with pytest.raises(ValueError, match=r"expected one of map, zip, .*, got 'sort'"):
        example("sort", np.random.default_rng(0))
