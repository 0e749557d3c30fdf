# loses: test_layer_norm_parameter_gradients
# module: norm.py
# why: adds only whole blocks of rows, and drops the last programs % ROWS


@triton.jit
def _add_rows(partial, dweight, dbias, programs, n, ROWS: tl.constexpr, BLOCK: tl.constexpr):
    columns = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    rows = tl.arange(0, ROWS)
    first_half = tl.zeros((ROWS, BLOCK), tl.float32)
    second_half = tl.zeros((ROWS, BLOCK), tl.float32)
    for first in range(0, programs - programs % ROWS, ROWS):
        here = (first + rows < programs)[:, None] & (columns < n)[None, :]
        places = partial + (first + rows)[:, None] * n + columns[None, :]
        first_half += tl.load(places, mask=here, other=0.0)
        second_half += tl.load(places + programs * n, mask=here, other=0.0)
    tl.store(dweight + columns, tl.sum(first_half, 0).to(dweight.dtype.element_ty), mask=columns < n)
    tl.store(dbias + columns, tl.sum(second_half, 0).to(dbias.dtype.element_ty), mask=columns < n)
