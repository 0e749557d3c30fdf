# loses: test_triton_matmul_edges, test_triton_matmul_tiles
# module: tl_matmul.py
# why: stores the whole tile, also where it reaches over the edge of the matrix


@triton.autotune(POINTED, **TUNED)
@triton.jit
def _matmul(
    a, b, c, m, n, k, a_row, a_column, b_row, b_column, tuned_for,
    PARTS: tl.constexpr, PRECISION: tl.constexpr,
    BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr,
):  # fmt: skip
    row, column = grouped(tl.program_id(0), tl.cdiv(m, BM), tl.cdiv(n, BN), GROUP)
    part = tl.program_id(1)
    rows = row * BM + tl.arange(0, BM)
    columns = column * BN + tl.arange(0, BN)
    depths = tl.arange(0, BK)
    a += (rows % m).to(tl.int64)[:, None] * a_row + (part * BK + depths)[None, :] * a_column
    b += (columns % n).to(tl.int64)[None, :] * b_column + (part * BK + depths)[:, None] * b_row
    total = tl.zeros((BM, BN), tl.float32)
    for first in range(part * BK, k, PARTS * BK):
        x = tl.load(a, mask=depths[None, :] < k - first, other=0.0)
        y = tl.load(b, mask=depths[:, None] < k - first, other=0.0)
        total = tl.dot(x, y, total, input_precision=PRECISION)
        a += PARTS * BK * a_column
        b += PARTS * BK * b_row
    inside = (rows < m)[:, None] & (columns >= 0)[None, :]
    c += part.to(tl.int64) * m * n + rows.to(tl.int64)[:, None] * n + columns[None, :]
    tl.store(c, total.to(c.dtype.element_ty), mask=inside)
