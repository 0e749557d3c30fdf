# loses: test_shared
# module: puzzles_shared.py
# why: takes the size of shared memory from the launch; the compiler must know it


@cuda.jit
def shared_kernel(out, a):
    tile = cuda.shared.array(cuda.blockDim.x, np.float32)
    t, i = cuda.threadIdx.x, cuda.grid(1)
    if i < a.shape[0]:
        tile[t] = a[i]
    cuda.syncthreads()
    if i < a.shape[0]:
        out[i] = tile[t] - tile[t - 1] if t > 0 else tile[t]
