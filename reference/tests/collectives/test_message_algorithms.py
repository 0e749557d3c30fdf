"""Algorithms of unit 03 over messages: equal to NumPy and to the library's own collectives, on real ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from reference.collectives import (
    broadcast_tree,
    pairwise_all_to_all,
    rabenseifner,
    recursive_doubling,
    reduce_tree,
    ring_all_gather,
    ring_all_reduce,
    ring_reduce_scatter,
)
from reference.collectives.messages import pieces, start
from reference.shared.comm import Communicator, Message, Op, RecordingCommunicator, launch

ALL_REDUCES = (ring_all_reduce, recursive_doubling, rabenseifner)
LENGTHS = (0, 1, 2, 7, 12)
COMBINED: dict[Op, Any] = {"sum": np.sum, "max": np.max, "min": np.min, "avg": np.mean}


def vectors(p: int, n: int) -> np.ndarray:
    """(p, n) whole numbers, the same on every rank; their sums are exact."""
    return np.random.default_rng(100 * p + n).integers(-99, 99, (p, n)).astype(np.float64)


def wrong_answers(comm: Communicator, tensors: bool) -> list[str]:
    """The cases in which a collective of this rank differs from NumPy."""
    p, rank, wrong = comm.size, comm.rank, []

    def buffer(x: np.ndarray) -> Any:
        if not tensors:
            return x.copy()
        import torch

        return torch.from_numpy(x.copy())

    def expect(name: str, got: Any, want: np.ndarray) -> None:
        if not np.allclose(np.asarray(got), want, rtol=1e-12):
            wrong.append(f"{name}, rank {rank} of {p}: {np.asarray(got)} != {want}")

    for n in LENGTHS:
        xs = vectors(p, n)
        cut = pieces(n, p)
        for op, combine in COMBINED.items():
            want = combine(xs, axis=0)
            for each in ALL_REDUCES:
                x = buffer(xs[rank])
                expect(f"{each.__name__} {op} n={n}", each(comm, x, op), want)
                expect(f"{each.__name__} leaves x", x, xs[rank])
                assert each(comm, x, op, x) is x
                expect(f"{each.__name__} {op} in place n={n}", x, want)
            expect(f"scatter {op}", ring_reduce_scatter(comm, buffer(xs[rank]), op), want[cut[rank]])
            root = n % p
            found = reduce_tree(comm, buffer(xs[rank]), op, root)
            assert (found is None) == (rank != root)
            if found is not None:
                expect(f"reduce {op} to {root}", found, want)
        expect("gather", ring_all_gather(comm, buffer(xs[0][cut[rank]]), n), xs[0])
        expect("broadcast", broadcast_tree(comm, buffer(xs[rank]), n % p), xs[n % p])
    gaps = buffer(np.repeat(vectors(p, 12)[rank], 2))[::2]
    expect("with gaps", ring_all_reduce(comm, gaps, "sum", gaps), vectors(p, 12).sum(0))
    lengths = np.random.default_rng(p).integers(0, 4, (p, p))
    parts = [buffer(np.full(lengths[rank, to], 10.0 * rank + to)) for to in range(p)]
    out = [buffer(np.zeros(lengths[source, rank])) for source in range(p)]
    pairwise_all_to_all(comm, out, parts)
    for source in range(p):
        expect("all to all", out[source], np.full(lengths[source, rank], 10.0 * source + rank))
    return wrong


@pytest.mark.parametrize(("p", "tensors"), [(1, False), (2, True), (3, False), (4, True), (5, False)])
def test_torch_ranks_agree_with_numpy(p: int, tensors: bool):
    assert launch(wrong_answers, p, tensors) == [[]] * p


@pytest.mark.parametrize("p", [3, 4])
def test_mpi_ranks_agree_with_numpy_without_eager_sends(p: int):
    assert launch(wrong_answers, p, False, backend="mpi", synchronous=True) == [[]] * p


def beside_the_library(comm: Communicator) -> list[float]:
    """Largest differences from the library's all-reduce, for float32 with rounding; and between the ranks' bits."""
    x = np.random.default_rng(comm.rank).standard_normal(10_001).astype(np.float32)
    theirs = x.copy()
    comm.all_reduce(theirs)
    found = []
    for each in ALL_REDUCES:
        mine = np.asarray(each(comm, x))
        found.append(float(np.abs(mine - theirs).max()))
        first = broadcast_tree(comm, mine.copy())
        found.append(float((np.asarray(first, np.float32).view(np.int32) != mine.view(np.int32)).sum()))
    return found


@pytest.mark.parametrize("backend", ["torch", "mpi"])
def test_the_librarys_all_reduce_agrees_and_all_ranks_have_the_same_bits(backend: Any):
    for rank in launch(beside_the_library, 3, backend=backend):
        assert max(rank[::2]) < 1e-5
        assert max(rank[1::2]) == 0


def traffic(comm: Communicator, name: str, n: int) -> list[Message]:
    """The messages that this rank sends in one all-reduce of n float64."""
    recorder = RecordingCommunicator(comm)
    {each.__name__: each for each in ALL_REDUCES}[name](recorder, np.ones(n))
    return recorder.sent()


@pytest.mark.parametrize(
    ("name", "count", "share"),
    [("ring_all_reduce", 6, 1.5), ("recursive_doubling", 2, 2.0), ("rabenseifner", 4, 1.5)],
)
def test_messages_and_bytes_are_those_of_the_formula(name: str, count: int, share: float):
    for sent in launch(traffic, 4, name, 40):
        assert len(sent) == count
        assert sum(each.bytes for each in sent) == share * 40 * 8


def bad(value: Any) -> Any:
    """A value of a type that the function does not take."""
    return value


class Alone:
    """The ranks of a communicator of one process, for the checks of operands, which come before any message."""

    rank, size = 0, 1


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda c: ring_all_reduce(c, bad([1.0])),
            TypeError,
            "expected a NumPy array or a torch tensor, got list",
        ),
        (
            lambda c: ring_all_reduce(c, np.ones(2), bad("prod")),
            ValueError,
            "expected op to be one of sum, max",
        ),
        (
            lambda c: rabenseifner(c, np.ones(2, int), "avg"),
            ValueError,
            "expected floating-point numbers for avg",
        ),
        (
            lambda c: recursive_doubling(c, np.ones(2), "sum", np.ones(3)),
            ValueError,
            r"expected out .* \(2,\)",
        ),
        (
            lambda c: ring_all_reduce(c, np.ones(2), "sum", np.ones(2, np.float32)),
            TypeError,
            "expected out to be like",
        ),
        (
            lambda c: broadcast_tree(c, np.ones(2), 1),
            ValueError,
            "expected root to be a rank from 0 to 0, got 1",
        ),
        (lambda c: reduce_tree(c, np.ones(2), "sum", -1), ValueError, "expected root to be a rank"),
        (lambda c: ring_all_gather(c, np.ones(2), 3), ValueError, "expected piece 0 of 3: 3 elements; got 2"),
        (lambda c: pairwise_all_to_all(c, [], []), ValueError, "expected out to be 1 buffers"),
        (lambda c: pairwise_all_to_all(c, [np.ones(2)], [np.ones(3)]), ValueError, r"expected out\[0\]"),
    ],
)
def test_bad_operands_are_named_before_any_message(call: Any, kind: type[Exception], message: str):
    with pytest.raises(kind, match=message):
        call(Alone())


def test_pieces_cut_as_numpy_does():
    for n in range(12):
        for parts in range(1, 9):
            lengths = [len(each) for each in np.array_split(np.arange(n), parts)]
            assert [each.stop - each.start for each in pieces(n, parts)] == lengths
    with pytest.raises(ValueError, match="expected n >= 0"):
        pieces(-1, 2)


def test_a_result_of_its_own_shares_no_memory():
    x = np.arange(6.0).reshape(2, 3)
    data, out = start(x, "sum", None)
    assert not np.shares_memory(x, out)
    assert np.shares_memory(data, out)
    assert out.shape == x.shape
