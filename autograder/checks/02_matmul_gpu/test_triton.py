"""Task 02.21: matrix multiplication in Triton. Sizes are whole tiles, except in the check of edges."""

from __future__ import annotations

import pytest
import torch
from front import look
from replays import run
from tl_oracle import expect_product, expect_tensor, reals, replay, replay_views, tiles_in_order, whole

from autograder.judge.checking import expect_equal


def check_whole(student, rng, sizes, *, hint, **settings):
    """Check products of integers in float32, which are exact, with programs in every order."""
    for m, k, n in sizes:
        a, b = whole(rng, m, k), whole(rng, k, n)

        def check(got, a=a, b=b):
            expect_tensor(got, a.double() @ b.double(), torch.float32, hint=hint)

        replay(student, rng, "triton_matmul", a, b, check=check, **settings)


@pytest.mark.task("02.21")
def test_triton_matmul_tiles(student, rng):
    hint = "Tile (row, column) starts at row * BM and column * BN; add the products of all blocks along k."
    a, b = whole(rng, 33, 65), whole(rng, 65, 19)
    ways = ({}, {"split_k": 3}, {"persistent": True})
    products = (("triton_matmul", a, b, each) for each in ways)
    look(student, "triton", *products, ("tl_matmul.py:tile_order", 3, 4, 2))
    check_whole(student, rng, [(64, 64, 192), (33, 65, 19)], hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.21")
def test_triton_matmul_edges(student, rng):
    hint = "m, n and k need not be multiples of the tile: mask the last blocks, and store only existing elements."
    sizes = [(1, 1, 1), (33, 65, 19), (20, 3, 63), (4, 0, 3), (0, 4, 3)]
    check_whole(student, rng, sizes, hint=hint)
    a = whole(rng, 3, 4)
    student.raises(ValueError, "triton_matmul", a, a, hint="Keep the checks of the operands.")


@pytest.mark.task("02.21")
def test_triton_matmul_halves(student, rng):
    for dtype in (torch.float16, torch.bfloat16):
        a, b = reals(rng, 16, 320, dtype=dtype), reals(rng, 320, 64, dtype=dtype)

        def check(got, a=a, b=b):
            hint = "Add up in float32, in `total`, and round once, when you store the tile."
            expect_product(got, a, b, hint=hint)

        replay(student, rng, "triton_matmul", a, b, check=check)


@pytest.mark.task("02.21")
def test_triton_matmul_strides(student, rng):
    a, b = whole(rng, 32, 64), whole(rng, 64, 64)
    want = a.double() @ b.double()
    for kinds in (("transposed", "plain"), ("plain", "transposed"), ("stepped", "stepped")):

        def check(got, kinds=kinds):
            hint = f"The operands are {kinds[0]} and {kinds[1]} views: use both strides of each, also in the loop."
            expect_tensor(got, want, torch.float32, hint=hint)

        replay_views(student, rng, "triton_matmul", kinds, a, b, check=check)


@pytest.mark.task("02.21")
def test_triton_matmul_order(student, rng):
    hint = "Compare with the example in the docstring of `grouped`: 3 x 4 tiles with GROUP 2."
    for sizes in ((3, 4, 2), (5, 7, 3), (2, 9, 8), (7, 1, 2)):
        got = run(student, "tl_matmul.py:tile_order", *sizes, order=int(rng.integers(2**31)))
        got = got.cpu() if isinstance(got, torch.Tensor) else got
        expect_equal(got, torch.from_numpy(tiles_in_order(*sizes)), hint=hint)


@pytest.mark.hidden
@pytest.mark.task("02.21")
def test_triton_matmul_precision(student, rng):
    a, b = reals(rng, 32, 64), reals(rng, 64, 64)
    for persistent in (False, True):

        def check(got):
            hint = "By default tl.dot rounds float32 to TF32, with 10 fraction bits: pass input_precision."
            expect_product(got, a, b, hint=hint)

        replay(student, rng, "triton_matmul", a, b, check=check, persistent=persistent)


@pytest.mark.task("02.21")
def test_triton_matmul_split_k(student, rng):
    hint = "Part p takes blocks p, p + PARTS, ... along k; _add_parts adds all parts of every element, each once."
    for parts, sizes in ((3, (16, 224, 64)), (5, (16, 96, 64))):
        check_whole(student, rng, [sizes], hint=hint, split_k=parts)


@pytest.mark.task("02.21")
def test_triton_matmul_persistent(student, rng):
    hint = "Program p takes tiles p, p + programs, ...; start each of them with a sum of 0."
    check_whole(student, rng, [(64, 64, 128), (24, 40, 72)], hint=hint, persistent=True)
    a, b = whole(rng, 32, 64), whole(rng, 64, 64)

    def check(got):
        hint = "Both operands are transposed: load blocks as they are stored, and transpose them with .T."
        expect_tensor(got, a.double() @ b.double(), torch.float32, hint=hint)

    replay_views(
        student, rng, "triton_matmul", ("transposed", "transposed"), a, b, check=check, persistent=True
    )
