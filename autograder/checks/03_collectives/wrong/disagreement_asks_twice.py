# loses: test_disagreement_none
# module: agreement.py
# why: gathers the texts also when all ranks agree


def _calls(comm: Communicator, call: str) -> list[str]:
    text = call.encode()
    digest = np.frombuffer(hashlib.sha256(text).digest(), np.int64)
    mine = np.array([*digest, len(text)])
    prints = np.empty((comm.size, len(mine)), np.int64)
    comm.all_gather(prints.reshape(-1), mine)
    words = (int(prints[:, -1].max()) + 7) // 8
    padded = np.frombuffer(text.ljust(8 * words, b"\0"), np.int64).copy()
    texts = np.empty((comm.size, words), np.int64)
    comm.all_gather(texts.reshape(-1), padded)
    found = [row.tobytes()[:length].decode() for row, length in zip(texts, prints[:, -1], strict=True)]
    return [] if len(set(found)) == 1 else found
