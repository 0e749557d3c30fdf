# loses: test_microkernel_deep
# module: microkernel.py
# why: stores the tile instead of adding it to what earlier depths left in c


@njit(cache=True)
def _tile(shape, a_panel, b_panel, depth, c, corner, stride):
    tile = registers(shape)
    for p in range(depth):
        for i in range(shape.rows):
            x = broadcast(shape, a_panel, p * shape.rows + i)
            for j in range(shape.vectors):
                y = load(shape, b_panel, p * shape.width + j * shape.lanes)
                tile[i, j] = fma(x, y, tile[i, j])
    for i in range(shape.rows):
        for j in range(shape.vectors):
            place = corner + i * stride + j * shape.lanes
            store(c, place, tile[i, j])
