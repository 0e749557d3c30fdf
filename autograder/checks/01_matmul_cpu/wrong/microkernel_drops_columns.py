# loses: test_microkernel_column_edges
# module: microkernel.py
# why: counts the panels that are full, and forgets the last one


@njit(cache=True, parallel=True)
def _multiply(shape, a, b, c):
    k = a.shape[1]
    row_panels, column_panels = c.shape[0] // shape.rows, b.shape[1] // shape.width
    block = np.empty(BLOCK * DEPTH * shape.width, a.dtype)
    flat = c.reshape(-1)
    for top in range(0, k, DEPTH):
        depth = min(DEPTH, k - top)
        size = depth * shape.width  # of a panel of B
        for first in range(0, column_panels, BLOCK):
            count = min(BLOCK, column_panels - first)
            for j in prange(count):
                _pack_b(shape, b, top, (first + j) * shape.width, depth, block[j * size : (j + 1) * size])
            for i in prange(row_panels):
                panel = np.empty(depth * shape.rows, a.dtype)
                _pack_a(shape, a, i * shape.rows, top, depth, panel)
                for j in range(count):
                    corner = i * shape.rows * c.shape[1] + (first + j) * shape.width
                    _tile(shape, panel, block[j * size : (j + 1) * size], depth, flat, corner, c.shape[1])
