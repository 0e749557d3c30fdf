# loses: test_ring_reduce_scatter_combines
# module: ring.py
# why: adds, whatever the op is


def _reduce_scatter(comm: Communicator, data: Buffer, op: Op) -> None:
    parts = pieces(len(data), comm.size)
    arrived = empty(parts[0].stop, data)  # as long as the longest piece
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for step in range(comm.size - 1):
        leaves = data[parts[(comm.rank - step - 1) % comm.size]]
        joins = data[parts[(comm.rank - step - 2) % comm.size]]
        exchange(comm, leaves, after, arrived[: len(joins)], before)
        joins += arrived[: len(joins)]
