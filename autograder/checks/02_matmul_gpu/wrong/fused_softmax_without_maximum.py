# loses: test_fused_softmax_large_values
# module: softmax.py
# why: takes the exponentials as they are: too large for a float32, or all of them 0


@triton.jit
def _softmax_row(x, y, n, row_stride, column_stride, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, BLOCK)
    values = tl.load(x + row * row_stride + columns * column_stride, mask=columns < n, other=float("-inf"))
    values = values.to(tl.float32)
    exponentials = tl.exp(values)
    shares = exponentials / tl.sum(exponentials, 0)
    tl.store(y + row * n + columns, shares.to(y.dtype.element_ty), mask=columns < n)
