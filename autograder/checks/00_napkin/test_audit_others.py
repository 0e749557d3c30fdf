"""Task 00.10, hidden: every claim with other inputs, by the judge's own formulas.

What is compared is how the figure changes: that it is right for the claim's own inputs is another check's question.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from claimed import CLAIMS
from forms import call, expect_figure

from autograder.judge.checking import expect_close, fail

pytestmark = pytest.mark.hidden  # of the whole file: students do not get the formulas

FORMULAS: dict[str, Any] = {
    "svm_years": lambda operations, seconds_each: operations * seconds_each / 60 / 60 / 24 / 365,
    # every term of the count has the points as a factor
    "kmeans_doubling": lambda points, dimensions, clusters, iterations, growth: growth,  # noqa: ARG005
    "resnet50_size": lambda parameters, bits: parameters * bits / 8e9,
    "resnet50_flop": lambda multiply_adds: 2 * multiply_adds,
    "mobilenet_size": lambda parameters, bits: parameters * bits / 8e6,
    "mobilenet_int8_size": lambda parameters, bits: parameters * bits / 8e6,
    "inception_pruned": lambda parameters, sparsity: parameters - parameters * sparsity,
    "distilbert_saving": lambda teacher, student: (teacher - student) / teacher,
    "alexnet_compression": lambda before, after: before / after,
    "codebook_compression": lambda weights, bits, centroids: (
        weights * bits / (weights * math.log2(centroids) + centroids * bits)
    ),
    "image_gpt_flop": lambda gpu_days, peak, utilization: gpu_days * 24 * 60 * 60 * peak * utilization,
    "gpt3_flop": lambda parameters, tokens: 6 * parameters * tokens,
    "megatron_servers": lambda budget, price: budget / price,
    "megatron_power": lambda servers, watts_each, cooling: servers * (1 + cooling) * watts_each / 1e6,
    "leiserson_speedup": lambda slow, fast: slow / fast,
    "leiserson_peak": lambda n, seconds, peak: 2 * n * n * n / (seconds * peak),
    "tpu_ridge": lambda peak, bandwidth: peak / 2 / bandwidth,
    "straggler_gpus": lambda gpus, compute, late: gpus * compute / (compute + late),
    "gpipe_bubble": lambda stages, microbatches: (stages - 1) / (microbatches + stages - 1),
}
SHARES = {"sparsity", "utilization", "cooling"}
POWERS = {"bits": (4, 8, 16, 32, 64), "centroids": (2, 4, 8, 16, 32)}
ORDERED = (("student", "teacher"), ("after", "before"), ("fast", "slow"))


def others(name: str, rng: np.random.Generator) -> dict[str, float]:
    """Other inputs for the same question: whole numbers stay whole, shares stay shares."""
    found: dict[str, float] = {}
    for key, value in CLAIMS[name][0].items():
        factor = float(rng.uniform(1.1, 3.0))
        if key in POWERS:
            found[key] = int(rng.choice(POWERS[key]))
        elif key in SHARES:
            found[key] = float(rng.uniform(0.1, 0.8))
        else:
            found[key] = round(value * factor) if isinstance(value, int) else value * factor
    for small, large in ORDERED:
        if small in found and found[small] > found[large]:
            found[small], found[large] = found[large], found[small]
    return found


@pytest.mark.task("00.10")
def test_recompute_other_inputs(student, rng):
    hint = "Every input counts: which of them does your formula leave out, or take for granted?"
    for name, (inputs, _) in CLAIMS.items():
        asked = f"recompute({name!r}, {inputs})"
        own = expect_figure(call(student, "recompute", name, inputs), call=asked)
        if own == 0:
            fail("a figure of 0", call=asked, got="0", expected="a figure that changes with the inputs")
        for _ in range(3):
            new = others(name, rng)
            change = FORMULAS[name](**new) / FORMULAS[name](**inputs)
            got = call(student, "recompute", name, new)
            expect_close(got, own * change, call=f"recompute({name!r}, {new})", rtol=1e-9, hint=hint)
