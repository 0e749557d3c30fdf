# loses: test_ring_all_reduce_combines
# module: ring.py
# why: adds the vectors of the two neighbours only, which is everybody for up to three ranks


def _all_reduce(comm: Communicator, data: Buffer, op: Op) -> None:
    if comm.size < 4:
        _reduce_scatter(comm, data, op)
        finish(op, data[pieces(len(data), comm.size)[comm.rank]], comm.size)
        _all_gather(comm, data)
        return
    own, arrived = copy_of(data), empty(len(data), data)
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for to, source in ((after, before), (before, after)):
        exchange(comm, own, to, arrived, source)
        combine(op, data, arrived)
    finish(op, data, comm.size)
