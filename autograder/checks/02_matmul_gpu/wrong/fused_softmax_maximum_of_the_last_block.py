# loses: test_fused_softmax_long_rows
# module: softmax.py
# why: writes with the maximum of the last block, where the sum belongs to that of the row


@triton.jit
def _softmax_long_row(x, y, n, row_stride, column_stride, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    x += row * row_stride
    y += row * n
    columns = tl.arange(0, BLOCK)
    largest, total, final = float("-inf"), 0.0, float("-inf")
    for start in range(0, n, BLOCK):
        here = columns < n - start
        values = tl.load(x + (start + columns) * column_stride, mask=here, other=float("-inf")).to(tl.float32)
        new = tl.maximum(largest, tl.max(values, 0))
        base = tl.where(new == float("-inf"), 0.0, new)
        total = total * tl.exp(largest - base) + tl.sum(tl.exp(values - base), 0)
        largest = new
        final = tl.max(values, 0)
    for start in range(0, n, BLOCK):
        here = columns < n - start
        values = tl.load(x + (start + columns) * column_stride, mask=here, other=float("-inf")).to(tl.float32)
        shares = tl.exp(values - final) / total
        tl.store(y + start + columns, shares.to(y.dtype.element_ty), mask=here)
