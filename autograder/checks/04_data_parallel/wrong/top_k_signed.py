# loses: test_top_k_largest, test_top_k_leaves_operands
# module: compression.py
# why: takes the largest numbers, not the largest absolute values


def _top_k(gradient, residual, k):
    total = gradient + residual
    indices = np.sort(np.argpartition(-total, k - 1)[:k]) if k else np.empty(0, np.int64)
    values = total[indices]
    total[indices] = 0
    return indices.astype(np.int64), values, total
