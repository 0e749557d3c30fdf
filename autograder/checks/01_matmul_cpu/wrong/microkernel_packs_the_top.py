# loses: test_microkernel_deep
# module: microkernel.py
# why: packs the first rows of b for every block of depth


@njit(cache=True)
def _pack_b(shape, b, top, column, depth, panel):
    inside = min(shape.width, b.shape[1] - column)
    for p in range(depth):
        for j in range(inside):
            panel[p * shape.width + j] = b[p, column + j]
        for j in range(inside, shape.width):
            panel[p * shape.width + j] = 0
