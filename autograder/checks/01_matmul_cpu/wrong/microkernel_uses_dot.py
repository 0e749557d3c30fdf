# loses: test_microkernel_own_code
# module: microkernel.py
# why: lets a library do the work, block by block of depth


@njit(cache=True)
def _multiply(shape, a, b, c):
    m, k = a.shape
    n = b.shape[1]
    for top in range(0, k, DEPTH):
        c[:m, :n] += np.dot(a[:, top : top + DEPTH], b[top : top + DEPTH])
