# loses: test_ring_reduce_scatter_ragged
# module: ring.py
# why: cuts pieces of n // p elements, and drops the rest


def _reduce_scatter(comm: Communicator, data: Buffer, op: Op) -> None:
    length = len(data) // comm.size
    parts = [slice(rank * length, (rank + 1) * length) for rank in range(comm.size)]
    arrived = empty(parts[0].stop, data)  # as long as the longest piece
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for step in range(comm.size - 1):
        leaves = data[parts[(comm.rank - step - 1) % comm.size]]
        joins = data[parts[(comm.rank - step - 2) % comm.size]]
        exchange(comm, leaves, after, arrived[: len(joins)], before)
        combine(op, joins, arrived[: len(joins)])
