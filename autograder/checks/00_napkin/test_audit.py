"""Task 00.10: the audit of published figures. That other inputs give other figures is looked at when work is graded."""

from __future__ import annotations

import pytest
from claimed import CLAIMS
from forms import call, expect_figure

from autograder.judge.checking import ListOf, expect_close, expect_equal, fail

WORK = ("svm_years", "kmeans_doubling", "resnet50_flop", "image_gpt_flop", "gpt3_flop", "leiserson_speedup")
SIZES = ("resnet50_size", "mobilenet_size", "mobilenet_int8_size", "inception_pruned", "distilbert_saving")
SIZES += ("alexnet_compression", "codebook_compression")
MACHINES = (
    "megatron_servers",
    "megatron_power",
    "leiserson_peak",
    "tpu_ridge",
    "straggler_gpus",
    "gpipe_bubble",
)


def check_recompute(student, names):
    for name in names:
        inputs, right = CLAIMS[name]
        asked = f"recompute({name!r}, {inputs})"
        hint = "`asks` in claims.py says what is asked, and in which unit."
        expect_close(call(student, "recompute", name, inputs), right, call=asked, rtol=1e-9, hint=hint)
        key, value = list(inputs.items())[-1]
        other = inputs | {key: value // 2 if isinstance(value, int) else value / 2}
        asked = f"recompute({name!r}, {other})"
        if expect_figure(call(student, "recompute", name, other), call=asked) == right:
            fail(
                f"{name} does not follow its inputs",
                call=asked,
                got=f"the same figure with half the {key}",
                expected="another one",
                hint="Work the figure out from `inputs`: they may be any, not only those of the claim.",
            )


@pytest.mark.task("00.10")
def test_recompute_work(student):
    check_recompute(student, WORK)


@pytest.mark.task("00.10")
def test_recompute_sizes(student):
    check_recompute(student, SIZES)


@pytest.mark.task("00.10")
def test_recompute_machines(student):
    check_recompute(student, MACHINES)


def check_verdict(student, claimed, figure, want, hint, **how):
    got = call(student, "verdict", claimed, figure, **how)
    tolerance = "".join(f", tolerance={value:.4g}" for value in how.values())
    expect_equal(got, want, call=f"verdict({claimed:.6g}, {figure:.6g}{tolerance})", hint=hint)


@pytest.mark.task("00.10")
def test_verdict(student, rng):
    hint = "Off by at most `tolerance` (0.02) of the right figure, above or below."
    for side in (-1, 1):
        figure = float(10 ** rng.uniform(-3, 20))
        check_verdict(student, figure * (1 + side * float(rng.uniform(0.0, 0.018))), figure, True, hint)
        check_verdict(student, figure * (1 + side * float(rng.uniform(0.025, 0.5))), figure, False, hint)
        check_verdict(student, figure * (1 + side * 0.07), figure, True, hint, tolerance=0.1)
        check_verdict(student, figure * (1 + side * 0.03), figure, False, hint, tolerance=0.01)
    figure = float(rng.integers(1, 1000))
    hint = "Off by at most `tolerance`: exactly as much is still right."
    check_verdict(student, figure, figure, True, hint, tolerance=0.0)
    check_verdict(student, 1.5 * figure, figure, True, hint, tolerance=0.5)


@pytest.mark.hidden
@pytest.mark.task("00.10")
def test_verdict_is_relative_to_the_right_figure(student, rng):
    hint = "The share is of the right figure: of a wrong claim it could be a share of anything."
    for _ in range(3):
        figure = float(10 ** rng.uniform(-3, 20))
        check_verdict(student, figure * 0.6, figure, True, hint, tolerance=0.5)
        check_verdict(student, figure * 1.6, figure, False, hint, tolerance=0.5)
    name = "megatron_servers"
    inputs, right = CLAIMS[name]
    claims = [(name, right * 1.0202, inputs)]  # off by 0.0202 of the right figure, and by 0.0198 of the claim
    got = call(student, "audit", claims, gives=ListOf((str, object, bool), 1))
    expect_equal(got[0][2], False, hint=hint)


@pytest.mark.task("00.10")
def test_audit(student, rng):
    names = ("megatron_servers", "alexnet_compression", "leiserson_speedup", "megatron_servers")
    factors = [float(f) for f in rng.permutation([1.01, 2.0, 0.99, 3.0])]
    claims = [(n, f * CLAIMS[n][1], CLAIMS[n][0]) for n, f in zip(names, factors, strict=True)]
    got = call(student, "audit", claims, gives=ListOf((object, object, object)))
    hint = "One tuple (name, right figure, verdict) for each claim, in their order; True where the claim is right."
    verdicts = [(name, f < 1.5) for name, f in zip(names, factors, strict=True)]
    expect_equal([(name, ok) for name, _, ok in got], verdicts, hint=hint)
    expect_close([right for _, right, _ in got], [CLAIMS[n][1] for n in names], rtol=1e-9, hint=hint)
