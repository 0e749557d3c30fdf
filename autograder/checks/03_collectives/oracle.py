"""Expected values from NumPy and from the closed forms of the papers, and an independent proof of schedules."""

from __future__ import annotations

import math

import numpy as np

REDUCE = {"sum": np.sum, "max": np.max, "min": np.min, "avg": np.mean}


def vectors(rng: np.random.Generator, p: int, n: int) -> np.ndarray:
    """(p, n) float64: whole numbers, so that sums are exact in any order."""
    return rng.integers(-999, 1000, (p, n)).astype(np.float64)


def combined(x: np.ndarray, op: str) -> np.ndarray:
    """The result of an all-reduce."""
    return REDUCE[op](x, axis=0)


def cut(x: np.ndarray, p: int) -> list[np.ndarray]:
    """p pieces that differ in length by at most 1, as NumPy cuts them."""
    return np.array_split(x, p)


def seconds(name: str, p: int, nbytes: float, alpha: float, beta: float) -> float:
    """The formulas of Thakur, Rabenseifner and Gropp (2005) and of arXiv 2505.23523."""
    low, high = math.floor(math.log2(p)), math.ceil(math.log2(p))
    whole = alpha + nbytes * beta
    folds = 0 if low == high else 2 * whole
    share = (p - 1) / p * nbytes * beta
    if name in ("broadcast_tree", "reduce_tree"):
        return high * whole
    if name in ("ring_reduce_scatter", "ring_all_gather", "pairwise_all_to_all"):
        return (p - 1) * alpha + share
    if name == "ring_all_reduce":
        return 2 * (p - 1) * alpha + 2 * share
    if name == "recursive_doubling":
        return low * whole + folds
    if name == "rabenseifner":
        return 2 * low * alpha + 2 * (1 - 2.0**-low) * nbytes * beta + folds
    return (p - 2 + low) * (alpha + nbytes * beta / (p - 1))


def complaint(rounds: list[list[list[int]]], p: int) -> str:
    """Empty if the schedule is an all-reduce; otherwise the first thing that is wrong.

    Rank r's value of every piece is the bit 1 << r, so a sum that counts a rank twice carries into another bit.
    """
    late, whole = p - 1, (1 << p) - 1
    held = {(rank, rank): whole >> 1 for rank in range(late)}
    held.update({(late, piece): 1 << late for piece in range(late)})
    for number, transfers in enumerate(rounds):
        where = f"in round {number}"
        after = dict(held)
        if len({each[0] for each in transfers}) < len(transfers):
            return f"{where} a rank sends twice"
        if len({each[1] for each in transfers}) < len(transfers):
            return f"{where} a rank receives twice"
        for source, target, piece, add in transfers:
            if (source, piece) not in held:
                return f"{where} rank {source} sends piece {piece}, which it does not have"
            after[target, piece] = held[source, piece] + (held.get((target, piece), 0) if add else 0)
        held = after
    for rank in range(p):
        for piece in range(late):
            if held.get((rank, piece), 0) != whole:
                return f"at the end piece {piece} of rank {rank} does not count every rank once"
    return ""
