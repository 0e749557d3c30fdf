"""Tasks 02.16 to 02.20: the matmul ladder in CUDA.

Each rung is checked on sizes that test one thing at a time: several blocks; several iterations along k; a partial tile
of C; a partial last iteration. The simulator counts the memory accesses of a rung, which show its idea. On a GPU
nothing is counted, and only the values are checked.
"""

from __future__ import annotations

import numpy as np
import pytest
from front import look
from ladder_play import at_least, at_most, check_empty, check_not_numbers, check_sizes, counts
from oracle import matrices
from replays import orders

# The blocks of the rungs on the simulator, (rows, columns) of C; and the depth of an iteration.
DIRECT, TILE, LARGE, DEPTH = (8, 32), 8, 32, 8
EACH = 4  # rows, and columns, of one thread in rungs 4 and 5
SLACK = 1.1  # allowed reads, relative to the ideal
BLOCKS = "Compute the block's own rows and columns of C from blockIdx."
RAGGED = "The grid has whole blocks, so some threads are outside of C. They must not access memory."


# ---- 02.16: one thread per element


@pytest.mark.task("02.16")
def test_naive(student, rng):
    look(student, "cuda", ("naive", *matrices(rng, 9, 5, 7)))
    hint = "row, column = cuda.grid(2), and c[row, column] is the sum over p of a[row, p] * b[p, column]."
    check_sizes(student, rng, "naive", ((64, 5, 24), (96, 9, 8), (37, 5, 11)), hint)


@pytest.mark.hidden
@pytest.mark.task("02.16")
def test_naive_edges(student, rng):
    check_sizes(student, rng, "naive", ((1, 1, 1), (5, 7, 3), (31, 2, 7)), RAGGED, orders(rng))
    check_not_numbers(student, rng, "naive", 6, 4, 5)
    check_empty(student, "naive")


@pytest.mark.task("02.16")
def test_naive_counts(student, rng):
    """Every thread reads a row and a column once, and writes once; its x runs along the rows of C."""
    m, k, n = 32, 6, 8
    found = counts(student, "naive", *matrices(rng, m, k, n))
    hint = "Add up in a local variable, and write to c once, at the end."
    at_most(found, "reads", 2 * m * k * n, "elements of global memory read", hint)
    # 32 threads in 32 rows of C write to 32 sectors of 8 elements each, for one element in each.
    hint = "In this rung the thread's x is the row of C, so that you can see the cost of that mapping."
    at_most(found, "efficiency", 0.2, "share of the bytes moved to c that the threads write", hint, "c")


# ---- 02.17: coalesced reads


@pytest.mark.task("02.17")
def test_coalesced(student, rng):
    look(student, "cuda", ("coalesced", *matrices(rng, 9, 5, 7)))
    hint = f"{BLOCKS} The grid counts columns of blocks along x, and rows of blocks along y."
    check_sizes(student, rng, "coalesced", ((8, 5, 96), (24, 9, 32), (11, 5, 39)), hint)


@pytest.mark.hidden
@pytest.mark.task("02.17")
def test_coalesced_edges(student, rng):
    hint = f"{RAGGED} And the grid must cover the last row and column: round up."
    check_sizes(student, rng, "coalesced", ((1, 1, 1), (3, 7, 5), (7, 2, 31)), hint, orders(rng))
    check_not_numbers(student, rng, "coalesced", 5, 4, 6)
    check_empty(student, "coalesced")


@pytest.mark.task("02.17")
def test_coalesced_neighbours(student, rng):
    """A warp's 32 threads read 32 neighbours of b, and write 32 neighbours of c: 4 sectors, all bytes used."""
    m, k, n = 8, 6, 32
    found = counts(student, "coalesced", *matrices(rng, m, k, n))
    hint = "Let threads with consecutive threadIdx.x compute consecutive columns."
    for array, verb in (("b", "read"), ("c", "write")):
        at_least(
            found,
            "efficiency",
            0.99,
            f"share of the bytes moved for {array} that the threads {verb}",
            hint,
            array,
        )
    hint = "Read one row of a and one column of b per thread, once."
    at_most(found, "reads", 2 * m * k * n, "elements of global memory read", hint)


# ---- 02.18: tiles in shared memory


