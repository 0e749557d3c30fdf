# loses: test_recursive_doubling_never_waits_forever
# module: doubling.py
# why: sends and then receives on both partners, and relies on a send that returns early


def _double(comm: Communicator, data: Buffer, op: Op) -> None:
    most = 1 << (comm.size.bit_length() - 1)  # q
    if comm.rank >= most:
        comm.send(data, comm.rank - most)
        comm.recv(data, comm.rank - most)
        return
    arrived = empty(len(data), data)
    helped = comm.rank + most < comm.size
    if helped:
        comm.recv(arrived, comm.rank + most)
        combine(op, data, arrived)
    distance = 1
    while distance < most:
        comm.send(data, comm.rank ^ distance)
        comm.recv(arrived, comm.rank ^ distance)
        combine(op, data, arrived)
        distance *= 2
    if helped:
        comm.send(data, comm.rank + most)
