# loses: test_reduce_tree_depth
# module: trees.py
# why: every rank sends to the root itself


def _reduce(comm: Communicator, data: Buffer, op: Op, root: int) -> None:
    if comm.rank != root:
        comm.send(data, root)
        return
    arrived = empty(len(data), data)
    for rank in range(comm.size):
        if rank != root:
            comm.recv(arrived, rank)
            combine(op, data, arrived)
