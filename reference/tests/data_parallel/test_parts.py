"""Messages, errors and limits of the parts: buckets, hooks, accumulation, memory, checkpoints, noise scale, top-k."""

from __future__ import annotations

import math
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from reference.data_parallel.buckets import assign_buckets
from reference.data_parallel.checkpoint import load, part_of, save
from reference.data_parallel.compression import average_top_k, top_k_with_error_feedback
from reference.data_parallel.ddp import DataParallel, accumulate
from reference.data_parallel.flat import FlatLayout
from reference.data_parallel.fsdp import FullyShardedDataParallel
from reference.data_parallel.large_batch import lamb_ratio, noise_scale, warmed_up_rate
from reference.data_parallel.zero import ShardedOptimizer
from reference.lab.data_parallel.programs import mlp
from reference.shared.comm import Communicator, LaunchError, launch
from reference.tests.effort import tries

sizes_and_kinds = st.lists(
    st.tuples(st.integers(1, 40), st.booleans(), st.sampled_from([torch.float32, torch.float16])), max_size=12
)


@given(sizes_and_kinds, st.integers(1, 200))
@tries(60)
def test_buckets_cover_the_trainable_parameters_in_reverse(
    drawn: list[tuple[int, bool, torch.dtype]], cap: int
):
    params = [nn.Parameter(torch.zeros(n, dtype=dtype), requires_grad=train) for n, train, dtype in drawn]
    buckets = assign_buckets(params, cap)
    wanted = [i for i in reversed(range(len(params))) if params[i].requires_grad]
    assert [i for bucket in buckets for i in bucket] == wanted
    for bucket in buckets:
        assert len({params[i].dtype for i in bucket}) == 1
        assert len(bucket) == 1 or sum(params[i].numel() * params[i].element_size() for i in bucket) <= cap


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20), st.data())
@tries(60)
def test_top_k_loses_nothing(numbers: list[float], data: st.DataObject):
    gradient, residual = np.array(numbers), np.array(numbers[::-1]) / 3
    k = data.draw(st.integers(0, len(numbers)))
    indices, sent, rest = top_k_with_error_feedback(gradient, residual, k)
    whole = rest.copy()
    whole[indices] += sent
    np.testing.assert_array_equal(whole, gradient + residual)
    assert not k or k == len(numbers) or np.abs(sent).min() >= np.abs(rest).max()


def test_lamb_and_warm_up():
    assert lamb_ratio(np.array([3.0, 4.0]), np.array([[0.0, 10.0]])[0]) == 0.5
    assert lamb_ratio(np.zeros(2), np.ones(2)) == 1.0
    assert [warmed_up_rate(step, 0.1, 128, 32, 2) for step in (0, 1, 2, 9)] == pytest.approx(
        [0.1, 0.25, 0.4, 0.4]
    )
    with pytest.raises(ValueError, match="one shape"):
        lamb_ratio(np.zeros(2), np.zeros(3))


def statistics(comm: Communicator) -> tuple[float, np.ndarray, np.ndarray]:
    """The noise scale of many gradients of a known distribution, and two steps of top-k."""
    rng = np.random.default_rng(comm.rank)
    # Each example's gradient has mean 1 and variance 4 in each of 4000 places: B = 4. The ranks have 16 examples each.
    gradient = 1 + 2 / math.sqrt(16) * rng.standard_normal(4000)
    scale = noise_scale(comm, gradient, 16)
    numbers = np.arange(6.0) * (comm.rank + 1)
    mean, residual = average_top_k(comm, numbers, np.zeros(6), 2)
    return scale, mean, residual


def test_statistics_over_ranks():
    for rank, (scale, mean, residual) in enumerate(launch(statistics, 2)):
        assert scale == pytest.approx(4, rel=0.1)
        np.testing.assert_allclose(mean, [0, 0, 0, 0, 6, 7.5])
        np.testing.assert_allclose(residual, np.array([0, 1, 2, 3, 0, 0]) * (rank + 1))


