# loses: test_lamb_ratio
# module: large_batch.py
# why: takes the largest singular value of a matrix for its norm


def _lamb_ratio(weight, update):
    order = 2 if weight.ndim == 2 else None
    above, below = float(np.linalg.norm(weight, order)), float(np.linalg.norm(update, order))
    return above / below if above > 0 and below > 0 else 1.0
