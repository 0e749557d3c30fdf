"""A step of data parallel training beside torch's wrappers, on two ranks of this machine, in turns.

    ./mlsys bench data_parallel --out reference/benchmarks/records/data_parallel.json

Both ranks hold every contender at once, and take one step with each in turn; a figure is the median over the rounds of
the ratio of two neighbouring steps. All contenders start with the same parameters and see the same batches, and their
losses are compared in the end. Only ratios within one run count.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.distributed.fsdp import fully_shard
from torch.nn.parallel import DistributedDataParallel

from reference.benchmarks.report import Figure, Report
from reference.data_parallel.ddp import DataParallel
from reference.data_parallel.fsdp import FullyShardedDataParallel
from reference.data_parallel.window import WindowSgd
from reference.shared.comm import Communicator, launch
from reference.shared.comm.stopwatch import time_in_turns

WIDTH, DEPTH = 2048, 6  # 25.2 M parameters
QUICK_WIDTH = 256
RATE = 0.01
BATCHES = (16, 32)  # examples a rank
ROUNDS, QUICK_ROUNDS = 15, 3
WINDOW_TARGET = 1.3  # the aim of the course, beside torch on gloo
LOSS_TOLERANCE = 1e-3

Step = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def network(width: int) -> nn.Sequential:
    """Six square layers with ReLU between them, the same on every rank."""
    torch.manual_seed(1)
    layers: list[nn.Module] = []
    for _ in range(DEPTH):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def stepper(wrapped: nn.Module, params: list[nn.Parameter]) -> Step:
    """A step of SGD with a wrapper that averages gradients in backward."""
    optimizer = torch.optim.SGD(params, lr=RATE)

    def step(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(wrapped(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def replicated(comm: Communicator, width: int) -> dict[str, Step]:
    """torch's DistributedDataParallel, our DataParallel, and the shared window."""
    peer, ours, shared = network(width), network(width), network(width)
    window = WindowSgd(shared, comm, RATE)

    def window_step(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        loss = nn.functional.mse_loss(shared(x), y)
        loss.backward()
        window.step()
        return loss.detach()

    return {
        "torch": stepper(DistributedDataParallel(peer), list(peer.parameters())),
        "buckets": stepper(DataParallel(ours, comm), list(ours.parameters())),
        "window": window_step,
    }


def fully_sharded(comm: Communicator, width: int) -> dict[str, Step]:
    """torch's fully_shard with a unit for each layer, and ours."""
    peer = network(width)
    for layer in peer:
        if isinstance(layer, nn.Linear):
            fully_shard(layer)
    fully_shard(peer)
    ours = FullyShardedDataParallel(network(width), comm)
    return {
        "torch": stepper(peer, list(peer.parameters())),
        "zero3": stepper(ours, ours.shards()),
    }


def in_turns(
    comm: Communicator,
    make: Callable[[Communicator, int], dict[str, Step]],
    width: int,
    batch: int,
    rounds: int,
) -> dict[str, Any]:
    """Seconds of each step of each contender, and the losses of its last step."""
    torch.set_num_threads(1)
    steps = make(comm, width)
    generator = torch.Generator().manual_seed(comm.rank)
    x, y = torch.empty(batch, width), torch.empty(batch, width)
    losses: dict[str, float] = {}

    def take(name: str) -> None:
        losses[name] = steps[name](x, y).item()

    def batches() -> Iterator[None]:
        """A new batch for each round."""
        for _ in range(rounds):
            x.normal_(generator=generator)
            y.normal_(generator=generator)
            yield

    x.normal_(generator=generator)
    y.normal_(generator=generator)
    seconds = time_in_turns(comm, {name: partial(take, name) for name in steps}, batches())
    return {"seconds": seconds, "losses": losses}


def ratio(seconds: dict[str, list[float]], name: str) -> float:
    """The speed beside torch: the median over the rounds of the ratio of times."""
    return statistics.median(t / o for t, o in zip(seconds["torch"], seconds[name], strict=True))


def measured(make: Any, width: int, batch: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of the slower rank in each round. Raises ValueError if the contenders do not train alike."""
    ranks = launch(in_turns, 2, make, width, batch, rounds, timeout=500, check=False)
    losses = ranks[0]["losses"]
    if max(losses.values()) - min(losses.values()) > LOSS_TOLERANCE * max(losses.values()):
        raise ValueError(f"expected the same loss from every contender, got {losses}")
    samples = [each["seconds"] for each in ranks]
    return {
        name: [max(pair) for pair in zip(*(each[name] for each in samples), strict=True)]
        for name in samples[0]
    }


def shard_bytes(comm: Communicator, width: int) -> tuple[int, int]:
    """Bytes of parameters on a rank between steps, ours with ZeRO-3, and of the whole model."""
    model = FullyShardedDataParallel(network(width), comm)
    return model.live_bytes(), sum(4 * p.numel() for p in network(width).parameters())


def run(*, quick: bool = False) -> Report:
    """Measure every figure of the unit in one to three minutes; `quick` is only a first look at a small model."""
    width, rounds = (QUICK_WIDTH, QUICK_ROUNDS) if quick else (WIDTH, ROUNDS)
    figures = []
    for batch in BATCHES:
        seconds = measured(replicated, width, batch, rounds)
        label = f"batch={batch}"
        figures += [
            Figure(
                f"ratio_torch_ddp/window/{label}", ratio(seconds, "window"), "ratio", target=WINDOW_TARGET
            ),
            Figure(f"ratio_torch_ddp/buckets/{label}", ratio(seconds, "buckets"), "ratio"),
        ]
        for name, values in seconds.items():
            figures.append(Figure(f"seconds/{name}/{label}", statistics.median(values), "s", better="lower"))
    seconds = measured(fully_sharded, width, BATCHES[0], rounds)
    figures.append(Figure(f"ratio_torch_fsdp/zero3/batch={BATCHES[0]}", ratio(seconds, "zero3"), "ratio"))
    live, whole = launch(shard_bytes, 2, width, check=False)[0]
    figures.append(
        Figure("parameter_bytes/zero3/over_whole", live / whole, "ratio", better="lower", target=0.55)
    )
    return Report("data_parallel", tuple(figures))
