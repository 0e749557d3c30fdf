# loses: test_ring_all_reduce_ragged
# module: ring.py
# why: reduces only as many elements as all ranks share evenly


def _all_reduce(comm: Communicator, data: Buffer, op: Op) -> None:
    even = len(data) // comm.size * comm.size
    _reduce_scatter(comm, data[:even], op)
    finish(op, data[:even][pieces(even, comm.size)[comm.rank]], comm.size)
    _all_gather(comm, data[:even])
