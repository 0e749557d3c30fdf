# loses: test_microkernel_speed
# module: microkernel.py
# why: packs each panel of b again for every panel of a: right, and slower than rung 6


@njit(cache=True, parallel=True)
def _multiply(shape, a, b, c):
    k = a.shape[1]
    row_panels, column_panels = c.shape[0] // shape.rows, c.shape[1] // shape.width
    flat = c.reshape(-1)
    for top in range(0, k, DEPTH):
        depth = min(DEPTH, k - top)
        for i in prange(row_panels):
            panel = np.empty(depth * shape.rows, a.dtype)
            _pack_a(shape, a, i * shape.rows, top, depth, panel)
            other = np.empty(depth * shape.width, a.dtype)
            for j in range(column_panels):
                _pack_b(shape, b, top, j * shape.width, depth, other)
                corner = i * shape.rows * c.shape[1] + j * shape.width
                _tile(shape, panel, other, depth, flat, corner, c.shape[1])
