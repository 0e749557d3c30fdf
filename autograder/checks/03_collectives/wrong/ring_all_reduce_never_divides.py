# loses: test_ring_all_reduce_average
# module: ring.py
# why: forgets the division of avg


def _all_reduce(comm: Communicator, data: Buffer, op: Op) -> None:
    _reduce_scatter(comm, data, op)
    _all_gather(comm, data)
