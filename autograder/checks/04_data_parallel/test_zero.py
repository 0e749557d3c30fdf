"""Tasks 04.8 to 04.10: clipping across ranks, sharded optimizers, ZeRO-3."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from oracle import batches, expect_on_every_rank, trained, values

from autograder.judge.checking import Array, ListOf, expect_close, expect_equal, fail

VECTOR = Array(np.float64, None)
WIDTHS = (6, 16, 9, 3)
LAYERS = [6 * 16 + 16, 16 * 9 + 9, 9 * 3 + 3]  # numbers of each unit


def check_clip(student, shards, replicated, most, hint):
    """Compare the norm and the scaled gradients with torch's own clipping of the whole."""
    form = ListOf((float, [ListOf(VECTOR), ListOf(VECTOR)]), len(shards))
    found = student.probe(
        "clip", len(shards), shards, replicated, most, gives=form, harness="sharding_harness.py"
    )
    student.name_call(f"clip_grad_norm on {len(shards)} ranks, max_norm {most:.3g}")
    flat = [vector for rank in shards for vector in rank] + replicated
    norm = math.sqrt(sum(float(v @ v) for v in flat))
    factor = min(1.0, most / (norm + 1e-6))
    for rank, (got, (mine, same)) in enumerate(found):
        expect_close(got, norm, rtol=1e-9, atol=0.0, hint=hint)
        for before, after in zip([*shards[rank], *replicated], [*mine, *same], strict=True):
            expect_close(after, before * factor, rtol=1e-9, atol=1e-12, hint=hint)


@pytest.mark.task("04.8")
def test_clip_sharded(student, rng):
    shards = [[rng.standard_normal(5), rng.standard_normal(3)], [rng.standard_normal(4) * 3], []]
    check_clip(student, shards, [], 0.5, "Add the squares up over the ranks before you take the root.")


@pytest.mark.task("04.8")
def test_clip_replicated(student, rng):
    hint = "Gradients that are equal on all ranks count once."
    check_clip(student, [[], []], [rng.standard_normal(6)], 0.5, hint)


@pytest.mark.hidden
@pytest.mark.task("04.8")
def test_clip_small(student, rng):
    shards = [[rng.standard_normal(5)], [rng.standard_normal(4)]]
    check_clip(
        student, shards, [rng.standard_normal(2)], 100.0, "Gradients below max_norm keep their values."
    )


def sharded(student, rng, n, count, stage):
    """Train with sharded AdamW on n ranks; the parameters are compared with torch's AdamW already."""
    seed = int(rng.integers(1000))
    data = batches(rng, count, 12, 6, 3)
    form = ListOf((VECTOR, int, ListOf([str, int]), int), n)
    found = student.probe(
        "train_sharded", n, WIDTHS, seed, data, 0.01, stage, gives=form, harness="sharding_harness.py"
    )
    student.name_call(f"{count} steps of sharded AdamW, stage {stage}, on {n} ranks")
    want = values(trained(WIDTHS, seed, data, torch.optim.AdamW, lr=0.01).parameters())
    hint = "Update your part with the mean gradient of your part, then gather all parts into the vector."
    # Adam divides by the root of tiny squares: a rounding error of a gradient near 0 becomes a visible step.
    expect_on_every_rank([each[0] for each in found], want, hint, rtol=1e-3, atol=2e-4)
    return found


@pytest.mark.task("04.9")
def test_sharded_adamw_equals_adamw(student, rng):
    sharded(student, rng, 2, 1, 1)
    sharded(student, rng, 3, 1, 1)


@pytest.mark.task("04.9")
def test_sharded_adamw_state(student, rng):
    total, n = sum(LAYERS), 3
    for _, size, _, _ in sharded(student, rng, n, 1, 1):
        most = 8 * math.ceil(total / n)
        if not 0 < size <= most:
            fail(
                "a rank keeps too much state",
                got=f"{size} bytes for {total} parameters on {n} ranks",
                expected=f"at most {most}: two fp32 numbers for a third of the parameters",
                hint="The optimizer gets one parameter: this rank's part of the vector.",
            )


