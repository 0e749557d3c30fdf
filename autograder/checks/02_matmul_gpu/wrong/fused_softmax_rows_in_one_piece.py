# loses: test_fused_softmax_rows
# module: softmax.py
# why: takes the rows to lie in one piece


@triton.jit
def _softmax_row(x, y, n, row_stride, column_stride, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, BLOCK)
    values = tl.load(x + row * row_stride + columns, mask=columns < n, other=float("-inf"))
    values = values.to(tl.float32)
    exponentials = tl.exp(values - tl.max(values, 0))
    shares = exponentials / tl.sum(exponentials, 0)
    tl.store(y + row * n + columns, shares.to(y.dtype.element_ty), mask=columns < n)
