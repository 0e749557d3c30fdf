# loses: test_sgd_step_empty_rank
# module: sgd.py
# why: a rank without rows does not join the all-reduce


def _sgd_step(comm, w, x, y, rate):
    if len(x) == 0:
        return w.copy()
    sums = np.append(gradient_sum(w, x, y), float(len(x)))
    comm.all_reduce(sums, "sum")
    return w - rate / sums[-1] * sums[:-1].reshape(w.shape)
