# loses: test_fused_softmax_rows
# module: softmax.py
# why: lets the places behind the row count as 0, whose exponential is 1


@triton.jit
def _softmax_row(x, y, n, row_stride, column_stride, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, BLOCK)
    values = tl.load(x + row * row_stride + columns * column_stride, mask=columns < n, other=0.0)
    values = values.to(tl.float32)
    exponentials = tl.exp(values - tl.max(values, 0))
    shares = exponentials / tl.sum(exponentials, 0)
    tl.store(y + row * n + columns, shares.to(y.dtype.element_ty), mask=columns < n)