@pytest.mark.task("02.18")
def test_shared_tiled(student, rng):
    look(student, "cuda", ("shared_tiled", *matrices(rng, 9, 5, 7)))
    check_sizes(
        student,
        rng,
        "shared_tiled",
        ((TILE, TILE, 3 * TILE), (2 * TILE, TILE, 4 * TILE), (TILE + 3, 5, TILE + 5)),
        BLOCKS,
    )


@pytest.mark.task("02.18")
def test_shared_tiled_stops(student, rng):
    hint = "Read a tile only after all threads have written it, and overwrite it only after all have read it."
    check_sizes(student, rng, "shared_tiled", ((TILE, 4 * TILE, TILE),), hint, orders(rng))


@pytest.mark.hidden
@pytest.mark.task("02.18")
def test_shared_tiled_edges(student, rng):
    hint = f"{RAGGED} But they must reach every barrier."
    check_sizes(student, rng, "shared_tiled", ((5, TILE, 7), (1, TILE, 3)), hint, orders(rng))
    check_not_numbers(student, rng, "shared_tiled", 5, TILE, 6)
    check_empty(student, "shared_tiled")


@pytest.mark.hidden
@pytest.mark.task("02.18")
def test_shared_tiled_last_stop(student, rng):
    hint = (
        "Fill the part of the last tile outside of a or b with zeros: all TILE columns and rows are added up."
    )
    check_sizes(student, rng, "shared_tiled", ((TILE, 5, TILE), (TILE, 1, TILE)), hint, orders(rng))


@pytest.mark.task("02.18")
def test_shared_tiled_reads(student, rng):
    """Each element of a is loaded once for every column of blocks, each of b once for every row of blocks."""
    m, k, n = 2 * TILE, 2 * TILE, 2 * TILE
    found = counts(student, "shared_tiled", *matrices(rng, m, k, n))
    most = SLACK * 2 * m * k * n / TILE
    hint = "Load one element of a and one of b per thread and iteration; read the operands from the tiles."
    at_most(found, "reads", most, "elements of global memory read", hint)


# ---- 02.19: tiles in registers


@pytest.mark.task("02.19")
def test_register_tiled(student, rng):
    look(student, "cuda", ("register_tiled", *matrices(rng, 9, 5, 7)))
    check_sizes(
        student,
        rng,
        "register_tiled",
        ((LARGE, DEPTH, 2 * LARGE), (2 * LARGE, DEPTH, LARGE), (LARGE + 5, 5, LARGE + 11)),
        BLOCKS,
    )


@pytest.mark.task("02.19")
def test_register_tiled_stops(student, rng):
    hint = "Read a tile only after all threads have written it, and overwrite it only after all have read it."
    check_sizes(student, rng, "register_tiled", ((LARGE, 3 * DEPTH, LARGE),), hint, orders(rng))


@pytest.mark.hidden
@pytest.mark.task("02.19")
def test_register_tiled_edges(student, rng):
    check_sizes(student, rng, "register_tiled", ((21, DEPTH, 27), (1, DEPTH, 30)), RAGGED, orders(rng)[1:])
    check_not_numbers(student, rng, "register_tiled", 9, DEPTH, 13)
    check_empty(student, "register_tiled")


@pytest.mark.hidden
@pytest.mark.task("02.19")
def test_register_tiled_last_stop(student, rng):
    hint = "Fill the part of the last tile outside of a or b with zeros: all DEPTH steps are added up."
    check_sizes(student, rng, "register_tiled", ((LARGE, 5, LARGE),), hint, orders(rng)[1:])


@pytest.mark.task("02.19")
def test_register_tiled_shared_reads(student, rng):
    """In each step a thread reads the numbers of its rows and columns once, and multiplies every pair."""
    m, k, n = LARGE, 2 * DEPTH, LARGE
    found = counts(student, "register_tiled", *matrices(rng, m, k, n))
    most = SLACK * m * k * n * (1 / EACH + 1 / EACH)
    hint = "Load ROWS_EACH numbers into `left` and COLUMNS_EACH into `right`, and then loop over the pairs."
    at_most(found, "shared_reads", most, "elements of shared memory read", hint)


