"""The audit: every claim's figure out of its inputs, and other figures out of other inputs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.napkin.audit import audit, recompute, verdict
from reference.napkin.claims import CLAIMS

WRONG = {  # claim -> the right figure, worked out by hand
    "svm_years": 126.8,
    "kmeans_doubling": 2.0,
    "resnet50_size": 0.1022,
    "resnet50_flop": 8.178e9,
    "distilbert_saving": 0.40,
    "inception_pruned": 3.3875e6,
}


def test_there_are_claims_of_both_kinds():
    assert len(CLAIMS) >= 14
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)
    assert set(WRONG) < {claim.name for claim in CLAIMS}


def test_the_wrong_ones_are_found_and_mended():
    found = audit([(claim.name, claim.figure, claim.inputs) for claim in CLAIMS])
    assert [name for name, _, _ in found] == [claim.name for claim in CLAIMS]
    assert {name for name, _, ok in found if not ok} == set(WRONG)
    rights = {name: right for name, right, _ in found}
    assert {name: rights[name] for name in WRONG} == pytest.approx(WRONG, rel=1e-3)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_figure_follows_its_inputs(claim):
    """No figure is typed in: another input gives another figure."""
    changed = []
    for key, value in claim.inputs.items():
        other = {**claim.inputs, key: value * 0.5 if key in {"utilization", "sparsity"} else value * 2}
        if recompute(claim.name, other) != recompute(claim.name, claim.inputs):
            changed.append(key)
    assert changed == (["growth"] if claim.name == "kmeans_doubling" else list(claim.inputs))


def test_figures_by_hand_for_other_inputs():
    assert recompute("straggler_gpus", {"gpus": 8, "compute": 0.03, "late": 0.01}) == pytest.approx(6)
    assert recompute("gpipe_bubble", {"stages": 2, "microbatches": 1}) == pytest.approx(0.5)
    assert recompute("codebook_compression", {"weights": 64, "bits": 16, "centroids": 2}) == pytest.approx(
        1024 / 96
    )
    assert recompute("megatron_power", {"servers": 10, "watts_each": 1e6, "cooling": 0.5}) == pytest.approx(
        15
    )
    assert recompute("tpu_ridge", {"peak": 8.0, "bandwidth": 2.0}) == pytest.approx(2)


def test_unknown_claims_and_missing_inputs_are_refused():
    with pytest.raises(ValueError, match=r"expected one of svm_years, .*, got 'moon'"):
        recompute("moon", {})
    with pytest.raises(ValueError, match="got no seconds_each"):
        recompute("svm_years", {"operations": 1})
    with pytest.raises(ValueError, match="operations of svm_years to be above 0, got -1"):
        recompute("svm_years", {"operations": -1, "seconds_each": 1})
    with pytest.raises(TypeError, match="a string, got int"):
        recompute(3, {})  # pyright: ignore[reportArgumentType]


@given(st.floats(1e-6, 1e12), st.floats(0, 0.0199))
def test_a_verdict_is_relative_to_the_right_figure(right, off):
    assert verdict(right * (1 + off), right)
    assert verdict(right * (1 - off), right)
    assert not verdict(right * 1.021, right)
    assert not verdict(right * 0.979, right)
    assert verdict(right * 1.06, right, tolerance=0.1)  # the caller may ask for less


def test_the_tolerance_is_of_the_right_figure_not_of_the_claim():
    assert not verdict(1.0, 0.9, tolerance=0.105)
    assert verdict(0.9, 1.0, tolerance=0.105)
    assert verdict(-1.01, -1.0)
