"""Task 01.7: packed panels and explicit vectors. Sizes that are multiples of 48 fill every tile of every CPU."""

from __future__ import annotations

import pytest
from rungs import check_float64, check_own_code, check_sizes, check_squares
from speed import expect_faster_than_own, expect_speed

# Against NumPy, that is OpenBLAS, on as many threads: half of what the reference gets (0.4 to 0.5 on two
# AVX-512 cores). A tile kept in memory gets 0.06.
HALF = 0.2
# Beside the student's own rung 6. A kernel that packs each panel of b again for every panel of a gets 0.56.
FASTER = 1.0


@pytest.mark.task("01.7")
def test_microkernel_whole_tiles(student, rng):
    check_squares(student, rng, "microkernel", (48, 96, 240))


@pytest.mark.task("01.7")
def test_microkernel_row_edges(student, rng):
    hint = "The last rows of a may not fill a tile: is there a panel for them, filled up with zeros?"
    check_sizes(student, rng, "microkernel", [(m, 16, 48) for m in (1, 5, 7, 49, 95)], hint)


@pytest.mark.task("01.7")
def test_microkernel_column_edges(student, rng):
    hint = "The last columns of b may not fill a tile: is there a panel for them, filled up with zeros?"
    check_sizes(student, rng, "microkernel", [(48, 16, n) for n in (1, 5, 47, 49, 95)], hint)


@pytest.mark.task("01.7")
def test_microkernel_deep(student, rng):
    hint = "k is more than DEPTH: each block of depth packs its own rows of b, and adds to c."
    check_sizes(student, rng, "microkernel", [(48, k, 48) for k in (257, 512, 700)], hint)


@pytest.mark.hidden
@pytest.mark.task("01.7")
def test_microkernel_wide(student, rng):
    hint = "n is more than BLOCK panels: each block of panels has columns of its own in b and in c."
    check_sizes(student, rng, "microkernel", [(48, 16, n) for n in (480, 912)], hint)


@pytest.mark.hidden
@pytest.mark.task("01.7")
def test_microkernel_empty(student, rng):
    hint = "A sum without terms is 0; a matrix without rows or columns has no tiles."
    check_sizes(student, rng, "microkernel", ((0, 5, 5), (5, 0, 5), (5, 5, 0), (48, 48, 48)), hint)


@pytest.mark.task("01.7")
def test_microkernel_float64(student, rng):
    check_float64(student, rng, "microkernel", (48, 96))


@pytest.mark.hidden
@pytest.mark.task("01.7")
def test_microkernel_own_code(student, rng):
    check_own_code(student, rng, "microkernel", "_multiply", 48)


@pytest.mark.task("01.7")
def test_microkernel_speed(student, baseline, rng):
    hint = (
        "In the loop over p, every number of c should stay in its register, and every load should be of the "
        "next numbers in a panel. Is anything else computed in that loop?"
    )
    expect_speed(
        student,
        baseline,
        rng,
        "microkernel",
        "_multiply",
        "library",
        (1008, 256, 1008),
        at_least=HALF,
        hint=hint,
    )
    expect_faster_than_own(
        student,
        rng,
        "microkernel",
        "register_blocked",
        (1008, 256, 1008),
        at_least=FASTER,
        hint="Rung 6 already keeps its tile in registers. Here the panels are packed, so that every load is of "
        "the next numbers: is the packing done once for each block, and the tile kept in vectors?",
    )
