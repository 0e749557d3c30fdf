"""Calls of a communicator with values that every rank can compute, for test_comm_messages.py. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.shared.comm import Communicator, Op

FOLD = {"sum": np.add, "avg": np.add, "max": np.maximum, "min": np.minimum}


@dataclass(frozen=True)
class Case:
    """One call: the buffers have `rows` rows of `columns` numbers."""

    call: str
    dtype: str
    rows: int
    columns: int
    op: Op
    layout: str  # of the buffers: plain, strided, fortran, reversed
    root: int
    wait: bool


def values(case: Case, rank: int, rows: int) -> np.ndarray:
    """The data of a rank: small integers, so that every dtype adds them exactly."""
    numbers = np.random.default_rng([rank, rows, case.columns]).integers(-4, 5, (rows, case.columns))
    return numbers.astype(np.float64)


def buffer(data: np.ndarray, case: Case, tensors: bool) -> Any:
    """`data` in the dtype and layout of the case."""
    made = laid_out(data.astype("float32" if case.dtype == "bfloat16" else case.dtype), case.layout)
    if not tensors:
        return made
    import torch

    dtype = getattr(torch, case.dtype)
    if case.layout == "strided":
        wide = torch.zeros((data.shape[0], 2 * data.shape[1]), dtype=dtype)
        wide[:, ::2] = torch.from_numpy(data).to(dtype)
        return wide[:, ::2]
    made = torch.from_numpy(np.ascontiguousarray(made)).to(dtype)
    return made.t().contiguous().t() if case.layout == "fortran" else made


def laid_out(data: np.ndarray, layout: str) -> np.ndarray:
    if layout == "strided":
        wide = np.zeros((data.shape[0], 2 * data.shape[1]), data.dtype)
        wide[:, ::2] = data
        return wide[:, ::2]
    if layout == "reversed":
        return np.ascontiguousarray(data[::-1])[::-1]
    return np.asfortranarray(data) if layout == "fortran" else data.copy()


def plain(made: Any) -> np.ndarray:
    """The numbers of a buffer."""
    return (made if isinstance(made, np.ndarray) else made.double().numpy()).astype(np.float64)


def fold(case: Case, parts: list[np.ndarray]) -> np.ndarray:
    result = parts[0]
    for each in parts[1:]:
        result = FOLD[case.op](result, each)
    return result / len(parts) if case.op == "avg" else result


def run_case(comm: Communicator, case: Case, tensors: bool) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Make the call; returns (name, got, expected) of each buffer that it could change."""
    n, me, root = comm.size, comm.rank, case.root % comm.size
    every = [values(case, rank, case.rows) for rank in range(n)]
    own = buffer(every[me], case, tensors)

    def new(rows: int) -> Any:
        return buffer(np.full((rows, case.columns), 3.0), case, tensors)

    match case.call:
        case "ring":
            into = new(case.rows)
            sending = comm.isend(own, (me + 1) % n) if n > 1 else None
            if sending is None:
                return []
            if case.wait:
                comm.recv(into, (me - 1) % n)
            else:
                comm.irecv(into, (me - 1) % n).wait()
            sending.wait()
            return [("into", plain(into), every[me - 1])]
        case "broadcast":
            comm.broadcast(own, root, wait=case.wait).wait()
            return [("data", plain(own), every[root])]
        case "reduce":
            comm.reduce(own, case.op, root, wait=case.wait).wait()
            return [("data", plain(own), fold(case, every) if me == root else every[me])]
        case "all_reduce":
            comm.all_reduce(own, case.op, wait=case.wait).wait()
            return [("data", plain(own), fold(case, every))]
        case "reduce_scatter":
            large = [values(case, rank, n * case.rows) for rank in range(n)]
            out, data = new(case.rows), buffer(large[me], case, tensors)
            comm.reduce_scatter(out, data, case.op, wait=case.wait).wait()
            mine = fold(case, large)[me * case.rows : (me + 1) * case.rows]
            return [("out", plain(out), mine), ("data", plain(data), large[me])]
        case "all_gather":
            out = new(n * case.rows)
            comm.all_gather(out, own, wait=case.wait).wait()
            return [("out", plain(out), np.concatenate(every)), ("data", plain(own), every[me])]
    # all_to_all: rank s sends (s + t) % 3 rows to rank t
    parts = [[values(case, 10 * s + t, (s + t) % 3) for t in range(n)] for s in range(n)]
    outs = [new((s + me) % 3) for s in range(n)]
    comm.all_to_all(outs, [buffer(each, case, tensors) for each in parts[me]], wait=case.wait).wait()
    return [(f"out[{s}]", plain(outs[s]), parts[s][me]) for s in range(n)]


def run_cases(comm: Communicator, cases: list[Case], tensors: bool) -> list[str]:
    """The cases with a wrong result, in words."""
    wrong = []
    for case in cases:
        for name, got, expected in run_case(comm, case, tensors):
            tolerance = 0.02 if case.dtype in ("bfloat16", "float16") else 1e-6
            if got.shape != expected.shape or not np.allclose(got, expected, rtol=tolerance, atol=tolerance):
                wrong.append(
                    f"{case}, {name} of rank {comm.rank}: expected {expected.tolist()}, got {got.tolist()}"
                )
    return wrong
