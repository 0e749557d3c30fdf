# loses: test_ring_all_reduce_bytes
# module: ring.py
# why: sends the whole vector around the ring


def _all_reduce(comm: Communicator, data: Buffer, op: Op) -> None:
    arrived, leaves = empty(len(data), data), copy_of(data)
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for _ in range(comm.size - 1):
        exchange(comm, leaves, after, arrived, before)
        combine(op, data, arrived)
        leaves[:] = arrived
    finish(op, data, comm.size)
