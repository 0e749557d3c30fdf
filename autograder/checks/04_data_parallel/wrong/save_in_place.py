# loses: test_checkpoint_atomic
# module: checkpoint.py
# why: writes to the final folder at once


def _save(
    folder: Path,
    step: int,
    shards: Mapping[str, torch.Tensor],
    lengths: Mapping[str, int],
    common: Mapping[str, Any],
    comm: Communicator,
) -> Path:
    partial, complete = folder / f"{COMPLETE}{step:08d}", folder / f"{COMPLETE}{step:08d}"
    comm.barrier()
    if comm.rank == 0:
        shutil.rmtree(partial, ignore_errors=True)  # of an earlier run that was killed
        partial.mkdir(parents=True)
    comm.barrier()  # the folder exists
    pieces = {}
    for name, shard in shards.items():
        start, stop = part_of(lengths[name], comm.rank, comm.size)
        # A clone: torch.save would write the whole storage of a view.
        pieces[name] = {"start": start, "values": shard.detach()[: stop - start].clone()}
    _write(partial / f"rank-{comm.rank:05d}.pt", pieces)
    if comm.rank == 0:
        _write(partial / "common.pt", {"step": step, "lengths": dict(lengths), "common": dict(common)})
    comm.barrier()  # all files are on disk
    if comm.rank == 0:
        _sync(partial)
        _sync(folder)
    comm.barrier()  # the checkpoint exists
    return complete
