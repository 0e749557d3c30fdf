# loses: test_straggler_schedule_is_an_all_reduce
# module: straggler.py
# why: pairs ranks in any order, so that a rank whose turn comes is busy


def _rounds(p: int) -> list[list[Transfer]]:
    late, levels = p - 1, p.bit_length() - 1
    # Before round 0 no piece is complete. Let the ranks whose turn comes first be in the last list.
    holders = [list(range(late - (2 << j) + 1, late - (1 << j) + 1)) for j in range(levels)]
    rounds = []
    for turn in range(p - 2 + levels):
        transfers = []
        last = holders.pop()
        if turn < late:
            transfers += [Transfer(turn, late, turn, True), Transfer(late, turn, turn, True)]
            last.remove(turn)
            last.sort(reverse=True)
        elif turn == late:
            holders[0].append(late)
        grown = []
        for j in reversed(range(len(holders))):
            helpers, last = last[: len(holders[j])], last[len(holders[j]) :]
            for rank, helper in zip(holders[j], helpers, strict=True):
                if turn - 1 - j >= 0:
                    transfers.append(Transfer(rank, helper, turn - 1 - j, False))
                if turn - levels >= 0 and rank != late:  # the straggler has all pieces already
                    transfers.append(Transfer(helper, rank, turn - levels, False))
            grown.insert(0, holders[j] + helpers)
        holders = [[turn] if turn < late else [], *grown]
        rounds.append(transfers)
    return rounds
