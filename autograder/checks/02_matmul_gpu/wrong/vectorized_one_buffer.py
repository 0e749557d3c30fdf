# loses: test_vectorized_banks, test_vectorized_one_barrier, test_vectorized_stops, test_vectorized_wide_fetches, test_vectorized_wide_steps
# module: wide.py
# why: fills the buffer that the others still read


@cuda.jit(launch_bounds=(THREADS, 2))
def _vectorized(a, b, c):
    a_tile = cuda.shared.array((BUFFERED, PITCH), np.float32, 16)
    b_tile = cuda.shared.array((BUFFERED, COLUMNS), np.float32, 16)
    sums = cuda.local.array((EACH, EACH), np.float32)
    thread = natural(cuda.threadIdx.x)
    warp, lane = thread // 32, thread % 32
    top, first = cuda.blockIdx.y * ROWS, cuda.blockIdx.x * COLUMNS
    y = warp // WARPS_X * (LANES_Y * EACH) + lane // LANES_X * 4
    x = warp % WARPS_X * (LANES_X * EACH) + lane % LANES_X * 4
    a_row, a_column = thread // (DEPTH // 4), thread % (DEPTH // 4) * 4
    b_row, b_column = thread // (COLUMNS // 4), thread % (COLUMNS // 4) * 4
    k = a.shape[1]
    for i in range(EACH):
        for j in range(EACH):
            sums[i, j] = ZERO
    a_next = load4(a, top + a_row, a_column)
    b_next = load4(b, b_row, first + b_column)
    _put(a_tile, b_tile, a_next, b_next, a_column, a_row, b_row, b_column)
    buffer = 0
    for start in range(DEPTH, k + DEPTH, DEPTH):
        cuda.syncthreads()  # this buffer is full, and nobody reads the other one any more
        if start < k:
            a_next = load4(a, top + a_row, start + a_column)
            b_next = load4(b, start + b_row, first + b_column)
        _step(sums, a_tile, b_tile, buffer, y, x)
        _step(sums, a_tile, b_tile, buffer + 1, y, x)
        _step(sums, a_tile, b_tile, buffer + 2, y, x)
        _step(sums, a_tile, b_tile, buffer + 3, y, x)
        _step(sums, a_tile, b_tile, buffer + 4, y, x)
        _step(sums, a_tile, b_tile, buffer + 5, y, x)
        _step(sums, a_tile, b_tile, buffer + 6, y, x)
        _step(sums, a_tile, b_tile, buffer + 7, y, x)
        if start < k:
            _put(a_tile, b_tile, a_next, b_next, buffer + a_column, a_row, buffer + b_row, b_column)
    for i in range(EACH):
        row = top + y + i // 4 * (LANES_Y * 4) + i % 4
        for q in range(QUADS):
            four = sums[i, 4 * q], sums[i, 4 * q + 1], sums[i, 4 * q + 2], sums[i, 4 * q + 3]
            store4(four, c, row, first + x + q * (LANES_X * 4))
