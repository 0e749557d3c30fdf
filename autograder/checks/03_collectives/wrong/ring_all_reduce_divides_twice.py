# loses: test_ring_all_reduce_average
# module: ring.py
# why: divides the piece before the gather and the whole vector after it


def _all_reduce(comm: Communicator, data: Buffer, op: Op) -> None:
    _reduce_scatter(comm, data, op)
    finish(op, data[pieces(len(data), comm.size)[comm.rank]], comm.size)
    _all_gather(comm, data)
    finish(op, data, comm.size)
