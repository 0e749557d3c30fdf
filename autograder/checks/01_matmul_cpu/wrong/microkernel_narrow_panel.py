# loses: test_microkernel_float64
# module: microkernel.py
# why: packs float32 numbers, whatever b holds


@njit(cache=True)
def _pack_b(shape, b, top, column, depth, panel):
    inside = min(shape.width, b.shape[1] - column)
    for p in range(depth):
        for j in range(inside):
            panel[p * shape.width + j] = np.float32(b[top + p, column + j])
        for j in range(inside, shape.width):
            panel[p * shape.width + j] = 0
