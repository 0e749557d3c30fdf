# loses: test_broadcast_tree_reaches_all
# module: trees.py
# why: sends to places that do not exist, which are other ranks


def _broadcast(comm: Communicator, data: Buffer, root: int) -> None:
    place = (comm.rank - root) % comm.size
    distance = 1
    while distance < comm.size and not place & distance:
        distance *= 2
    if place:
        comm.recv(data, (comm.rank - distance) % comm.size)
    while distance > 1:
        distance //= 2
        comm.send(data, (comm.rank + distance) % comm.size)
