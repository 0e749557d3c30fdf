# loses: test_sgd_step_uneven
# module: sgd.py
# why: averages the mean gradients of the ranks


def _sgd_step(comm, w, x, y, rate):
    rows = np.array([len(x), 0.0])
    rows[1] = len(x) > 0
    mean = np.append(gradient_sum(w, x, y) / max(len(x), 1), rows[1])
    comm.all_reduce(mean, "sum")
    return w - rate / mean[-1] * mean[:-1].reshape(w.shape)
