# loses: test_broadcast_tree_other_roots
# module: trees.py
# why: counts places from rank 0, whatever the root is


def _broadcast(comm: Communicator, data: Buffer, root: int) -> None:
    place = comm.rank
    distance = 1
    while distance < comm.size and not place & distance:
        distance *= 2
    if place:
        comm.recv(data, (comm.rank - distance) % comm.size)
    while distance > 1:
        distance //= 2
        if place + distance < comm.size:
            comm.send(data, (comm.rank + distance) % comm.size)
