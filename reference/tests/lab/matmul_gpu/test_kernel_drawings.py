"""The drawing of a launch: its text, its numbers, its frames, and that it fits its paper."""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOptionalSubscript=false, reportOperatorIssue=false

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from reference.lab.matmul_gpu.kernel_drawings import RACE, colour_of, reads_and_writes
from reference.shared import gpu
from reference.shared.plots.style import Picture
from reference.shared.simulators.scheduler import watch
from reference.shared.simulators.trace import Trace

backend = gpu.select()
cuda = backend.cuda

pytestmark = pytest.mark.skipif(
    backend.has_gpu, reason="nothing is traced on a GPU; MLSYS_GPU=0 runs the simulator"
)


@cuda.jit
def copy_kernel(out, a):
    i = cuda.grid(1)
    if i < out.shape[0]:
        out[i] = a[i]


@cuda.jit
def copy2d_kernel(out, a):
    j, i = cuda.grid(2)
    if i < out.shape[0] and j < out.shape[1]:
        out[i, j] = a[i, j]


@cuda.jit
def turned_kernel(out, a):
    tile = cuda.shared.array(8, np.float32)
    i = cuda.threadIdx.x
    tile[i] = a[i]
    out[i] = tile[7 - i]


@cuda.jit
def counting_kernel(out, a):
    cuda.atomic.add(out, a[cuda.grid(1)], 1)


def traced(kernel: Any, grid: Any, block: Any, *args: Any) -> Trace:
    with watch() as trace:
        gpu.launch(kernel, grid, block, *args)
    return trace


def copied(n: int, grid: Any, block: Any) -> Picture:
    return reads_and_writes(traced(copy_kernel, grid, block, np.zeros(n), np.ones(n)))


PICTURES = {
    "one block": lambda: copied(8, 1, 8),
    "one thread": lambda: copied(1, 1, 1),
    "two blocks": lambda: copied(13, 2, 8),
    "many blocks": lambda: copied(90, 23, 4),
    "many warps": lambda: copied(100, 1, 128),
    "matrix": lambda: reads_and_writes(
        traced(copy2d_kernel, (3, 2), (8, 8), np.zeros((10, 21)), np.ones((10, 21)))
    ),
    "race": lambda: reads_and_writes(traced(turned_kernel, 1, 8, np.zeros(8), np.ones(8))),
    "atomic": lambda: reads_and_writes(traced(counting_kernel, 2, 8, np.zeros(3, int), np.arange(16) % 3)),
}


def framed(picture: Picture) -> int:
    boxes = [each for each in picture.figure.axes[0].patches if isinstance(each, Rectangle)]
    return sum(each.get_edgecolor()[:3] == to_rgb(RACE) and not each.get_fill() for each in boxes)


@pytest.mark.parametrize("name", PICTURES)
def test_a_drawn_launch_fits_its_paper(name: str):
    figure = PICTURES[name]().figure
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    assert box is not None
    assert box.x0 >= -0.02
    assert box.y0 >= -0.02
    assert box.x1 <= figure.get_figwidth() + 0.02
    assert box.y1 <= figure.get_figheight() + 0.02


@pytest.mark.parametrize("name", PICTURES)
def test_every_number_of_a_drawn_launch_can_be_read(name: str):
    texts = [text for text in PICTURES[name]().figure.axes[0].texts if text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= 9.5


@pytest.mark.parametrize("name", PICTURES)
def test_no_two_texts_of_a_drawn_launch_overlap(name: str):
    figure = PICTURES[name]().figure
    figure.draw_without_rendering()
    boxes = [text.get_window_extent().shrunk(0.98, 0.8) for text in figure.axes[0].texts if text.get_text()]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])


def test_a_drawn_launch_counts_its_traffic():
    alt = PICTURES["two blocks"]().alt
    assert alt.startswith("copy_kernel: 13 global reads, 13 global writes. ")
    assert "coloured by thread" in alt
    assert "a: 13 reads, 13 elements; out: 13 writes, 13 elements" in alt


def test_a_cell_has_the_colour_and_the_number_of_its_thread():
    picture = copied(5, 1, 8)
    texts = [text.get_text() for text in picture.figure.axes[0].texts]
    assert [texts.count(str(number)) for number in range(8)] == [3] * 5 + [1] * 3  # in the key, in a, in out


@pytest.mark.parametrize(
    ("name", "kind"), [("one block", "thread"), ("many blocks", "block"), ("many warps", "warp")]
)
def test_many_threads_share_colours(name: str, kind: str):
    assert f"Cells coloured by {kind}:" in PICTURES[name]().alt


def test_a_race_is_framed_and_heads_the_picture():
    picture = PICTURES["race"]()
    assert picture.alt.startswith("turned_kernel: a race on 8 elements of tile.")
    assert framed(picture) == 16  # in the map of the reads and in that of the writes
    assert framed(PICTURES["atomic"]()) == 0


def test_atomic_changes_are_writes_that_say_so():
    assert "out: 16 atomic writes, 3 elements" in PICTURES["atomic"]().alt


def test_a_title_takes_the_place_of_the_finding():
    trace = traced(copy_kernel, 1, 8, np.zeros(8), np.ones(8))
    assert reads_and_writes(trace, title="Eight at once").alt.startswith("Eight at once. ")


def test_sixteen_threads_have_colours_that_differ():
    colours = [np.array(colour_of(thread)) for thread in range(16)]
    pairs = [(one, other) for i, one in enumerate(colours) for other in colours[i + 1 :]]
    assert min(np.abs(one - other).max() for one, other in pairs) > 0.1


def test_a_trace_without_a_launch_is_refused():
    with watch() as trace:
        pass
    with pytest.raises(ValueError, match="expected a trace with a launch"):
        reads_and_writes(trace)
