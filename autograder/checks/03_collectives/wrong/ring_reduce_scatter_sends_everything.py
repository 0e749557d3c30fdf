# loses: test_ring_reduce_scatter_bytes
# module: ring.py
# why: sends the whole vector around, and keeps the own piece at the end


def _reduce_scatter(comm: Communicator, data: Buffer, op: Op) -> None:
    arrived = empty(len(data), data)
    leaves = copy_of(data)
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for _ in range(comm.size - 1):
        exchange(comm, leaves, after, arrived, before)
        combine(op, data, arrived)
        leaves[:] = arrived
