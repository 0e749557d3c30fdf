"""Task 01.6: register blocking. Each of the sizes m, k and n has edges of its own."""

from __future__ import annotations

import pytest
from rungs import check_float64, check_own_code, check_sizes, check_squares
from speed import expect_speed

# Half of what the reference gets beside triad_in_parallel (2.6 on two AVX-512 cores). A tile that reads each
# number of a again for every number of b gets 0.2 to 0.4.
HALF = 1.2


@pytest.mark.task("01.6")
def test_register_blocked_squares(student, rng):
    check_squares(student, rng, "register_blocked", (4, 32, 64, 128))


@pytest.mark.task("01.6")
def test_register_blocked_row_edges(student, rng):
    hint = "The last rows may not fill a tile of 4: are they computed, and nothing beyond them?"
    check_sizes(student, rng, "register_blocked", [(m, 8, 16) for m in (1, 2, 3, 5, 66, 127)], hint)


@pytest.mark.task("01.6")
def test_register_blocked_depth_edges(student, rng):
    hint = "k is not a multiple of 4: who adds the last k % 4 products?"
    check_sizes(student, rng, "register_blocked", [(8, k, 16) for k in (1, 2, 3, 5, 66, 127)], hint)


@pytest.mark.task("01.6")
def test_register_blocked_column_edges(student, rng):
    hint = "n is more than the width of the strip: where does each block of columns begin and end?"
    check_sizes(student, rng, "register_blocked", [(8, 8, n) for n in (1, 7, 17, 513, 1100)], hint)


@pytest.mark.hidden
@pytest.mark.task("01.6")
def test_register_blocked_deep(student, rng):
    hint = "k is more than one panel: each panel adds to what the ones before it left in c."
    check_sizes(student, rng, "register_blocked", [(8, k, 16) for k in (260, 512, 1000)], hint)


@pytest.mark.hidden
@pytest.mark.task("01.6")
def test_register_blocked_zero_depth(student, rng):
    hint = "A sum without terms is 0; a matrix without rows has nothing to compute."
    check_sizes(student, rng, "register_blocked", ((4, 0, 4), (0, 4, 4), (4, 4, 0), (64, 64, 64)), hint)


@pytest.mark.task("01.6")
def test_register_blocked_float64(student, rng):
    check_float64(student, rng, "register_blocked")


@pytest.mark.hidden
@pytest.mark.task("01.6")
def test_register_blocked_own_code(student, rng):
    check_own_code(student, rng, "register_blocked", "_register_blocked")


@pytest.mark.task("01.6")
def test_register_blocked_speed(student, baseline, rng):
    hint = (
        "Are the 16 numbers of a read before the loop over j, and is that the innermost loop? "
        "Each vector of b that it loads should serve 4 rows of c."
    )
    expect_speed(
        student,
        baseline,
        rng,
        "register_blocked",
        "_register_blocked",
        "triad_in_parallel",
        (1024, 256, 512),
        at_least=HALF,
        hint=hint,
    )