@pytest.mark.task("04.9")
def test_sharded_adamw_stage_2(student, rng):
    for _, _, calls, left in sharded(student, rng, 2, 1, 2):
        kinds = [kind for kind, _ in calls]
        expect_equal(
            kinds, ["reduce_scatter", "all_gather"], hint="A rank needs the mean of its own part only."
        )
        expect_equal(left, 0, hint="Drop the full gradients: that is what stage 2 saves.")


@pytest.mark.hidden
@pytest.mark.task("04.9")
def test_sharded_adamw_many_steps(student, rng):
    sharded(student, rng, 2, 4, 1)


def fsdp(student, rng, n, count, *, backwards=1, half=False):
    """Train with ZeRO-3 on n ranks; the parameters are compared with one process already."""
    seed = int(rng.integers(1000))
    data = batches(rng, count, 12, 6, 3)
    form = ListOf((ListOf(np.dtype(np.float32), len(LAYERS)), ListOf(int), ListOf([str, int]), [int, str]), n)
    found = student.probe(
        "train_fsdp", n, WIDTHS, seed, data, 0.1, backwards, half, gives=form, harness="sharding_harness.py"
    )
    student.name_call(f"{count} steps of SGD with FullyShardedDataParallel on {n} ranks")
    model = trained(WIDTHS, seed, data, torch.optim.SGD, lr=0.1 * backwards)
    layers = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    tolerance: Any = {"rtol": 0.03, "atol": 0.02} if half else {"rtol": 1e-4, "atol": 1e-5}
    for rank, (shards, *_) in enumerate(found):
        for place, layer in enumerate(layers):
            whole = values(layer.parameters())
            part = math.ceil(len(whole) / n)
            padded = np.zeros(part * n, np.float32)
            padded[: len(whole)] = whole
            hint = f"The shard of unit {place} on rank {rank}: the mean gradient of its own part."
            expect_close(shards[place], padded[rank * part : (rank + 1) * part], hint=hint, **tolerance)
    return found


def shard_bytes(n):
    """Bytes of all shards on a rank."""
    return sum(4 * math.ceil(numbers / n) for numbers in LAYERS)


@pytest.mark.task("04.10")
def test_fsdp_equals_one_process(student, rng):
    fsdp(student, rng, 2, 2)


@pytest.mark.task("04.10")
def test_fsdp_live_bytes(student, rng):
    n = 3
    base = shard_bytes(n)
    full = [4 * n * math.ceil(numbers / n) for numbers in LAYERS]
    for _, live, _, (left, _) in fsdp(student, rng, n, 1):
        want = [base, *(base + each for each in full), base, base]
        hint = "Before, in each of the 3 layers, after forward, after backward: only the layer that computes is there."
        expect_equal(live, want, hint=hint)
        expect_equal(left, 0, hint="After the reduce-scatter the full gradients are dropped.")


@pytest.mark.task("04.10")
def test_fsdp_messages(student, rng):
    n = 2
    for _, _, calls, _ in fsdp(student, rng, n, 1):
        parts = [4 * math.ceil(numbers / n) for numbers in LAYERS]
        want = [["all_gather", part] for part in parts]
        for part in parts[::-1]:
            want += [["all_gather", part], ["reduce_scatter", n * part]]
        hint = "Gather each unit once in forward and once in backward, and then reduce-scatter its gradients."
        expect_equal(calls, want, hint=hint)


@pytest.mark.task("04.10")
def test_fsdp_accumulates(student, rng):
    fsdp(student, rng, 2, 1, backwards=2)


@pytest.mark.hidden
@pytest.mark.task("04.10")
def test_fsdp_mixed_precision(student, rng):
    n = 2
    for _, _, calls, (_, dtype) in fsdp(student, rng, n, 1, half=True):
        expect_equal(dtype, "torch.bfloat16", hint="The gathered parameters have the compute dtype.")
        gathers = [size for kind, size in calls if kind == "all_gather"][: len(LAYERS)]
        want = [2 * math.ceil(numbers / n) for numbers in LAYERS]
        expect_equal(gathers, want, hint="Cast the shard before you send it: bfloat16 halves the bytes.")
        sums = [size for kind, size in calls if kind == "reduce_scatter"]
        want = [4 * n * math.ceil(numbers / n) for numbers in LAYERS[::-1]]
        expect_equal(sums, want, hint="Gradients are added up in the dtype of the shard.")
