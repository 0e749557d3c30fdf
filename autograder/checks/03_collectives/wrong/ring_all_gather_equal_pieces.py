# loses: test_ring_all_gather_ragged
# module: ring.py
# why: takes all pieces to be n // p long


def _all_gather(comm: Communicator, data: Buffer) -> None:
    length = len(data) // comm.size
    parts = [slice(rank * length, (rank + 1) * length) for rank in range(comm.size)]
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for step in range(comm.size - 1):
        leaves = data[parts[(comm.rank - step) % comm.size]]
        arrives = data[parts[(comm.rank - step - 1) % comm.size]]
        exchange(comm, leaves, after, arrives, before)
