"""Collectives from messages: broadcast, reduce, all-reduce, all-to-all, their cost, and what to do about a late rank.

`trees` holds the binomial trees, `ring` the ring, `doubling` and `halving` the all-reduces for short and for long
vectors, `total` all-to-all. `fitting` and `prediction` are the alpha-beta model, `agreement` compares the calls of all
ranks, `straggler` is a schedule for a late rank and `symbolic` proves it. `messages` is what all of them share.
"""

from reference.collectives.agreement import agree, disagreement
from reference.collectives.doubling import recursive_doubling
from reference.collectives.fitting import AlphaBeta, fit_alpha_beta
from reference.collectives.halving import rabenseifner
from reference.collectives.prediction import ALGORITHMS, cost, crossover, predict
from reference.collectives.ring import ring_all_gather, ring_all_reduce, ring_reduce_scatter
from reference.collectives.straggler import Transfer, straggler_schedule
from reference.collectives.symbolic import check_schedule
from reference.collectives.total import pairwise_all_to_all
from reference.collectives.trees import broadcast_tree, reduce_tree

__all__ = [
    "ALGORITHMS",
    "AlphaBeta",
    "Transfer",
    "agree",
    "broadcast_tree",
    "check_schedule",
    "cost",
    "crossover",
    "disagreement",
    "fit_alpha_beta",
    "pairwise_all_to_all",
    "predict",
    "rabenseifner",
    "recursive_doubling",
    "reduce_tree",
    "ring_all_gather",
    "ring_all_reduce",
    "ring_reduce_scatter",
    "straggler_schedule",
]
