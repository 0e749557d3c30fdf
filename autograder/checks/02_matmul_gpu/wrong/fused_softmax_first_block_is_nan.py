# loses: test_fused_softmax_minus_infinity
# module: softmax.py
# why: takes -inf from -inf where a block holds nothing else, which makes the whole row NaN


@triton.jit
def _softmax_long_row(x, y, n, row_stride, column_stride, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    x += row * row_stride
    y += row * n
    columns = tl.arange(0, BLOCK)
    largest, total = float("-inf"), 0.0
    for start in range(0, n, BLOCK):
        here = columns < n - start
        values = tl.load(x + (start + columns) * column_stride, mask=here, other=float("-inf")).to(tl.float32)
        new = tl.maximum(largest, tl.max(values, 0))
        base = new
        total = total * tl.exp(largest - base) + tl.sum(tl.exp(values - base), 0)
        largest = new
    for start in range(0, n, BLOCK):
        here = columns < n - start
        values = tl.load(x + (start + columns) * column_stride, mask=here, other=float("-inf")).to(tl.float32)
        shares = tl.exp(values - largest) / total
        tl.store(y + start + columns, shares.to(y.dtype.element_ty), mask=here)
