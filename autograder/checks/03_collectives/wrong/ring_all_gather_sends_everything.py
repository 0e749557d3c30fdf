# loses: test_ring_all_gather_bytes
# module: ring.py
# why: sends all pieces in every step, those that have not arrived as well


def _all_gather(comm: Communicator, data: Buffer) -> None:
    parts = pieces(len(data), comm.size)
    arrived = empty(len(data), data)
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for step in range(comm.size - 1):
        exchange(comm, data, after, arrived, before)
        part = parts[(comm.rank - step - 1) % comm.size]
        data[part] = arrived[part]
