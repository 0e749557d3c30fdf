"""Every way to train with several ranks gives the parameters of one process, and those of torch's own wrappers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from reference.data_parallel.clipping import clip_grad_norm
from reference.data_parallel.ddp import DataParallel
from reference.data_parallel.fsdp import FullyShardedDataParallel
from reference.data_parallel.local_sgd import LocalSgd
from reference.data_parallel.synchronize import global_mean
from reference.data_parallel.window import WindowSgd
from reference.data_parallel.zero import ShardedOptimizer
from reference.data_parallel.zero2 import ShardedGradients
from reference.lab.data_parallel.programs import values
from reference.shared.comm import Communicator, launch

STEPS, ROWS = 3, 11  # no number of ranks from 2 to 4 divides the batch


class Tied(nn.Module):
    """An embedding whose weight is the output layer too, a frozen layer, and a layer that nobody uses."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.table = nn.Embedding(9, 6)
        self.frozen = nn.Linear(6, 6).requires_grad_(False)
        self.middle = nn.Linear(6, 6)
        self.unused = nn.Linear(6, 2)
        self.out = nn.Linear(6, 9, bias=False)
        self.out.weight = self.table.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return self.out(torch.tanh(self.middle(self.frozen(self.table(tokens)))))


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(5, 12), nn.Tanh(), nn.Linear(12, 7), nn.Tanh(), nn.Linear(7, 2))


