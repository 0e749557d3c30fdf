# loses: test_pairwise_all_to_all_unequal_parts
# module: total.py
# why: receives as many elements as it sends


def _all_to_all(comm: Communicator, out: Sequence[Buffer], parts: Sequence[Buffer]) -> None:
    copy_to(out[comm.rank], parts[comm.rank])
    for step in range(1, comm.size):
        to, source = (comm.rank + step) % comm.size, (comm.rank - step) % comm.size
        exchange(comm, parts[to], to, out[source][: len(parts[source])], source)
