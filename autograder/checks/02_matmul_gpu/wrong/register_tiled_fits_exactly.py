# loses: test_register_tiled, test_register_tiled_edges
# module: registers.py
# why: guards the first row and column of a thread, and not the others


@cuda.jit(launch_bounds=(THREADS, 2))
def _register_tiled(a, b, c):
    a_tile = cuda.shared.array((ROWS, DEPTH), np.float32)
    b_tile = cuda.shared.array((DEPTH, COLUMNS), np.float32)
    sums = cuda.local.array((ROWS_EACH, COLUMNS_EACH), np.float32)
    left = cuda.local.array(ROWS_EACH, np.float32)
    right = cuda.local.array(COLUMNS_EACH, np.float32)
    x, y = natural(cuda.threadIdx.x), natural(cuda.threadIdx.y)
    thread = y * THREADS_X + x
    top, first = cuda.blockIdx.y * ROWS, cuda.blockIdx.x * COLUMNS
    m, k = a.shape
    n = b.shape[1]
    for i in range(ROWS_EACH):
        for j in range(COLUMNS_EACH):
            sums[i, j] = ZERO
    for start in range(0, k, DEPTH):
        for turn in range(ROWS * DEPTH // THREADS):
            place = thread + turn * THREADS
            i, p = place // DEPTH, place % DEPTH
            inside = top + i < m and start + p < k
            a_tile[i, p] = a[top + i, start + p] if inside else ZERO
        for turn in range(DEPTH * COLUMNS // THREADS):
            place = thread + turn * THREADS
            p, j = place // COLUMNS, place % COLUMNS
            inside = start + p < k and first + j < n
            b_tile[p, j] = b[start + p, first + j] if inside else ZERO
        cuda.syncthreads()
        for step in range(DEPTH):
            p = natural(step)
            for i in range(ROWS_EACH):
                left[i] = a_tile[y + i * THREADS_Y, p]
            for j in range(COLUMNS_EACH):
                right[j] = b_tile[p, x + j * THREADS_X]
            for i in range(ROWS_EACH):
                for j in range(COLUMNS_EACH):
                    sums[i, j] += left[i] * right[j]
        cuda.syncthreads()
    for i in range(ROWS_EACH):
        for j in range(COLUMNS_EACH):
            row, column = top + y + i * THREADS_Y, first + x + j * THREADS_X
            if top + y < m and first + x < n:
                c[row, column] = sums[i, j]
