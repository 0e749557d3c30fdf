# loses: test_shards_cover_once
# module: shards.py
# why: repeats the first examples until every shard has the same length


def _shard_indices(n, rank, size, epoch, seed):
    order = np.random.default_rng((seed, epoch)).permutation(n)
    return np.append(order, order[: -n % size])[rank::size].astype(np.int64)
