"""Predict the time of every collective from alpha and beta, for any number of ranks.

One table, `cost`, serves the prediction, the crossover, the simulator and the plots.

Source: R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of collective communication operations in MPICH",
IJHPCA 19(1), 2005, sections 3 and 4; for `straggler_all_reduce`: A. Devraj et al., arXiv 2505.23523, section 4.
"""

from __future__ import annotations

from typing import NamedTuple

ALGORITHMS = (
    "broadcast_tree",
    "reduce_tree",
    "ring_reduce_scatter",
    "ring_all_gather",
    "ring_all_reduce",
    "recursive_doubling",
    "rabenseifner",
    "pairwise_all_to_all",
    "straggler_all_reduce",
)


class Cost(NamedTuple):
    """The longest row of messages that wait for each other."""

    messages: int
    volume: float  # their bytes, as a multiple of the bytes of the vector


def predict(algorithm: str, p: int, nbytes: float, alpha: float, beta: float) -> float:
    """Seconds of a collective on p ranks: messages * alpha + volume * nbytes * beta.

    algorithm: one of ALGORITHMS. nbytes: of the whole vector of one rank (all-gather: of the result; all-to-all: of
    all parts). alpha: seconds of an empty message. beta: seconds for each byte.

    The model leaves out the arithmetic, and takes every link to be free for every message.

    Raises:
        ValueError: an unknown algorithm, p < 1, a negative number, or `straggler_all_reduce` for another p than 2, 4,
            8, 16, ...
    """
    if min(nbytes, alpha, beta) < 0:
        raise ValueError(f"expected numbers of at least 0, got nbytes={nbytes}, alpha={alpha}, beta={beta}")
    messages, volume = cost(algorithm, p)
    return messages * alpha + volume * nbytes * beta


def cost(algorithm: str, p: int) -> Cost:
    """The messages in a row, and their volume, of an algorithm on p ranks. Raises as `predict` does."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"expected one of {', '.join(ALGORITHMS)}; got {algorithm!r}")
    if isinstance(p, bool) or not isinstance(p, int) or p < 1:
        raise ValueError(f"expected a number of ranks of at least 1, got {p!r}")
    if algorithm == "straggler_all_reduce" and (p < 2 or p & (p - 1)):
        raise ValueError(f"expected 2, 4, 8, 16, ... ranks for straggler_all_reduce, got {p}")
    return _cost(algorithm, p)


def _cost(algorithm: str, p: int) -> Cost:
    """The cost that the docstring of each algorithm states; the arguments are checked already.

    Messages that travel at the same time count once. For `straggler_all_reduce` count from the arrival of the late
    rank: p - 2 + log2 p rounds, each with one piece of p - 1.
    """
    power = 1 << (p.bit_length() - 1)  # the highest power of two up to p
    rounds = power.bit_length() - 1
    extra = 0 if power == p else 2  # a whole vector before, and one after
    match algorithm:
        case "broadcast_tree" | "reduce_tree":
            return Cost((p - 1).bit_length(), (p - 1).bit_length())
        case "ring_all_reduce":
            return Cost(2 * (p - 1), 2 * (p - 1) / p)
        case "recursive_doubling":
            return Cost(rounds + extra, rounds + extra)
        case "rabenseifner":
            return Cost(2 * rounds + extra, 2 * (power - 1) / power + extra)
        case "straggler_all_reduce":
            return Cost(p - 2 + rounds, (p - 2 + rounds) / (p - 1))
        case _:  # ring_reduce_scatter, ring_all_gather, pairwise_all_to_all
            return Cost(p - 1, (p - 1) / p)


def crossover(p: int, alpha: float, beta: float) -> float:
    """The bytes at which `ring_all_reduce` takes as long as `recursive_doubling`; the ring is faster above.

    Returns inf if the ring is never faster: with 2 ranks it sends as many bytes, in twice as many messages.

    Raises:
        ValueError: p < 2, or alpha or beta is not above 0.
    """
    if isinstance(p, bool) or not isinstance(p, int) or p < 2:
        raise ValueError(f"expected at least 2 ranks, got {p!r}")
    if not (alpha > 0 and beta > 0):
        raise ValueError(f"expected alpha and beta above 0, got {alpha} and {beta}")
    return _crossover(p, alpha, beta)


def _crossover(p: int, alpha: float, beta: float) -> float:
    """Solve: messages alpha + volume S beta is equal for both algorithms; the arguments are checked already."""
    ring, doubling = cost("ring_all_reduce", p), cost("recursive_doubling", p)
    saved = doubling.volume - ring.volume
    return (ring.messages - doubling.messages) * alpha / (saved * beta) if saved > 0 else float("inf")
