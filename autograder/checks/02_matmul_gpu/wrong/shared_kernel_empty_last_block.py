# loses: test_shared
# module: puzzles_shared.py
# why: the last block has n % THREADS elements, which is 0 where all blocks are full


@cuda.jit
def shared_kernel(out, a):
    tile = cuda.shared.array(THREADS, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    size = a.shape[0] % THREADS if cuda.blockIdx.x == cuda.gridDim.x - 1 else THREADS
    if t < size:
        tile[t] = a[i]
    cuda.syncthreads()
    if t < size:
        out[i] = tile[t] - tile[t - 1] if t > 0 else tile[t]
