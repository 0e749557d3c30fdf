"""Beside step 2: a parameter server. Rank 0 keeps the weights, and the other ranks send it their gradients.

All traffic goes through one rank: p - 1 gradients in and p - 1 copies of the weights out at every step, 2 (p - 1) S
bytes on its link, where each rank of a ring moves 2 (p - 1) / p S. The server may also answer each worker at once
(`asynchronous`). Then nobody waits for the slowest, but a gradient is computed from weights that are up to p - 2
steps old.

Source: M. Li et al., "Scaling Distributed Machine Learning with the Parameter Server", OSDI 2014, sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sgd import gradient_sum
from reference.shared.comm.communicator import Communicator

Batches = Iterator[tuple[np.ndarray, np.ndarray]]


def train_with_server(
    comm: Communicator,
    w: np.ndarray,
    batches: Batches,
    steps: int,
    rate: float,
    *,
    asynchronous: bool = False,
) -> np.ndarray:
    """The weights after `steps` steps of every worker.

    Rank 0 is the server and does not use `batches`; each other rank takes `steps` batches (x, y) as in `sgd.sgd_step`.
    Synchronous: each step adds up the gradients of all workers, so the result equals that of `sgd_step`. Asynchronous:
    the server takes the gradients of the workers in turns and answers each one before it looks at the next.
    Returns the final weights of the server on every rank.

    Cost on the server's link: 2 (p - 1) messages and 2 (p - 1) S bytes a step, for weights of S bytes.

    Raises:
        ValueError: fewer than two ranks, or w is not 2-D float64.
    """
    if comm.size < 2:
        raise ValueError(f"expected a server and at least one worker, got {comm.size} rank")
    if w.ndim != 2 or w.dtype != np.float64:
        raise ValueError(f"expected w to be a float64 matrix, got {w.dtype} of shape {w.shape}")
    w = w.copy()
    if comm.rank == 0:
        (_serve_in_turns if asynchronous else _serve_together)(comm, w, steps, rate)
    else:
        for _ in range(steps):
            x, y = next(batches)
            comm.send(np.append(gradient_sum(w, x, y), float(len(x))), 0)
            comm.recv(w, 0)
    comm.broadcast(w, 0)
    return w


def _serve_together(comm: Communicator, w: np.ndarray, steps: int, rate: float) -> None:
    """Wait for all workers, take one step, and send everybody the new weights."""
    message = np.empty(w.size + 1)
    for _ in range(steps):
        total = np.zeros_like(message)
        for worker in range(1, comm.size):
            comm.recv(message, worker)
            total += message
        w -= rate / total[-1] * total[:-1].reshape(w.shape)
        for worker in range(1, comm.size):
            comm.send(w, worker)


def _serve_in_turns(comm: Communicator, w: np.ndarray, steps: int, rate: float) -> None:
    """Take a step for each gradient. All workers but the next one compute while one is served."""
    message = np.empty(w.size + 1)
    for _ in range(steps):
        for worker in range(1, comm.size):
            comm.recv(message, worker)
            w -= rate / message[-1] * message[:-1].reshape(w.shape)
            comm.send(w, worker)