def behaviour(comm: Any) -> dict[str, Any]:
    """Counts of messages, an error, and bytes, of one rank."""
    found: dict[str, Any] = {}
    module = mlp(1, 8, 8, 8)
    model = DataParallel(module, comm, bucket_mb=0.0003)  # one layer in a bucket
    x = torch.randn(4, 8)
    order: list[str] = []
    first: Any = module[0]
    first.weight.register_hook(lambda _: order.append(f"first layer after {comm.count('all_reduce')}"))
    comm.messages.clear()
    model(x).sum().backward()
    found["order"], found["all_reduces"] = order, comm.count("all_reduce")
    comm.messages.clear()
    accumulate(model, [x, x, x], lambda f, part: f(part).sum())
    found["accumulated"] = comm.count("all_reduce")
    loss = model(x).sum()
    loss.backward(retain_graph=True)
    try:
        loss.backward()
    except RuntimeError as error:
        found["second"] = str(error)
    plain = mlp(1, 8, 8, 8)
    n = sum(p.numel() for p in plain.parameters())
    sharded = ShardedOptimizer(plain.parameters(), torch.optim.Adam, comm)
    plain(x).sum().backward()
    sharded.step()
    found["state"] = sharded.state_bytes() / (8 * n)
    fsdp = FullyShardedDataParallel(mlp(1, 8, 8, 8), comm)
    fsdp(x).sum().backward()
    found["live"] = fsdp.live_bytes() / (4 * n)
    found["round trip"] = fsdp.full_state()
    fsdp.load_full_state(found["round trip"])
    found["again"] = fsdp.full_state()
    return found


def test_messages_errors_and_memory():
    for rank in launch(behaviour, 2):
        assert rank["order"][0] == "first layer after 1"
        assert rank["all_reduces"] == rank["accumulated"] == 2
        assert "call backward once" in rank["second"]
        assert rank["state"] == pytest.approx(1 / 2, rel=0.1)
        assert rank["live"] == pytest.approx(1 / 2, rel=0.1)
        for name, values in rank["round trip"].items():
            torch.testing.assert_close(rank["again"][name], values, rtol=0, atol=0)


@pytest.mark.parametrize(("length", "size"), [(10, 3), (1, 4), (7, 7), (0, 2)])
def test_parts_join_to_the_whole(length: int, size: int):
    parts = [part_of(length, rank, size) for rank in range(size)]
    assert [i for start, stop in parts for i in range(start, stop)] == list(range(length))


def trained(comm: Communicator, folder: str, steps: int, die_at: int) -> list[float]:
    """Resume from the newest checkpoint, train with Adam to `steps`, save every second step; the losses since then."""
    module = mlp(1, 4, 6, 2)
    optimizer = ShardedOptimizer(module.parameters(), torch.optim.Adam, comm, lr=0.05)
    layout: FlatLayout = optimizer.layout
    mean, square = torch.zeros(layout.part), torch.zeros(layout.part)
    start = 0
    if list(Path(folder).glob("step-*")):
        start, shards, _, common = load(Path(folder), comm)
        for whole, name in ((optimizer.shard.data, "weight"), (mean, "mean"), (square, "square")):
            whole[: len(shards[name])] = shards[name]
        comm.all_gather(optimizer.vector, optimizer.shard.detach().clone())
        step = torch.tensor(float(common["adam step"]))
        optimizer.optimizer.state[optimizer.shard] = {"step": step, "exp_avg": mean, "exp_avg_sq": square}
    losses = []
    for number in range(start, steps):
        generator = torch.Generator().manual_seed(number)
        x, y = torch.randn(12, 4, generator=generator), torch.randn(12, 2, generator=generator)
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(
            module(x), y
        )  # the whole batch on every rank, so that ranks do not matter
        loss.backward()
        if number == die_at and comm.rank == comm.size - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        optimizer.step()
        losses.append(loss.item())
        if number % 2:
            state = optimizer.optimizer.state[optimizer.shard]
            shards = {"weight": optimizer.shard, "mean": state["exp_avg"], "square": state["exp_avg_sq"]}
            lengths = dict.fromkeys(shards, layout.length)
            save(Path(folder), number + 1, shards, lengths, {"adam step": float(state["step"])}, comm)
    return losses


def test_the_loss_goes_on_after_a_kill_on_another_number_of_ranks(tmp_path: Path):
    whole = launch(trained, 1, str(tmp_path / "whole"), 8, -1)[0]
    with pytest.raises(LaunchError, match="SIGKILL"):
        launch(trained, 3, str(tmp_path / "killed"), 8, 5, check=False)
    for losses in launch(trained, 2, str(tmp_path / "killed"), 8, -1):
        np.testing.assert_allclose(losses, whole[4:], rtol=1e-4)


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path):
    class Only:
        rank, size = 0, 1

    with pytest.raises(FileNotFoundError, match="expected a checkpoint"):
        load(tmp_path, Only())  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="a length for each shard"):
        save(tmp_path, 1, {"a": torch.zeros(2)}, {}, {}, Only())  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="at least 5 numbers"):
        save(tmp_path, 1, {"a": torch.zeros(2)}, {"a": 5}, {}, Only())  # pyright: ignore[reportArgumentType]
