# loses: test_crossover_of_two_ranks
# module: prediction.py
# why: does not ask if the ring sends fewer bytes at all


def _crossover(p: int, alpha: float, beta: float) -> float:
    ring, doubling = cost("ring_all_reduce", p), cost("recursive_doubling", p)
    saved = doubling.volume - ring.volume
    return (ring.messages - doubling.messages) * alpha / (saved * beta)
