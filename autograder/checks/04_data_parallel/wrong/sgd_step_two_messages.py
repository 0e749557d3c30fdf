# loses: test_sgd_step_one_message
# module: sgd.py
# why: sends the count in a message of its own


def _sgd_step(comm, w, x, y, rate):
    total, rows = gradient_sum(w, x, y), np.array([float(len(x))])
    comm.all_reduce(total, "sum")
    comm.all_reduce(rows, "sum")
    return w - rate / rows[0] * total
