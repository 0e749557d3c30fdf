# loses: test_conv1d_edges
# module: puzzles_shared.py
# why: fetches each element five times from global memory


@cuda.jit
def conv1d_kernel(out, a, weights):
    i, n = cuda.grid(1), a.shape[0]
    if i < n:
        total = np.float32(0)
        for k in range(2 * RADIUS + 1):
            if 0 <= i + k - RADIUS < n:
                total += weights[k] * a[i + k - RADIUS]
        out[i] = total
