"""Shards, SGD by hand, the parameter server and k-means: one process, bad input, and real ranks on both backends."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reference.data_parallel.kmeans import kmeans
from reference.data_parallel.server import train_with_server
from reference.data_parallel.sgd import gradient_sum, sgd_step
from reference.data_parallel.shards import shard_indices
from reference.lab.data_parallel.training import softmax_loss
from reference.shared.comm import Communicator, launch
from reference.tests.effort import tries


@given(st.integers(0, 60), st.integers(1, 7), st.integers(0, 3), st.integers(0, 9))
@tries(60)
def test_shards_are_a_partition_of_one_order(n: int, size: int, epoch: int, seed: int):
    shards = [shard_indices(n, rank, size, epoch, seed) for rank in range(size)]
    assert sorted(np.concatenate(shards).tolist()) == list(range(n))
    assert {len(shard) for shard in shards} <= {n // size, n // size + 1}
    whole = shard_indices(n, 0, 1, epoch, seed)
    assert all((shard == whole[rank::size]).all() for rank, shard in enumerate(shards))


def test_epochs_and_seeds_have_their_own_orders():
    orders = {tuple(shard_indices(50, 0, 1, epoch, seed)) for epoch in range(3) for seed in range(3)}
    assert len(orders) == 9


@pytest.mark.parametrize("arguments", [(-1, 0, 1, 0, 0), (5, 2, 2, 0, 0), (5, -1, 2, 0, 0), (5, 0, 0, 0, 0)])
def test_bad_shards_are_named(arguments: tuple[int, int, int, int, int]):
    with pytest.raises(ValueError, match="expected"):
        shard_indices(*arguments)


@given(st.integers(0, 1000), st.integers(1, 9))
@tries(20)
def test_the_gradient_is_that_of_autograd(seed: int, rows: int):
    rng = np.random.default_rng(seed)
    w, x, y = rng.standard_normal((5, 3)), rng.standard_normal((rows, 5)), rng.integers(0, 3, rows)
    weight = torch.tensor(w, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(torch.tensor(x) @ weight, torch.tensor(y), reduction="sum")
    loss.backward()
    assert weight.grad is not None
    np.testing.assert_allclose(gradient_sum(w, x, y), weight.grad.numpy(), atol=1e-12)
    assert softmax_loss(w, x, y) == pytest.approx(loss.item() / rows)


def by_hand(comm: Communicator, x: np.ndarray, y: np.ndarray, centres: np.ndarray) -> Any:
    """Two epochs of SGD, a parameter server, and k-means, on uneven shards."""
    w = np.zeros((x.shape[1], 3))
    for epoch in range(2):
        own = shard_indices(len(x), comm.rank, comm.size, epoch, 7)
        w = sgd_step(comm, w, x[own], y[own], 0.5)
    clusters = kmeans(comm, x[comm.rank :: comm.size], centres, 4)
    served = None
    if comm.size > 1:
        workers = comm.size - 1
        part = slice(comm.rank - 1, None, workers) if comm.rank else slice(0, 0)
        batches = iter([(x[part], y[part])] * 2)
        served = train_with_server(comm, np.zeros_like(w), batches, 2, 0.5)
    return w, clusters, served


def lloyd(x: np.ndarray, centres: np.ndarray, iterations: int) -> np.ndarray:
    for _ in range(iterations):
        nearest = np.linalg.norm(x[:, None] - centres[None], axis=2).argmin(axis=1)
        groups = [x[nearest == k] for k in range(len(centres))]
        centres = np.stack([g.mean(axis=0) if len(g) else c for g, c in zip(groups, centres, strict=True)])
    return centres


@pytest.mark.parametrize(("backend", "n"), [("torch", 1), ("torch", 3), ("mpi", 4)])
def test_ranks_do_what_one_process_does(backend: Literal["torch", "mpi"], n: int):
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((23, 4)), rng.integers(0, 3, 23)
    centres = x[:5].copy()
    want = np.zeros((4, 3))
    steps = []
    for _ in range(2):
        want = want - 0.5 / 23 * gradient_sum(want, x, y)
        steps.append(want)
    for w, (found, _), served in launch(by_hand, n, x, y, centres, backend=backend):
        np.testing.assert_allclose(w, want, atol=1e-12)
        np.testing.assert_allclose(found, lloyd(x, centres, 4), atol=1e-12)
        if n > 1:
            np.testing.assert_allclose(served, want, atol=1e-12)


class Alone:
    """The communicator of the only rank, for operand checks that fail before any message."""

    rank, size = 0, 1


@pytest.mark.parametrize(
    ("w", "x", "y"),
    [
        (np.zeros((3, 2)), np.zeros((4, 2)), np.zeros(4, int)),
        (np.zeros((3, 2)), np.zeros((4, 3)), np.zeros(3, int)),
        (np.zeros((3, 2)), np.zeros((4, 3)), np.full(4, 2)),
    ],
)
def test_bad_operands_of_a_step_are_named(w: np.ndarray, x: np.ndarray, y: np.ndarray):
    with pytest.raises(ValueError, match="expected"):
        sgd_step(Alone(), w, x, y, 0.1)  # pyright: ignore[reportArgumentType]


def test_a_server_needs_a_worker():
    with pytest.raises(ValueError, match="at least one worker"):
        train_with_server(Alone(), np.zeros((2, 2)), iter([]), 1, 0.1)  # pyright: ignore[reportArgumentType]
