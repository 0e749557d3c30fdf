# loses: test_shared, test_shared_edges
# module: puzzles_shared.py
# why: reads the neighbour's number before the neighbour must have written it


@cuda.jit
def shared_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i < a.shape[0]:
        tile[t] = a[i]
        out[i] = tile[t] - tile[t - 1] if t > 0 else tile[t]
