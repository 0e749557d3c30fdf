# loses: test_ring_all_gather_collects
# module: ring.py
# why: takes log2 p steps, which is enough for 2 and 3 ranks only


def _all_gather(comm: Communicator, data: Buffer) -> None:
    parts = pieces(len(data), comm.size)
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for step in range((comm.size - 1).bit_length()):
        leaves = data[parts[(comm.rank - step) % comm.size]]
        arrives = data[parts[(comm.rank - step - 1) % comm.size]]
        exchange(comm, leaves, after, arrives, before)
