# loses: test_microkernel_speed
# module: microkernel.py
# why: adds up in c itself: every product goes to memory and back


@njit(cache=True)
def _tile(shape, a_panel, b_panel, depth, c, corner, stride):
    for p in range(depth):
        for i in range(shape.rows):
            for j in range(shape.width):
                c[corner + i * stride + j] += a_panel[p * shape.rows + i] * b_panel[p * shape.width + j]
