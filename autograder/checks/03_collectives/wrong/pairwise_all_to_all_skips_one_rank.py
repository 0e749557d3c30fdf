# loses: test_pairwise_all_to_all_powers_of_two
# module: total.py
# why: returns at once if there is only one rank, and leaves its own part out


def _all_to_all(comm: Communicator, out: Sequence[Buffer], parts: Sequence[Buffer]) -> None:
    if comm.size == 1:
        return
    copy_to(out[comm.rank], parts[comm.rank])
    for step in range(1, comm.size):
        to, source = (comm.rank + step) % comm.size, (comm.rank - step) % comm.size
        exchange(comm, parts[to], to, out[source], source)
