# loses: test_shards_cover_once
# module: shards.py
# why: drops the examples that do not fill a round


def _shard_indices(n, rank, size, epoch, seed):
    order = np.random.default_rng((seed, epoch)).permutation(n)
    return order[: n - n % size][rank::size].astype(np.int64)
