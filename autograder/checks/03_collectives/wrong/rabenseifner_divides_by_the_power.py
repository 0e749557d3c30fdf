# loses: test_rabenseifner_other_sizes
# module: halving.py
# why: averages over the ranks up to the power of two, and not over all


def _halve_and_double(comm: Communicator, data: Buffer, op: Op) -> None:
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
    distance = most // 2
    while distance:
        kept, gone = _span(data, comm.rank, distance, most), _span(data, comm.rank ^ distance, distance, most)
        exchange(comm, gone, comm.rank ^ distance, arrived[: len(kept)], comm.rank ^ distance)
        combine(op, kept, arrived[: len(kept)])
        distance //= 2
    finish(op, _span(data, comm.rank, 1, most), most)
    distance = 1
    while distance < most:
        mine, theirs = (
            _span(data, comm.rank, distance, most),
            _span(data, comm.rank ^ distance, distance, most),
        )
        exchange(comm, mine, comm.rank ^ distance, theirs, comm.rank ^ distance)
        distance *= 2
    if helped:
        comm.send(data, comm.rank + most)
