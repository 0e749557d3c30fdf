# loses: test_recursive_doubling_messages
# module: doubling.py
# why: reduces to rank 0, which sends the result to everybody


def _double(comm: Communicator, data: Buffer, op: Op) -> None:
    if comm.rank:
        comm.send(data, 0)
        comm.recv(data, 0)
        return
    arrived = empty(len(data), data)
    for rank in range(1, comm.size):
        comm.recv(arrived, rank)
        combine(op, data, arrived)
    for rank in range(1, comm.size):
        comm.send(data, rank)
