# loses: test_crossover_of_ring_and_doubling
# module: prediction.py
# why: counts the messages of the ring, and not those of recursive doubling


def _crossover(p: int, alpha: float, beta: float) -> float:
    ring, doubling = cost("ring_all_reduce", p), cost("recursive_doubling", p)
    saved = doubling.volume - ring.volume
    return ring.messages * alpha / (saved * beta) if saved > 0 else float("inf")
