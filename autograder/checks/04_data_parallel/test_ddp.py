"""Tasks 04.6 and 04.7: DataParallel, and accumulation without messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from oracle import batches, expect_on_every_rank, mlp, trained, values

from autograder.judge.checking import Array, ListOf, expect_equal, fail

VECTOR = Array(np.float64, None)
WIDTHS = (6, 16, 16, 16, 3)
SMALL = 0.0003  # MiB: one layer of these networks fills a bucket


@pytest.mark.task("04.6")
def test_ddp_equals_one_process(student, rng):
    seed = int(rng.integers(1000))
    for n, cap in ((2, SMALL), (3, 25)):
        data = batches(rng, 3, 12, 6, 3)
        found = student.probe("train_ddp", n, WIDTHS, seed, data, 0.3, cap, False, gives=ListOf(VECTOR, n))
        student.name_call(f"3 steps of SGD with DataParallel on {n} ranks")
        want = values(trained(WIDTHS, seed, data, torch.optim.SGD, lr=0.3).parameters())
        hint = "Average param.grad, not param, and divide once. Rank 0's parameters are those of all ranks."
        expect_on_every_rank(found, want, hint)


def watched(student, rng, overlap):
    """Events, sizes and gradients of one backward pass; the gradients are compared already."""
    seed = int(rng.integers(1000))
    x, y = batches(rng, 1, 8, 6, 3)[0]
    form = ListOf((ListOf(str), ListOf(int), VECTOR), 2)
    found = student.probe("watch_ddp", 2, WIDTHS, seed, x, y, SMALL, overlap, gives=form)
    student.name_call(f"backward of DataParallel(overlap={overlap}) on 2 ranks")
    model = mlp(seed, *WIDTHS)
    torch.nn.functional.mse_loss(model(x), y).backward()
    hint = "The gradient is the mean over the ranks."
    expect_on_every_rank([each[2] for each in found], values(p.grad for p in model.parameters()), hint)
    return found


@pytest.mark.task("04.6")
def test_ddp_overlaps(student, rng):
    for events, _, _ in watched(student, rng, overlap=True):
        before = events[: events.index("gradient 0")] if "gradient 0" in events else []
        if "all_reduce" not in before:
            fail(
                "no bucket leaves before backward reaches the first layer",
                got=", ".join(events),
                expected="an all_reduce before gradient 0",
                hint="Start a bucket in the hook of its last gradient, without waiting.",
            )


@pytest.mark.task("04.6")
def test_ddp_messages(student, rng):
    numbers = [16 * 3 + 3, 16 * 16 + 16, 16 * 16 + 16, 6 * 16 + 16]
    for _, sizes, _ in watched(student, rng, overlap=False):
        weights_and_biases = sum(numbers)
        if sum(sizes) > 4 * (weights_and_biases + 16) or len(sizes) > 8:
            fail(
                "a backward pass sends too much",
                got=f"{len(sizes)} all-reduces of {sum(sizes)} bytes",
                expected=f"at most 8, of {4 * weights_and_biases} bytes and a flag for each parameter",
                hint="One all-reduce for each bucket.",
            )


def branch_gradients(seed, x, use):
    """The mean gradients of layers that each rank runs in its own order; None where no rank has one."""
    total: list[Any] = [None] * 6
    for rank, order in enumerate(use):
        torch.manual_seed(seed)
        layers = torch.nn.ModuleList([torch.nn.Linear(4, 4) for _ in range(3)])
        out = x[rank]
        for place in order:
            out = torch.tanh(layers[place](out))
        out.square().sum().backward()
        for place, param in enumerate(layers.parameters()):
            if param.grad is not None:
                part = param.grad / len(use)
                total[place] = part if total[place] is None else total[place] + part
    return [None if each is None else each.numpy() for each in total]


def check_branches(student, rng, use, hint):
    seed = int(rng.integers(1000))
    x = torch.tensor(rng.standard_normal((len(use), 5, 4)), dtype=torch.float32)
    form = ListOf(ListOf(Array(np.float32, None), 6), len(use))
    found = student.probe("branches", len(use), seed, x, use, 0.00009, gives=form)
    student.name_call(f"backward of DataParallel; the ranks use the layers {use} of 3")
    for rank in found:
        for got, want in zip(rank, branch_gradients(seed, x, use), strict=True):
            if want is None:
                expect_equal(got, np.empty(0, np.float32), hint=hint)
            else:
                expect_on_every_rank([got], want.reshape(-1), hint)


@pytest.mark.task("04.6")
def test_ddp_unused(student, rng):
    hint = "When backward ends, send what is left: an unused gradient is 0 here, or None if no rank has one."
    check_branches(student, rng, [[0, 1], [1]], hint)


@pytest.mark.hidden
@pytest.mark.task("04.6")
def test_ddp_one_order(student, rng):
    hint = "Collectives are matched by their order: a complete bucket waits for the ones before it."
    check_branches(student, rng, [[0, 1, 2], [2, 1, 0]], hint)


@pytest.mark.task("04.6")
def test_ddp_second_backward(student, rng):
    seed = int(rng.integers(1000))
    x = torch.tensor(rng.standard_normal((2, 5, 4)), dtype=torch.float32)
    found = student.probe("second_backward", 2, seed, x, gives=ListOf((VECTOR, str), 2))
    student.name_call("two forward passes, one backward pass, then another one")
    model = mlp(seed, 4, 3)
    torch.stack([model(each * scale).square().sum() / 2 for each in x for scale in (1, 2)]).sum().backward()
    hint = "One backward pass may cover several forward passes: its gradients are complete once."
    expect_on_every_rank([each[0] for each in found], values(p.grad for p in model.parameters()), hint)
    for _, message in found:
        if "no_sync" not in message:
            fail(
                "a second backward pass after one forward pass is not an error",
                got=message or "no error",
                expected="a RuntimeError that says to call backward once, or to use no_sync()",
                hint="_ready holds the parameters whose gradient is complete since the last forward pass.",
            )


@pytest.mark.task("04.7")
def test_accumulate_once(student, rng):
    seed = int(rng.integers(1000))
    for count in (1, 3):
        parts = [torch.tensor(rng.standard_normal((2, 5, 4)), dtype=torch.float32) for _ in range(count)]
        found = student.probe("accumulate", 2, seed, parts, gives=ListOf((VECTOR, int), 2))
        student.name_call(f"accumulate(model, parts, loss) with {count} parts on 2 ranks")
        model = mlp(seed, 4, 3)
        torch.stack([model(x).square().sum() / 2 for part in parts for x in part]).sum().backward()
        hint = "Every part adds to the gradients, and all of the sum is averaged."
        expect_on_every_rank([each[0] for each in found], values(p.grad for p in model.parameters()), hint)
        for _, calls in found:
            expect_equal(calls, 1, hint="Only the last backward pass sends: one all-reduce for one bucket.")


def check_no_sync(student, rng, nested, fails, counts, hint):
    seed = int(rng.integers(1000))
    x = torch.tensor(rng.standard_normal((2, 5, 4)), dtype=torch.float32)
    found = student.probe("no_sync", 2, seed, x, nested, fails, gives=ListOf((ListOf(int), VECTOR), 2))
    student.name_call("backward passes inside and after no_sync()")
    model = mlp(seed, 4, 3)
    torch.stack([model(each).square().sum() / 2 for each in x]).sum().backward()
    for got, gradients in found:
        expect_equal(got, counts, hint=hint)
        expect_on_every_rank([gradients], values(p.grad for p in model.parameters()), hint)


@pytest.mark.task("04.7")
def test_no_sync_after_exception(student, rng):
    hint = "Set the flag back in a `finally`: an exception inside must not switch messages off for good."
    check_no_sync(student, rng, False, True, [0, 1], hint)


@pytest.mark.hidden
@pytest.mark.task("04.7")
def test_no_sync_nested(student, rng):
    hint = "The end of an inner no_sync() sets the flag back to what it was, not to True."
    check_no_sync(student, rng, True, False, [0, 0, 1], hint)
