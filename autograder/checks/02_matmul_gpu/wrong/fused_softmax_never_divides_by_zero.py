# loses: test_fused_softmax_minus_infinity
# module: softmax.py
# why: makes shares of 0 of a row of nothing but -inf, as if that were a distribution


@triton.jit
def _softmax_row(x, y, n, row_stride, column_stride, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, BLOCK)
    values = tl.load(x + row * row_stride + columns * column_stride, mask=columns < n, other=float("-inf"))
    values = values.to(tl.float32)
    exponentials = tl.exp(values - tl.maximum(tl.max(values, 0), -3.0e38))
    shares = exponentials / (tl.sum(exponentials, 0) + 1e-30)
    tl.store(y + row * n + columns, shares.to(y.dtype.element_ty), mask=columns < n)
