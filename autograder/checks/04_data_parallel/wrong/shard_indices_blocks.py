# loses: test_shards_one_order
# module: shards.py
# why: gives each rank a block, so that a step of all ranks covers other examples


def _shard_indices(n, rank, size, epoch, seed):
    order = np.random.default_rng((seed, epoch)).permutation(n)
    return np.array_split(order, size)[rank].astype(np.int64)
