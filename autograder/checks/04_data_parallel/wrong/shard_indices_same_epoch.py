# loses: test_shards_new_order
# module: shards.py
# why: forgets the epoch, so every epoch has the same order


def _shard_indices(n, rank, size, epoch, seed):
    return np.random.default_rng(seed).permutation(n)[rank::size].astype(np.int64)
