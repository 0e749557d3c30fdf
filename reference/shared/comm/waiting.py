"""Find deadlocks: which rank waits for which, in the states that ranks write on the board.

The state of a rank is a dict:

    state    "running", "waiting", "ended" or "raised"
    what     the call in which it waits, and `where` its source line
    waits    the number of the call, as [channel, k]; a channel is [communicator, source, to, tag] for a message
             and [communicator, [members]] for a collective, in global ranks
    posted   channel -> how many calls this rank has made; `started`: how many of them run in the backend
    calls    channel -> {k: the call}, for those that another rank may still compare

The k-th send of a channel meets its k-th receive. So a rank is stuck in the k-th call exactly if another rank of the
channel has made less than k, and can make no more.
"""

from __future__ import annotations

from typing import Any

State = dict[str, Any]


class DeadlockError(RuntimeError):
    """Ranks wait for each other, or for a rank that has ended."""


class MismatchError(ValueError):
    """Ranks made calls that do not fit together."""


class PeerError(RuntimeError):
    """Another rank raised an exception while this one waited for it."""


def partners(channel: list[Any], rank: int) -> list[int]:
    """The other ranks of a channel."""
    members = channel[1] if isinstance(channel[1], list) else channel[1:3]
    return [each for each in members if each != rank]


def name(channel: list[Any], rank: int) -> str:
    """The key of the rank's own calls on a channel: a message has one side that sends and one that receives."""
    side = "" if isinstance(channel[1], list) else "sr"[channel[2] == rank]
    return f"{channel}{side}"


def missing(states: list[State], rank: int) -> list[int]:
    """The ranks that have not yet made the call in which `rank` waits."""
    if states[rank].get("state") != "waiting":
        return []
    channel, k = states[rank]["waits"]
    return [
        each
        for each in partners(channel, rank)
        if states[each].get("posted", {}).get(name(channel, each), 0) < k
    ]


def stuck(states: list[State]) -> dict[int, list[int]]:
    """Each rank that can never continue -> the ranks for which it waits. Empty while there is no deadlock.

    A rank that runs, or whose partners have all made their call, will continue. A rank that waits for such ranks only
    may continue too. All others are stuck.
    """
    waits = {rank: missing(states, rank) for rank in range(len(states))}
    over = {rank for rank, each in enumerate(states) if each.get("state") in ("ended", "raised")}
    alive = {rank for rank in waits if not waits[rank] and rank not in over}
    while True:
        # One partner that never comes is enough to be stuck.
        more = {
            rank for rank in waits if rank not in alive | over and all(each in alive for each in waits[rank])
        }
        if not more:
            break
        alive |= more
    return {rank: waits[rank] for rank in waits if waits[rank] and rank not in alive}


def cycle(waits: dict[int, list[int]]) -> list[int]:
    """The ranks of one cycle in `stuck`, in order and closed: [0, 1, 0]; empty if there is none."""
    for first in waits:
        path = [first]
        while True:
            nexts = [each for each in waits[path[-1]] if each in waits]
            if not nexts:
                break
            if nexts[0] in path:
                return [*path[path.index(nexts[0]) :], nexts[0]]
            path.append(nexts[0])
    return []


def report(states: list[State], waits: dict[int, list[int]]) -> str:
    """The deadlock in words."""
    lines = ["deadlock: these ranks wait forever"]
    for rank, others in sorted(waits.items()):
        ended = [str(each) for each in others if states[each].get("state") == "ended"]
        after = f"; rank {', '.join(ended)} has already ended" if ended else ""
        waiting_for = ", ".join(map(str, others))
        lines.append(f"  rank {rank} waits for rank {waiting_for} in {states[rank]['what']}{after}")
        lines.append(f"    {states[rank]['where']}")
    if ring := cycle(waits):
        lines.append(f"  cycle: {' -> '.join(map(str, ring))}")
        lines.append("  try: let one rank of the cycle receive before it sends, or use isend and irecv")
    else:
        lines.append("  try: make the same number of calls on every rank")
    return "\n".join(lines)
