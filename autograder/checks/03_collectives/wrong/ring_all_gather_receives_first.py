# loses: test_ring_all_gather_never_waits_forever
# module: ring.py
# why: sends and then receives on every rank, and relies on a send that returns early


def _all_gather(comm: Communicator, data: Buffer) -> None:
    parts = pieces(len(data), comm.size)
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    for step in range(comm.size - 1):
        leaves = data[parts[(comm.rank - step) % comm.size]]
        arrives = data[parts[(comm.rank - step - 1) % comm.size]]
        comm.send(leaves, after)
        comm.recv(arrives, before)
