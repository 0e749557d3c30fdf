# loses: test_reduce_tree_combines
# module: trees.py
# why: adds, whatever the op is


def _reduce(comm: Communicator, data: Buffer, op: Op, root: int) -> None:
    place = (comm.rank - root) % comm.size
    arrived = empty(len(data), data)
    distance = 1
    while distance < comm.size:
        if place & distance:
            comm.send(data, (comm.rank - distance) % comm.size)
            return
        if place + distance < comm.size:
            comm.recv(arrived, (comm.rank + distance) % comm.size)
            data += arrived
        distance *= 2
