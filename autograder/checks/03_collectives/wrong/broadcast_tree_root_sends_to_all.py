# loses: test_broadcast_tree_depth
# module: trees.py
# why: the root sends to every rank itself


def _broadcast(comm: Communicator, data: Buffer, root: int) -> None:
    if comm.rank != root:
        comm.recv(data, root)
        return
    for rank in range(comm.size):
        if rank != root:
            comm.send(data, rank)
