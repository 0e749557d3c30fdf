# loses: test_triton_matmul_persistent
# module: tl_matmul.py
# why: computes one tile a program, and leaves the others to nobody


@triton.autotune(DESCRIBED, **TUNED)
@triton.jit
def _persistent(
    a, b, c, m, n, k, tuned_for,
    A_TRANSPOSED: tl.constexpr, B_TRANSPOSED: tl.constexpr, HALVES: tl.constexpr, PRECISION: tl.constexpr,
    BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr,
):  # fmt: skip
    height, width = tl.cdiv(m, BM), tl.cdiv(n, BN)
    for tile in tl.range(tl.program_id(0), tl.program_id(0) + 1, 1):
        row, column = grouped(tile, height, width, GROUP)
        total = tl.zeros((BM, BN), tl.float32)
        for first in range(0, k, BK):
            x = a.load([first, row * BM]).T if A_TRANSPOSED else a.load([row * BM, first])
            y = b.load([column * BN, first]).T if B_TRANSPOSED else b.load([first, column * BN])
            total = tl.dot(x, y, total, input_precision=PRECISION)
        _put(c, row * BM, column * BN, total, HALVES)
