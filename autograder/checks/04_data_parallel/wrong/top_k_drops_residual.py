# loses: test_top_k_adds_up
# module: compression.py
# why: forgets what was not sent


def _top_k(gradient, residual, k):
    total = gradient + residual
    indices = np.sort(np.argpartition(-np.abs(total), k - 1)[:k]) if k else np.empty(0, np.int64)
    values = total[indices]
    total[indices] = 0
    return indices.astype(np.int64), values, np.zeros_like(total)
