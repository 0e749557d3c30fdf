"""The drawings of sectors, banks and tile orders: from real traces, the same each time, and what they refuse."""

# To a type checker a kernel is the Python function it was written as.
# pyright: reportArgumentType=false, reportCallIssue=false, reportOptionalSubscript=false, reportFunctionMemberAccess=false

import numpy as np
import pytest

from reference.lab.matmul_gpu.memory_drawings import (
    bank_conflicts,
    coalescing,
    request_of,
    tile_orders,
)
from reference.shared import gpu
from reference.shared.simulators.scheduler import watch
from reference.shared.simulators.trace import WRITE
from reference.tests.effort import one_of_each
from reference.tests.shared.pictures import assert_same_each_time, assert_stays_on_paper

backend = gpu.select()
cuda = backend.cuda

pytestmark = pytest.mark.skipif(backend.has_gpu, reason="needs the simulator: nothing is traced on a GPU")


@cuda.jit
def down(a, out):
    i = cuda.grid(1)
    if i < a.shape[0]:
        out[i] = a[i, 0]


@cuda.jit
def along(a, out):
    i = cuda.grid(1)
    if i < a.shape[1]:
        out[i] = a[0, i]


@cuda.jit
def column_of_tile(a, out):
    tile = cuda.shared.array((32, 32), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    tile[y, x] = a[y, x]
    cuda.syncthreads()
    out[y, x] = tile[x, y]


@cuda.jit
def column_of_padded_tile(a, out):
    tile = cuda.shared.array((32, 33), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    tile[y, x] = a[y, x]
    cuda.syncthreads()
    out[y, x] = tile[x, y]


def requests(dtype: type = np.float32):
    found = {}
    for kernel in (down, along):
        with watch() as trace:
            gpu.launch(kernel, 1, 32, np.ones((32, 64), dtype), np.ones(64, dtype))
        found[kernel.py_func.__name__] = request_of(trace, "a")
    return found


def tiles():
    found = {}
    for name, kernel in (("32 x 32", column_of_tile), ("32 x 33", column_of_padded_tile)):
        with watch() as trace:
            gpu.launch(kernel, 1, (32, 32), np.ones((32, 32), np.float32), np.ones((32, 32), np.float32))
        found[name] = request_of(trace, "tile")
    return found


def bands_of_three(side: int) -> list[tuple[int, int]]:
    """side x side tiles, three rows together, column by column."""
    tiles = ((row, column) for row in range(side) for column in range(side))
    return sorted(tiles, key=lambda tile: (tile[0] // 3, tile[1], tile[0]))


ROWS = [divmod(number, 9) for number in range(81)]
PICTURES = {
    "coalescing": lambda: coalescing(requests()),
    "coalescing of float64": lambda: coalescing(requests(np.float64)),
    "banks": lambda: bank_conflicts(tiles()),
    "order": lambda: tile_orders(
        {"row by row": ROWS, "groups of 3 rows": bands_of_three(9)}, tiles_m=9, tiles_n=9, programs=9
    ),
}


@pytest.mark.parametrize("name", one_of_each(PICTURES, "coalescing"))
def test_a_picture_is_the_same_each_time_and_stays_on_its_paper(name, tmp_path):
    assert_same_each_time(PICTURES[name], tmp_path)
    assert_stays_on_paper(PICTURES[name]())


def test_the_sectors_are_told():
    told = PICTURES["coalescing"]().alt
    assert told.startswith("Share of the moved bytes that a warp uses: down 12.5 %, along 100 %")
    assert "down: 32 sectors, 1024 bytes moved, 128 used" in told
    assert "along: 4 sectors, 128 bytes moved, 128 used" in told
    assert "along: 8 sectors, 256 bytes moved, 256" in PICTURES["coalescing of float64"]().alt


def test_the_turns_are_told():
    assert PICTURES["banks"]().alt.startswith("32 x 32: 32 turns, 32 x 33: 1 turn")


def test_an_instruction_stays_one_when_python_speeds_it_up():
    """Python rewrites a subscript that it met some times, and then reports another offset for it."""
    for _ in range(3):
        each = requests()["down"]
        assert sorted(each.lanes) == list(range(32))
        assert each.sectors == 32


@pytest.mark.parametrize("sides", [(16, 16), (33, 65), (512, 512)])
def test_where_numpy_put_an_array_does_not_matter(sides):
    """On a GPU every array begins at a multiple of 256 bytes; a part of one begins where it lies in the whole."""
    for _ in range(4):
        whole = np.ones(sides, np.float32)
        for part, sectors in ((whole[:, :16], 2), (whole[:, 4:12], 2), (whole[:, 8:16], 1)):
            with watch() as trace:
                gpu.launch(along, 1, 32, part, np.ones(64, np.float32))
            assert request_of(trace, "a").sectors == sectors


def test_requests_are_found_by_kind_and_number():
    with watch() as trace:
        gpu.launch(column_of_tile, 1, (32, 32), np.ones((32, 32), np.float32), np.ones((32, 32), np.float32))
    assert request_of(trace, "tile", kind=WRITE).ways == 1
    with pytest.raises(ValueError, match="expected nth below 1, the number of requests for 'tile', got 1"):
        request_of(trace, "tile", nth=1)
    with pytest.raises(KeyError, match="expected one of a, out, tile, got 'c'"):
        request_of(trace, "c")
    with pytest.raises(ValueError, match="the number of requests for 'out', got 0"):
        request_of(trace, "out")


def test_the_example_of_the_triton_tutorial():
    """9 x 9 tiles: nine programs in a row read 1 + 9 strips (90 tiles), in groups of three 3 + 3 (54 tiles)."""
    told = PICTURES["order"]().alt
    assert told.startswith("Strips of A and B that 9 programs read: 10 row by row, 6 groups of 3 rows")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: coalescing({}), "expected at least one request, got none"),
        (
            lambda: coalescing({"mine": tiles()["32 x 32"]}),
            "a request of 'mine' to global memory, got tile in shared",
        ),
        (
            lambda: bank_conflicts({"mine": requests()["down"]}),
            "a request of 'mine' to shared memory, got a in global",
        ),
        (lambda: tile_orders({"mine": ROWS}, programs=82), "expected 82 tiles or more"),
        (lambda: tile_orders({"mine": ROWS}, tiles_n=8), "all inside 16 x 8, for 'mine'"),
        (lambda: tile_orders({"mine": []}), "expected 32 tiles or more"),
    ],
)
def test_bad_input_is_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
