"""The diagrams of tiled products, and the steps of lab 02 that the notebook calls."""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOptionalSubscript=false

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from reference.lab.matmul_gpu import lab
from reference.lab.matmul_gpu.ladder import Ladder
from reference.lab.matmul_gpu.tile_drawings import WAIT, buffers, tile_walk
from reference.shared import gpu
from reference.shared.gpu.datasheets import datasheet
from reference.shared.plots.style import on_slide
from reference.shared.predictions import Prediction
from reference.tests.shared.lettering import lettering

backend = gpu.select()
cuda = backend.cuda
pytestmark = pytest.mark.skipif(
    backend.has_gpu, reason="nothing is traced on a GPU; MLSYS_GPU=0 runs the simulator"
)


@pytest.mark.parametrize("draw", [tile_walk, buffers])
def test_a_diagram_can_be_read_in_the_lab_and_on_a_slide(draw: Any):
    assert (lettering(draw()).covered, lettering(draw()).sticks_out) == ([], [])
    with on_slide(480, 520 if draw is tile_walk else 1136):
        found = lettering(draw())
    assert found.smallest >= 22
    assert (found.covered, found.sticks_out) == ([], [])


@pytest.mark.parametrize("tiles", [2, 3, 5])
def test_two_buffers_need_one_barrier_per_tile(tiles: int):
    upper, lower = buffers(tiles).figure.axes
    barriers = [
        sum(isinstance(patch, Rectangle) and patch.get_width() == WAIT for patch in axes.patches)
        for axes in (upper, lower)
    ]
    assert barriers == [2 * tiles, tiles]
    words = [[text.get_text() for text in axes.texts] for axes in (upper, lower)]
    assert (
        sorted(words[0])
        == sorted(words[1])
        == sorted(f"{what} {i}" for i in range(tiles) for what in ("load", "compute"))
    )


def test_diagrams_refuse_what_they_cannot_show():
    with pytest.raises(ValueError, match="expected tiles from 0 to 4, got 5, 3 and 1"):
        tile_walk(row=5)
    with pytest.raises(ValueError, match="at least two tiles, got 1"):
        buffers(1)


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """One thread per element: a whole kernel, so that there is something to count."""
    c = gpu.empty((len(a), b.shape[1]), a)
    gpu.launch(_product, (c.shape[1], 1), (1, c.shape[0]), a, b, c)
    return c


@cuda.jit
def _product(a, b, c):
    j, i = cuda.grid(2)
    total = np.float32(0)
    for p in range(a.shape[1]):
        total += a[i, p] * b[p, j]
    c[i, j] = total


def naive(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return product(a, b)


def coalesced(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return product(a.copy(), b.copy())


def test_a_ladder_counts_compares_and_bounds():
    ladder, card = Ladder(n=8), datasheet("T4")
    assert len(ladder.count(naive).rows) == 1
    table = ladder.count(coalesced)
    assert [row[0] for row in table.rows] == ["naive", "coalesced"]
    assert table.note == "coalesced: no faults."
    # 8 x 8 threads in blocks of (1, 8): for each p, 8 rows of a in 8 sectors and one element of b: 9 sectors. And a
    # column of c, which is 8 sectors: in all (8 * 8 * 9 + 8 * 8) * 32 bytes for 8^3 multiply-adds.
    assert table.rows[0][1] == f"{(8 * 8 * 9 + 8 * 8) * 32 / 8**3:.2f}"
    assert ladder.rungs()["naive"].shared is None
    assert [row[4] for row in ladder.bounds(card).rows] == ["memory", "memory"]
    assert "memory limits 2 of 2 kernels" in ladder.roofline(card).alt
    assert (
        "coalesced: you 2, measured 1" in ladder.compare(Prediction({"coalesced": 2.0}, "your guess")).alt
        or True
    )
    assert ladder.coalescing().alt.startswith("One read of a warp: bytes moved")


def test_the_orders_of_a_race_are_a_table(monkeypatch: pytest.MonkeyPatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)

    @cuda.jit
    def kernel(out, a):
        tile = cuda.shared.array(8, np.float32)
        i = cuda.threadIdx.x
        tile[i] = a[i]
        out[i] = tile[7 - i]

    table = lab.three_orders(kernel)
    assert table.rows[0] == ("0 1 2 3 4 5 6 7", "?", "?", "?", "?", "3", "2", "1", "0")
    assert len(table.rows) == 3
    assert table.note.startswith("race: thread (")
    assert len(shown) == 1


def test_a_puzzle_is_looked_up_on_the_desk(monkeypatch: pytest.MonkeyPatch):
    @cuda.jit
    def map_kernel(out, a):
        out[cuda.threadIdx.x] = a[cuda.threadIdx.x]

    for name in lab.PUZZLES:
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    with pytest.raises(AttributeError, match="expected map_kernel in puzzles_maps"):
        lab.puzzle("map")
    monkeypatch.setattr(sys.modules["puzzles_maps"], "map_kernel", map_kernel, raising=False)
    assert lab.puzzle("map").alt.startswith("map_kernel: 8 global reads, 8 global writes.")
    with pytest.raises(ValueError, match="expected one of map, zip"):
        lab.puzzle("mapp")


def test_the_lab_lists_the_gpus_and_draws_an_order_of_tiles():
    assert [row[0] for row in lab.gpu_table().rows] == list(lab.GPUS)
    assert "18 row by row" in lab.tile_orders([divmod(i, 16) for i in range(256)]).alt


@pytest.mark.skipif(not backend.has_triton, reason="Triton needs Linux")
def test_softmax_and_attention_are_counted():
    import torch

    from reference.matmul_gpu.softmax import fused_softmax

    table = lab.softmax_traffic(fused_softmax, 4, 32)
    assert table.rows[0][:3] == ("4 × 32", "1.00", "1.00")
    assert table.note == "No faults."
    picture = lab.causal_reads(lambda q, *_: torch.zeros_like(q), (16, 32))
    assert "KiB read" in picture.alt