def batch(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(step)
    return torch.randn(ROWS, 5, generator=generator), torch.randn(ROWS, 2, generator=generator)


def own_loss(model: nn.Module, step: int, comm: Communicator) -> torch.Tensor:
    """The loss of this rank's rows, scaled so that the mean over the ranks is the mean over all rows."""
    x, y = (each[comm.rank :: comm.size] for each in batch(step))
    loss = nn.functional.mse_loss(model(x).float(), y, reduction="sum") / y.shape[1]
    return global_mean(loss, len(x), comm)


def alone(kind: type[torch.optim.Optimizer], most: float = 0.0, **options: Any) -> torch.Tensor:
    """The parameters after training in one process."""
    model = network()
    optimizer = kind(model.parameters(), **options)
    for step in range(STEPS):
        optimizer.zero_grad()
        x, y = batch(step)
        nn.functional.mse_loss(model(x), y).backward()
        if most:
            nn.utils.clip_grad_norm_(model.parameters(), most)
        optimizer.step()
    return values(model.parameters())


def all_ways(comm: Communicator) -> dict[str, torch.Tensor]:
    """Train in every way on the same ranks; name -> final parameters."""
    found = {}
    for overlap in (True, False):
        model = network()
        if comm.rank:  # rank 0 decides
            for param in model.parameters():
                nn.init.zeros_(param)
        wrapped = DataParallel(model, comm, bucket_mb=0.0004, overlap=overlap)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
        for step in range(STEPS):
            optimizer.zero_grad()
            own_loss(wrapped, step, comm).backward()
            optimizer.step()
        found[f"adamw DataParallel overlap={overlap}"] = values(model.parameters())
    for stage in (1, 2):
        model = network()
        wrapped = DataParallel(model, comm) if stage == 1 else model
        sharded = ShardedOptimizer(model.parameters(), torch.optim.AdamW, comm, stage=stage, lr=0.01)
        for step in range(STEPS):
            sharded.zero_grad()
            own_loss(wrapped, step, comm).backward()
            sharded.step()
        found[f"adamw ZeRO-{stage}"] = values(model.parameters())
    model = network()
    gradients = ShardedGradients(model, comm, bucket_mb=0.0004)
    optimizer = torch.optim.AdamW(gradients.shards(), lr=0.01)
    for step in range(STEPS):
        own_loss(gradients, step, comm).backward()
        optimizer.step()
        gradients.gather()
    found["adamw ZeRO-2 in buckets"] = values(model.parameters())
    for prefetch in (True, False):
        fsdp = FullyShardedDataParallel(network(), comm, prefetch=prefetch)
        optimizer = torch.optim.SGD(fsdp.shards(), lr=0.1)
        for step in range(STEPS):
            optimizer.zero_grad()
            own_loss(fsdp, step, comm).backward()
            clip_grad_norm([shard.grad for shard in fsdp.shards() if shard.grad is not None], [], 0.4, comm)
            optimizer.step()
        found[f"clipped ZeRO-3 prefetch={prefetch}"] = values(fsdp.full_state().values())
    model = network()
    window = WindowSgd(model, comm, 0.1, momentum=0.9)
    for step in range(STEPS):
        own_loss(model, step, comm).backward()
        window.step()
    found["momentum window"] = values(model.parameters())
    return found


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_every_way_equals_one_process(n: int):
    want = {
        "adamw": alone(torch.optim.AdamW, lr=0.01),
        "clipped": alone(torch.optim.SGD, 0.4, lr=0.1),
        "momentum": alone(torch.optim.SGD, lr=0.1, momentum=0.9),
    }
    for rank in launch(all_ways, n, timeout=90):
        assert len(rank) == 8
        for name, found in rank.items():
            torch.testing.assert_close(
                found, want[name.split()[0]], rtol=1e-4, atol=2e-5, msg=lambda m, name=name: f"{name}: {m}"
            )


def on_mpi(comm: Communicator) -> torch.Tensor:
    model = network()
    wrapped = DataParallel(model, comm, bucket_mb=0.0004)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(STEPS):
        optimizer.zero_grad()
        own_loss(wrapped, step, comm).backward()
        optimizer.step()
    return values(model.parameters())


def test_data_parallel_runs_on_mpi_too():
    want = alone(torch.optim.SGD, lr=0.1)
    for found in launch(on_mpi, 2, backend="mpi"):
        torch.testing.assert_close(found, want, rtol=1e-4, atol=1e-5)


def beside_torch(comm: Communicator) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Final parameters of ours and of torch's wrapper: tied, frozen and unused parameters, then ZeRO-3."""
    ours, theirs = Tied(), Tied()
    pairs = [
        (ours, DataParallel(ours, comm, bucket_mb=0.0002)),
        (theirs, DistributedDataParallel(theirs, find_unused_parameters=True)),
    ]
    results = []
    for module, wrapped in pairs:
        optimizer = torch.optim.SGD(
            [p for p in module.parameters() if p.requires_grad], lr=0.1, weight_decay=0.1
        )
        for step in range(STEPS):
            optimizer.zero_grad()
            tokens = torch.randint(9, (4, 3), generator=torch.Generator().manual_seed(10 * step + comm.rank))
            nn.functional.cross_entropy(wrapped(tokens).flatten(0, 1), tokens.flatten()).backward()
            optimizer.step()
        results.append(values(module.parameters()))
    sharded, peer = FullyShardedDataParallel(network(), comm), network()
    fully_shard(peer)
    for model, params in ((sharded, sharded.shards()), (peer, list(peer.parameters()))):
        optimizer = torch.optim.AdamW(params, lr=0.01)
        for step in range(STEPS):
            optimizer.zero_grad()
            own_loss(model, step, comm).backward()
            optimizer.step()
    full: Any = [param.full_tensor() for param in peer.parameters()]  # pyright: ignore[reportAttributeAccessIssue]
    return [(results[0], results[1]), (values(sharded.full_state().values()), values(full))]


def test_torch_agrees():
    for rank in launch(beside_torch, 2, timeout=90):
        for ours, theirs in rank:
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def local_rounds(comm: Communicator, every: int, momentum: float) -> torch.Tensor:
    model = network()
    local = LocalSgd(model, comm, every, outer_rate=0.7 if momentum else 1.0, outer_momentum=momentum)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(4):
        optimizer.zero_grad()
        x, y = batch(2 * step + comm.rank)
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
        assert local.step() == ((step + 1) % every == 0)
    return values(model.parameters())


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_local_sgd_averages_what_the_ranks_did(momentum: float):
    found = launch(local_rounds, 2, 2, momentum)
    models = [network(), network()]
    anchor = [p.detach().clone() for p in models[0].parameters()]
    outer = torch.optim.SGD(anchor, lr=0.7 if momentum else 1.0, momentum=momentum, nesterov=momentum > 0)
    for round_ in range(2):
        for rank, model in enumerate(models):
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in (2 * round_, 2 * round_ + 1):
                optimizer.zero_grad()
                x, y = batch(2 * step + rank)
                nn.functional.mse_loss(model(x), y).backward()
                optimizer.step()
        with torch.no_grad():
            for place, start in enumerate(anchor):
                ends = [list(model.parameters())[place] for model in models]
                start.grad = start - (ends[0] + ends[1]) / 2
            outer.step()
            for model in models:
                for param, start in zip(model.parameters(), anchor, strict=True):
                    param.copy_(start)
    for rank in found:
        torch.testing.assert_close(rank, values(anchor), rtol=1e-5, atol=1e-6)
