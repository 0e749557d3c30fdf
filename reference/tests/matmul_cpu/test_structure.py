"""What the rungs claim about themselves: a plan that covers all work once, and vector instructions."""

from __future__ import annotations

import platform
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit, types

from reference.matmul_cpu import blocked, recursive
from reference.matmul_cpu.recursive import ASPECT, LEAF, TASK_LEVELS, Block
from reference.tests.effort import tries

sides = st.integers(0, 2000)


def volume(block: Block) -> int:
    i0, i1, p0, p1, j0, j1 = block
    return (i1 - i0) * (p1 - p0) * (j1 - j0)


def overlap(x: Block, y: Block) -> bool:
    """Whether two blocks share a multiply-add."""
    return all(max(x[s], y[s]) < min(x[s + 1], y[s + 1]) for s in (0, 2, 4))


@given(m=sides, k=sides, n=sides)
@tries(50)
def test_the_leaves_cover_the_work_once(m: int, k: int, n: int):
    whole = Block(0, m, 0, k, 0, n)
    leaves: list[Block] = []
    recursive._divide(whole, leaves)
    assert sum(map(volume, leaves)) == volume(whole)
    if len(leaves) <= 200:
        assert not any(overlap(x, y) for at, x in enumerate(leaves) for y in leaves[:at])
    for i0, i1, p0, p1, j0, j1 in leaves:
        assert 0 <= i0 <= i1 <= m
        assert 0 <= p0 <= p1 <= k
        assert 0 <= j0 <= j1 <= n
        assert max(i1 - i0, p1 - p0, (j1 - j0) // ASPECT) <= LEAF


@given(m=sides, n=sides)
@tries(50)
def test_tasks_write_to_different_parts_of_c(m: int, n: int):
    tasks = recursive._tasks(Block(0, m, 0, 1, 0, n), TASK_LEVELS)
    assert len(tasks) == 2**TASK_LEVELS
    assert sum(map(volume, tasks)) == m * n
    assert not any(overlap(x, y) for at, x in enumerate(tasks) for y in tasks[:at])


def test_halves_of_the_depth_stay_in_one_task():
    for _, _, p0, p1, _, _ in recursive._tasks(Block(0, 500, 0, 9999, 0, 500), TASK_LEVELS):
        assert (p0, p1) == (0, 9999)


@pytest.mark.parametrize("dtype", [types.float32, types.float64], ids=str)
def test_llvm_vectorizes_the_register_tile(dtype: types.Float):
    """The tile's loop multiplies and adds whole vectors: 16 FMAs, and none on a single number in the loop."""
    matrix, index = types.Array(dtype, 2, "C"), types.intp
    # Compiled here: a kernel from the cache brings no assembly to look at.
    tile = njit(fastmath=blocked._tile.targetoptions["fastmath"])(blocked._tile.py_func)
    tile.compile((matrix, matrix, matrix, index, index, index, index))
    code = next(iter(tile.inspect_asm().values()))
    if platform.machine() == "x86_64":
        fused = len(re.findall(r"vfn?madd\d+p[sd]\s.*[yz]mm", code))
        plain = len(re.findall(r"v?mulp[sd]\s.*[xyz]mm", code))
    else:
        fused = len(re.findall(r"fmla\s+v\d+", code))
        plain = len(re.findall(r"fmul\s+v\d+", code))
    assert fused >= 16 or plain >= 16


def test_a_tile_below_the_last_row_of_a_is_dropped():
    """Five rows make a second tile, of which three rows do not exist: c ends where it ends."""
    frame = np.full((9, 6), 7.0)
    c = frame[2:7]
    c[:] = 0
    blocked._register_blocked(np.ones((5, 8)), np.ones((8, 6)), c)
    assert (c == 8).all()
    assert (frame[:2] == 7).all()
    assert (frame[7:] == 7).all()
