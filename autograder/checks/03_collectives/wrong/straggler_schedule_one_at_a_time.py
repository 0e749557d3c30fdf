# loses: test_straggler_schedule_rounds
# module: straggler.py
# why: exchanges all pieces with the straggler first, and then passes them on one after the other


def _rounds(p: int) -> list[list[Transfer]]:
    late = p - 1
    rounds = [[Transfer(t, late, t, True), Transfer(late, t, t, True)] for t in range(late)]
    for piece in range(late):
        holders, others = [piece, late], [rank for rank in range(late) if rank != piece]
        while others:
            pairs = list(zip(holders, others, strict=False))
            rounds.append([Transfer(holder, other, piece, False) for holder, other in pairs])
            holders += [other for _, other in pairs]
            others = others[len(pairs) :]
    return rounds
