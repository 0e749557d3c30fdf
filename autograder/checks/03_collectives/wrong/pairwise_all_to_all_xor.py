# loses: test_pairwise_all_to_all_other_sizes
# module: total.py
# why: takes rank ^ step as the partner, which is no rank if their number is no power of two


def _all_to_all(comm: Communicator, out: Sequence[Buffer], parts: Sequence[Buffer]) -> None:
    copy_to(out[comm.rank], parts[comm.rank])
    for step in range(1, comm.size):
        to = source = comm.rank ^ step
        exchange(comm, parts[to], to, out[source], source)
