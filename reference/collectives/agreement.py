"""Compare the calls of all ranks before a collective, so that a mismatch is a message and not a hang.

Two ranks that call different collectives, or the same one with other shapes or dtypes, wait forever, crash, or get a
wrong result in silence. A comparison of a few bytes costs one small message more.
"""

from __future__ import annotations

import hashlib

import numpy as np

from reference.shared.comm.communicator import Buffer, Communicator
from reference.shared.comm.waiting import MismatchError


def agree(comm: Communicator, name: str, op: str, x: Buffer, number: int) -> None:
    """Return on every rank if all ranks make the same call; raise the same MismatchError on every rank otherwise."""
    if text := disagreement(comm, name, op, x, number):
        raise MismatchError(text)


def disagreement(comm: Communicator, name: str, op: str, x: Buffer, number: int) -> str:
    """ "" if all ranks make the same call; otherwise one text, the same on every rank, that says who calls what.

    name: of the collective. op: its op. x: its buffer, of which shape and dtype count. number: how many collectives
    this rank has called before.

    Cost: one all-gather of 40 bytes a rank if the ranks agree, whatever the call. Only if they differ, one more, of
    the calls as text.
    """
    calls = _calls(comm, _describe(name, op, x, number))
    if not calls:
        return ""
    ranks: dict[str, list[int]] = {}
    for rank, call in enumerate(calls):
        ranks.setdefault(call, []).append(rank)
    said = [f"rank{'s' * (len(who) > 1)} {', '.join(map(str, who))}: {call}" for call, who in ranks.items()]
    return "expected the same call on every rank; got " + "; ".join(said)


def _describe(name: str, op: str, x: Buffer, number: int) -> str:
    """The call as text, with all that has to be equal: number, name, op, dtype and shape.

    Like "call 3: all_reduce, sum, float32, shape (4, 5)".
    """
    return f"call {number}: {name}, {op}, {x.dtype}, shape {tuple(x.shape)}"


def _calls(comm: Communicator, call: str) -> list[str]:
    """[] if `call` is the same text on all ranks; otherwise the texts of all ranks, by rank. Every rank gets the same.

    First gather a fingerprint of the text, five int64: its SHA-256 and its number of bytes. Texts differ in length, so
    only then do all ranks know how long the longest one is, and can gather buffers of one length.
    """
    text = call.encode()
    digest = np.frombuffer(hashlib.sha256(text).digest(), np.int64)
    mine = np.array([*digest, len(text)])
    prints = np.empty((comm.size, len(mine)), np.int64)
    comm.all_gather(prints.reshape(-1), mine)
    if (prints == mine).all():
        return []
    words = (int(prints[:, -1].max()) + 7) // 8
    padded = np.frombuffer(text.ljust(8 * words, b"\0"), np.int64).copy()
    texts = np.empty((comm.size, words), np.int64)
    comm.all_gather(texts.reshape(-1), padded)
    return [row.tobytes()[:length].decode() for row, length in zip(texts, prints[:, -1], strict=True)]
