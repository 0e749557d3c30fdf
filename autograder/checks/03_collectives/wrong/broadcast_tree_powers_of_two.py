# loses: test_broadcast_tree_reaches_all
# module: trees.py
# why: serves places below the highest power of two only


def _broadcast(comm: Communicator, data: Buffer, root: int) -> None:
    place = (comm.rank - root) % comm.size
    distance = 1
    size = 1 << (comm.size.bit_length() - 1)
    if place >= size:
        return
    while distance < size and not place & distance:
        distance *= 2
    if place:
        comm.recv(data, (comm.rank - distance) % comm.size)
    while distance > 1:
        distance //= 2
        if place + distance < size:
            comm.send(data, (comm.rank + distance) % comm.size)
