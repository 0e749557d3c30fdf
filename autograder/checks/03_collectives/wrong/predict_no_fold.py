# loses: test_predict_other_sizes
# module: prediction.py
# why: forgets the two whole vectors of ranks above the power of two in Rabenseifner's algorithm


def _cost(algorithm: str, p: int) -> Cost:
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
            return Cost(2 * rounds, 2 * (power - 1) / power)
        case "straggler_all_reduce":
            return Cost(p - 2 + rounds, (p - 2 + rounds) / (p - 1))
        case _:  # ring_reduce_scatter, ring_all_gather, pairwise_all_to_all
            return Cost(p - 1, (p - 1) / p)
