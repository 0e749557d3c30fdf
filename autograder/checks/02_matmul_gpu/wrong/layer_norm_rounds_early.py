# loses: test_layer_norm_forward
# module: norm.py
# why: rounds to the type of the result before weight and bias


@triton.jit
def _forward_row(x, weight, bias, y, mean, scale, n, row_stride, column_stride, eps, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    columns = tl.arange(0, BLOCK)
    here = columns < n
    values = tl.load(x + row * row_stride + columns * column_stride, mask=here, other=0.0).to(tl.float32)
    middle = tl.sum(values, 0) / n
    centred = tl.where(here, values - middle, 0.0)
    factor = tl.rsqrt(tl.sum(centred * centred, 0) / n + eps)
    w = tl.load(weight + columns, mask=here, other=0.0).to(tl.float32)
    b = tl.load(bias + columns, mask=here, other=0.0).to(tl.float32)
    tl.store(
        y + row * n + columns,
        ((centred * factor).to(y.dtype.element_ty).to(tl.float32) * w + b).to(y.dtype.element_ty),
        mask=here,
    )
    tl.store(mean + row, middle)
    tl.store(scale + row, factor)
