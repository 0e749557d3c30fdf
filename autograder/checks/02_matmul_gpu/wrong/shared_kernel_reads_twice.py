# loses: test_shared_edges
# module: puzzles_shared.py
# why: fetches the neighbour's number from global memory again


@cuda.jit
def shared_kernel(out, a):
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i < a.shape[0]:
        out[i] = a[i] - a[i - 1] if t > 0 else a[i]
