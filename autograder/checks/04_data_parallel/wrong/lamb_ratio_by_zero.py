# loses: test_lamb_ratio_zero
# module: large_batch.py
# why: adds a small number to the denominator in place of the case of 0


def _lamb_ratio(weight, update):
    return float(np.linalg.norm(weight) / (np.linalg.norm(update) + 1e-12))
