# loses: test_top_k_leaves_operands
# module: compression.py
# why: adds the residual to the caller's gradient


def _top_k(gradient, residual, k):
    gradient += residual
    total = gradient.copy()
    indices = np.sort(np.argpartition(-np.abs(total), k - 1)[:k]) if k else np.empty(0, np.int64)
    values = total[indices]
    total[indices] = 0
    return indices.astype(np.int64), values, total
