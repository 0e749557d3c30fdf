"""Task 04.11: checkpoints that survive a kill, for any number of ranks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from autograder.judge.checking import Array, DictOf, ListOf, expect_equal

VECTOR = Array(np.float64, None)
LOADED = (int, DictOf(VECTOR), DictOf(int), DictOf({int, float, str}))


def vectors(rng):
    """Two vectors of lengths that no number of ranks divides."""
    return {"weight": rng.standard_normal(23), "adam.mean": rng.standard_normal(int(rng.integers(5, 8)))}


def check_parts(found, whole, step, hint):
    """Each rank has its part of every vector, without padding. Saving at a step added the step to the values."""
    for rank, (got_step, shards, lengths, _) in enumerate(found):
        expect_equal(got_step, step, hint=hint)
        expect_equal(lengths, {name: len(vector) for name, vector in whole.items()}, hint=hint)
        expect_equal(sorted(shards), sorted(whole), hint=hint)
        for name, vector in whole.items():
            part = math.ceil(len(vector) / len(found))
            want = (vector + step)[rank * part : (rank + 1) * part]
            expect_equal(shards[name], want, hint=f"{hint} ({name} on rank {rank})")


def saved_and_loaded(student, savers, loaders, whole, common, steps):
    form = (ListOf(LOADED, loaders), ListOf(str))
    found = student.probe(
        "save_and_load", savers, loaders, whole, common, steps, gives=form, harness="sharding_harness.py"
    )
    student.name_call(f"save on {savers} ranks, then load on {loaders} ranks")
    return found


@pytest.mark.task("04.11")
def test_checkpoint_round_trip(student, rng):
    whole = vectors(rng)
    common = {"adam.step": int(rng.integers(100)), "rate": float(rng.uniform())}
    found, names = saved_and_loaded(student, 2, 2, whole, common, [7])
    check_parts(found, whole, 7, "Each rank gets its part of each vector.")
    expect_equal(
        names,
        ["step-00000007"],
        hint="The folder of a checkpoint is step-00000007, and nothing else is left.",
    )
    for *_, after in found:
        expect_equal(
            after,
            {**common, "at": 7},
            hint="What is common to all ranks comes back too: Adam needs its step.",
        )


@pytest.mark.task("04.11")
def test_checkpoint_other_ranks(student, rng):
    whole = vectors(rng)
    hint = "Find the numbers of this rank's part in the pieces of all files; padding is not stored."
    for savers, loaders in ((4, 3), (3, 1), (1, 2)):
        found, _ = saved_and_loaded(student, savers, loaders, whole, {}, [2])
        check_parts(found, whole, 2, hint)


@pytest.mark.task("04.11")
def test_checkpoint_atomic(student, rng):
    whole = vectors(rng)
    found = student.probe(
        "interrupted_save", 2, whole, gives=ListOf(LOADED, 2), harness="sharding_harness.py"
    )
    student.name_call("save at step 1, a kill of rank 1 while it saves step 2, then load")
    hint = "Write to the partial folder, and rename it when all ranks have written: until then step 1 is the newest."
    check_parts(found, whole, 1, hint)


@pytest.mark.hidden
@pytest.mark.task("04.11")
def test_checkpoint_newest(student, rng):
    whole = vectors(rng)
    found, names = saved_and_loaded(student, 2, 2, whole, {}, [9, 10])
    check_parts(found, whole, 10, "The newest checkpoint counts, and the older ones stay.")
    expect_equal(names, ["step-00000009", "step-00000010"], hint="A checkpoint has a folder of its own.")
