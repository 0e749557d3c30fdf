# loses: test_disagreement_tells_every_rank
# module: agreement.py
# why: cuts every text off after 48 bytes


def _calls(comm: Communicator, call: str) -> list[str]:
    text = call.encode()
    digest = np.frombuffer(hashlib.sha256(text).digest(), np.int64)
    mine = np.array([*digest, len(text)])
    prints = np.empty((comm.size, len(mine)), np.int64)
    comm.all_gather(prints.reshape(-1), mine)
    if (prints == mine).all():
        return []
    words = 6
    padded = np.frombuffer(text.ljust(8 * words, b"\0")[: 8 * words], np.int64).copy()
    texts = np.empty((comm.size, words), np.int64)
    comm.all_gather(texts.reshape(-1), padded)
    return [row.tobytes()[:length].decode() for row, length in zip(texts, prints[:, -1], strict=True)]