@pytest.mark.task("02.19")
def test_register_tiled_global_reads(student, rng):
    """As in rung 3, with the larger tile: a once for every column of blocks, b once for every row of blocks."""
    m, k, n = LARGE, 2 * DEPTH, LARGE
    found = counts(student, "register_tiled", *matrices(rng, m, k, n))
    hint = "Load each element of the two tiles once per block, and fill `left` and `right` from the tiles."
    at_most(
        found, "reads", SLACK * m * k * n * (1 / LARGE + 1 / LARGE), "elements of global memory read", hint
    )


# ---- 02.20: loads of 16 bytes, two buffers


@pytest.mark.task("02.20")
def test_vectorized(student, rng):
    look(student, "cuda", ("vectorized", *matrices(rng, 9, 5, 7)))
    check_sizes(
        student,
        rng,
        "vectorized",
        ((LARGE, DEPTH, 2 * LARGE), (2 * LARGE, DEPTH, LARGE), (LARGE + 5, 5, LARGE + 11)),
        BLOCKS,
    )


@pytest.mark.task("02.20")
def test_vectorized_stops(student, rng):
    hint = "Between two barriers, read one buffer and write the other; swap them after each tile."
    check_sizes(student, rng, "vectorized", ((LARGE, 4 * DEPTH, LARGE),), hint, orders(rng))


@pytest.mark.hidden
@pytest.mark.task("02.20")
def test_vectorized_edges(student, rng):
    hint = "The kernel needs multiples of ROWS, DEPTH and COLUMNS: pad with zeros, and cut the result."
    check_sizes(student, rng, "vectorized", ((21, 5, 27), (1, 3, 2)), hint, orders(rng)[1:])
    check_not_numbers(student, rng, "vectorized", 9, 6, 13)
    check_empty(student, "vectorized")
    a, b = np.ones((3, 5), np.float32), np.ones((6, 4), np.float32)
    hint = "Call check_operands before you pad: afterwards both inner sizes are DEPTH."
    student.raises(ValueError, "vectorized", a, b, hint=hint)


@pytest.mark.task("02.20")
def test_vectorized_wide_fetches(student, rng):
    """A request of a warp loads 32 quads. A block loads LARGE * DEPTH elements of each tile, a and b."""
    stops = 4
    found = counts(student, "vectorized", *matrices(rng, LARGE, stops * DEPTH, LARGE))
    most = SLACK * stops * 2 * LARGE * DEPTH / (32 * 4)
    hint = "Load one quad of a and one of b per thread, with one load4 each."
    at_most(found, "requests", most, "load instructions of a warp from global memory", hint)


@pytest.mark.task("02.20")
def test_vectorized_wide_steps(student, rng):
    """In each step a thread needs EACH numbers of a and as many of b, and loads four at a time."""
    stops = 2
    found = counts(student, "vectorized", *matrices(rng, LARGE, stops * DEPTH, LARGE))
    warps = LARGE * LARGE / EACH**2 / 32
    most = SLACK * stops * DEPTH * warps * 2 * EACH / 4
    hint = "The tile of A is transposed, so four rows of a thread are neighbours: load them with one load4."
    at_most(found, "shared_requests", most, "load instructions of a warp from shared memory", hint)


@pytest.mark.task("02.20")
def test_vectorized_one_barrier(student, rng):
    """One per tile, and at most one more before the first or after the last."""
    stops = 4
    found = counts(student, "vectorized", *matrices(rng, LARGE, stops * DEPTH, LARGE))
    hint = "Fill one buffer while you read the other: then one barrier per tile is enough."
    at_most(found, "barriers", stops + 1, "barriers that a block passes", hint)


@pytest.mark.hidden
@pytest.mark.task("02.20")
def test_vectorized_banks(student, rng):
    """A request takes as many turns as it has different words in one bank.

    A step's two loads read 4 and 8 quads, at most 32 different words: one turn each. Four instructions store a thread's
    quad of a, one turn each with rows of PITCH; one stores its quad of b, 128 words: four turns. For each tile, 16
    loads, 4 stores and 1 store: 24 turns for 21 requests, 1.14 on average.
    """
    found = counts(student, "vectorized", *matrices(rng, LARGE, 2 * DEPTH, LARGE))
    hint = "In each instruction, let a warp's threads store neighbours: b with store4, a down the columns."
    at_most(found, "ways", 1.2, "average turns of a request to shared memory", hint)
