# loses: test_checkpoint_other_ranks
# module: checkpoint.py
# why: takes the pieces of rank r, so only the same number of ranks finds all of its numbers


def _load(
    path: Path, comm: Communicator
) -> tuple[int, dict[str, torch.Tensor], dict[str, int], dict[str, Any]]:
    about = torch.load(path / "common.pt", weights_only=True)
    # mmap: the bytes that nobody uses stay on disk.
    files = [torch.load(file, weights_only=True, mmap=True) for file in sorted(path.glob("rank-*.pt"))]
    shards = {}
    for name, length in about["lengths"].items():
        start, stop = part_of(length, comm.rank, comm.size)
        shard = torch.empty(stop - start, dtype=files[0][name]["values"].dtype)
        found = 0
        for pieces in files[comm.rank : comm.rank + 1]:
            piece = pieces[name]["values"]
            offset = pieces[name]["start"]
            low, high = max(start, offset), min(stop, offset + len(piece))
            if low < high:
                shard[low - start : high - start] = piece[low - offset : high - offset]
                found += high - low
        if found != stop - start:
            raise ValueError(f"expected numbers {start} to {stop} of {name} in {path}, found {found} of them")
        shards[name] = shard
    return about["step"], shards, about["lengths"], about["common"]
