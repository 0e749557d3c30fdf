"""Communicators give what NumPy gives, for every call, dtype and layout, on both backends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.shared.comm import Communicator, LaunchError, Message, launch
from reference.tests.effort import tries
from reference.tests.shared.comm_cases import Case, run_cases

CALLS = ("ring", "broadcast", "reduce", "all_reduce", "reduce_scatter", "all_gather", "all_to_all")


def cases(dtypes: tuple[str, ...]) -> st.SearchStrategy[list[Case]]:
    one = st.builds(
        Case,
        call=st.sampled_from(CALLS),
        dtype=st.sampled_from(dtypes),
        rows=st.integers(0, 5),
        columns=st.integers(1, 3),
        op=st.sampled_from(("sum", "max", "min", "avg")),
        layout=st.sampled_from(("plain", "strided", "fortran", "reversed")),
        root=st.integers(0, 3),
        wait=st.booleans(),
    )
    return st.lists(
        one.filter(lambda case: (case.op, case.dtype) != ("avg", "int64")), min_size=10, max_size=25
    )


NUMPY = cases(("float32", "float64", "float16", "int64"))
TENSORS = cases(("float32", "float64", "float16", "bfloat16", "int64"))


def every_call(dtype: str) -> list[Case]:
    return [
        Case(call, dtype, 2, 3, "sum", layout, 1, True) for call in CALLS for layout in ("plain", "strided")
    ]


def joined(found: list[list[str]]) -> list[str]:
    return [each for one in found for each in one]


@tries(12)
@given(n=st.integers(1, 4), drawn=NUMPY, check=st.booleans())
def test_arrays_over_gloo(n: int, drawn: list[Case], check: bool):
    assert joined(launch(run_cases, n, drawn, False, check=check)) == []


@tries(12)
@given(n=st.integers(1, 4), drawn=TENSORS, check=st.booleans())
def test_tensors_over_gloo(n: int, drawn: list[Case], check: bool):
    assert joined(launch(run_cases, n, drawn, True, check=check)) == []


@tries(8)
@given(n=st.integers(1, 4), drawn=NUMPY, check=st.booleans(), synchronous=st.booleans())
def test_arrays_over_mpi(n: int, drawn: list[Case], check: bool, synchronous: bool):
    found = launch(run_cases, n, drawn, False, backend="mpi", check=check, synchronous=synchronous)
    assert joined(found) == []


@pytest.mark.slow  # each rank of mpirun imports torch
def test_tensors_over_mpi():
    drawn = every_call("bfloat16") + every_call("float32") + every_call("int64")
    assert joined(launch(run_cases, 2, drawn, True, backend="mpi")) == []


def bad_calls(comm: Communicator) -> list[str]:
    x, other = np.zeros(4, np.float32), 1 - comm.rank
    frozen = np.zeros(4)
    frozen.flags.writeable = False
    calls: list[Any] = [
        lambda: comm.send(x, 2),
        lambda: comm.send(x, comm.rank),
        lambda: comm.send(x, other, tag=-1),
        lambda: comm.send([1.0], other),  # type: ignore[arg-type]
        lambda: comm.send(np.zeros(3, np.complex64), other),
        lambda: comm.irecv(frozen, other),
        lambda: comm.broadcast(x, 2),
        lambda: comm.reduce(x, "sum", -1),
        lambda: comm.all_reduce(x, "mean"),  # type: ignore[arg-type]
        lambda: comm.all_reduce(np.zeros(3, np.int64), "avg"),
        lambda: comm.all_reduce(frozen),
        lambda: comm.reduce_scatter(np.zeros(3), np.zeros(7)),
        lambda: comm.all_gather(np.zeros(8), np.zeros(4, np.float32)),
        lambda: comm.all_to_all([x], [x]),
    ]
    told = []
    for call in calls:
        try:
            call()
            told.append("nothing")
        except ValueError as error:
            told.append(str(error))
    comm.barrier()  # nothing was sent
    return told


@pytest.mark.parametrize(("backend", "check"), [("torch", False), ("torch", True), ("mpi", False)])
def test_bad_arguments_are_refused_before_anything_is_sent(backend: Any, check: bool):
    for told in launch(bad_calls, 2, backend=backend, check=check):
        assert len(told) == 14
        assert all(text.startswith("expected ") and "got " in text for text in told), told


def halves(comm: Communicator) -> tuple[list[float], int, int]:
    """Two groups that reverse the order of their ranks, and split once more."""
    half = comm.split(comm.rank % 2, key=-comm.rank)
    x = np.array([float(comm.rank)])
    half.all_reduce(x)
    single = half.split(half.rank)
    y = np.array([float(comm.rank)])
    single.all_reduce(y)
    if half.size == 2:
        z = np.zeros(1)
        other = 1 - half.rank
        sending = half.isend(np.array([float(comm.rank)]), other)
        half.recv(z, other)
        sending.wait()
        return [x[0], y[0], z[0]], half.rank, half.size
    return [x[0], y[0]], half.rank, half.size


@pytest.mark.parametrize(("backend", "check"), [("torch", False), ("torch", True), ("mpi", False)])
def test_split(backend: Any, check: bool):
    messages: list[Message] = []
    found = launch(halves, 4, backend=backend, check=check, messages=messages)
    assert found == [([2, 0, 2], 1, 2), ([4, 1, 3], 1, 2), ([2, 2, 0], 0, 2), ([4, 3, 1], 0, 2)]
    assert {(m.source, m.to) for m in messages if m.kind == "send"} == {(0, 2), (2, 0), (1, 3), (3, 1)}


def short(comm: Communicator) -> None:
    if comm.rank == 0:
        comm.send(np.zeros(3), 1)
    else:
        comm.recv(np.zeros(5), 0)


def test_a_short_message_is_an_error_on_mpi():
    with pytest.raises(LaunchError, match="expected a message of 40 bytes from rank 0, got 24 bytes"):
        launch(short, 2, backend="mpi")


def in_place(comm: Communicator) -> tuple[bool, bool]:
    x = np.ones(1000)
    before = x.ctypes.data
    view = x[100:200]
    comm.all_reduce(view)
    return bool((x[100:200] == comm.size).all() and (x[:100] == 1).all()), x.ctypes.data == before


def test_views_are_changed_in_place():
    assert launch(in_place, 2) == [(True, True)] * 2
    assert launch(in_place, 2, backend="mpi") == [(True, True)] * 2
