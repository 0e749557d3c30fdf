# loses: test_layer_norm_parameter_gradients
# module: norm.py
# why: multiplies dy with x, and not with what the weight was multiplied with


@triton.jit
def _backward_rows(
    x, dy, weight, mean, scale, dx, partial, m, n, row_stride, column_stride, BLOCK: tl.constexpr
):  # fmt: skip
    program, programs = tl.program_id(0), tl.num_programs(0)
    columns = tl.arange(0, BLOCK)
    here = columns < n
    w = tl.load(weight + columns, mask=here, other=0.0).to(tl.float32)
    dweight = tl.zeros((BLOCK,), tl.float32)
    dbias = tl.zeros((BLOCK,), tl.float32)
    for row in range(program, m, programs):
        place = tl.cast(row, tl.int64)
        values = tl.load(x + place * row_stride + columns * column_stride, mask=here, other=0.0).to(
            tl.float32
        )
        given = tl.load(dy + place * n + columns, mask=here, other=0.0).to(tl.float32)
        factor = tl.load(scale + row)
        h = tl.where(here, (values - tl.load(mean + row)) * factor, 0.0)
        g = given * w
        change = factor * (g - tl.sum(g, 0) / n - h * (tl.sum(g * h, 0) / n))
        tl.store(dx + place * n + columns, change.to(dx.dtype.element_ty), mask=here)
        dweight += given * values
        dbias += given
    tl.store(partial + program * n + columns, dweight, mask=here)
    tl.store(partial + (programs + program) * n + columns, dbias, mask=here)
