# loses: test_rabenseifner_powers_of_two
# module: halving.py
# why: starts at distance 4 at most, which is enough for up to eight ranks


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
    distance = min(most // 2, 4)
    while distance:
        kept, gone = _span(data, comm.rank, distance, most), _span(data, comm.rank ^ distance, distance, most)
        exchange(comm, gone, comm.rank ^ distance, arrived[: len(kept)], comm.rank ^ distance)
        combine(op, kept, arrived[: len(kept)])
        distance //= 2
    finish(op, _span(data, comm.rank, 1, most), comm.size)
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
