# loses: test_pairwise_all_to_all_spreads_the_load
# module: total.py
# why: every rank sends to rank 0 first, then to rank 1, and so on


def _all_to_all(comm: Communicator, out: Sequence[Buffer], parts: Sequence[Buffer]) -> None:
    copy_to(out[comm.rank], parts[comm.rank])
    others = [rank for rank in range(comm.size) if rank != comm.rank]
    sends = [comm.isend(parts[rank], rank) for rank in others]
    for rank in others:
        comm.recv(out[rank], rank)
    for sent in sends:
        sent.wait()
