# loses: test_predict_powers_of_two
# module: prediction.py
# why: takes one round more than necessary for a tree whose size is a power of two


def _cost(algorithm: str, p: int) -> Cost:
    power = 1 << (p.bit_length() - 1)  # the highest power of two up to p
    rounds = power.bit_length() - 1
    extra = 0 if power == p else 2  # a whole vector before, and one after
    match algorithm:
        case "broadcast_tree" | "reduce_tree":
            return Cost(p.bit_length(), p.bit_length())
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
