"""The benchmark of unit 02: its contests run small on the simulators, with a clock that is made up."""

from __future__ import annotations

import itertools
import re

import pytest
import torch

from reference.shared import gpu

if not gpu.select().has_triton:
    pytest.skip("needs Triton, which is made for Linux alone", allow_module_level=True)

from reference.benchmarks.matmul_gpu import bench, fused, products, simulated
from reference.benchmarks.matmul_gpu.contest import Contest, figures, relative_error
from reference.benchmarks.report import Figure, Report

backend = gpu.select()
BF16, FP16 = torch.bfloat16, torch.float16
LIMITS = {"fp32": 60e12, "tensor": 900e12, "memory": 3e12}


class Turns:
    """A clock that runs nothing, and gives each call its own seconds: 1 for the first one that it meets, then 2, ..."""

    def __init__(self):
        self.met = {}

    def seconds(self, call):
        return self.met.setdefault(call, 1.0 + len(self.met))


def by_name(found) -> dict[str, Figure]:
    return {figure.name: figure for figure in found}


def measure(contest, tell=pytest.fail) -> dict[str, Figure]:
    return by_name(figures(contest, Turns(), tell))


def contest(**more):
    calls = {"library": lambda: torch.ones(3), "ours": lambda: torch.ones(3), "wrong": lambda: torch.zeros(3)}
    return Contest("work", calls, lambda: torch.ones(3, dtype=torch.float64), 8e12, **more)


def test_rates_ratios_shares_and_errors_are_worked_out():
    limits = {"ours": (16e12, "peak"), "absent": (1.0, "peak")}
    found = measure(contest(ratios={"ours": 0.4}, limits=limits, shares={"ours": 0.3}))
    told = {name: (figure.value, figure.unit, figure.target, figure.met) for name, figure in found.items()}
    assert told == {
        "work/error/library": (0.0, "relative", 1e-5, True),
        "work/error/ours": (0.0, "relative", 1e-5, True),
        "work/error/wrong": (1.0, "relative", 1e-5, False),
        "work/rate/library": (8.0, "TFLOP/s", None, None),
        "work/rate/ours": (4.0, "TFLOP/s", None, None),
        "work/rate/wrong": (8 / 3, "TFLOP/s", None, None),
        "work/ratio/ours": (0.5, "of library", 0.4, True),
        "work/ratio/wrong": (1 / 3, "of library", None, None),
        "work/share/ours": (0.25, "of peak", 0.3, False),
    }


def refuse():
    raise RuntimeError("no such kernel\nand a long story")


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (refuse, "RuntimeError: no such kernel"),
        (lambda: torch.full((3,), torch.nan), "ValueError: the result has NaN"),
        (lambda: torch.ones(4), r"ValueError: expected shape \(3,\), got \(4,\)"),
    ],
)
def test_what_cannot_run_is_left_out_and_told(call, why):
    each, told = contest(), []
    each.calls = {"library": each.calls["library"], "ours": call}
    found = measure(each, told.append)
    assert [name for name in found if "ours" in name] == []
    assert found["work/rate/library"].value == 8
    assert len(told) == 1
    assert re.search(f"work: left out ours: {why}", told[0])


def test_without_its_library_a_contest_has_no_ratio():
    each, told = contest(), []
    each.calls = {"library": refuse, "ours": each.calls["ours"]}
    found = measure(each, told.append)
    assert list(found) == ["work/error/ours", "work/rate/ours"]
    each.calls = {"library": refuse}
    assert measure(each, told.append) == {}


def test_a_contest_that_cannot_be_made_leaves_the_others():
    told, said = [], []
    work = {"bad": refuse, "good": contest}
    found = by_name(bench.measured(work, Turns(), said.append, told.append, budget=0.1))
    assert said == ["bad", "good"]
    assert told == ["bad: left out: RuntimeError: no such kernel"]
    assert "work/ratio/ours" in found


def test_the_error_is_that_of_the_worst_tensor():
    ones = torch.ones(2, 2)
    assert relative_error([ones, 3 * ones], [ones.double(), 2 * ones.double()]) == 0.5
    with pytest.raises(ValueError, match="zip"):
        relative_error([ones], [ones, ones])


SMALL = {
    "ladder": lambda: products.ladder(24, 1e12),
    "halves in float16": lambda: products.halves(24, FP16, 1e12),
    "halves in bfloat16": lambda: products.halves(24, BF16, 1e12),
    "thin": lambda: products.thin(BF16, m=5, k=200, n=7, parts=3),
    "softmax": lambda: fused.softmax(5, 60, 1e9),
    "layer norm": lambda: fused.normalised(5, 60, 1e9),
    "layer norm backward": lambda: fused.normalised_backward(5, 60, 1e9),
    "attention": lambda: fused.attention(40, 16, False, BF16, tokens=80, width=16),
    "causal attention": lambda: fused.attention(40, 16, True, BF16, tokens=40, width=32),
    "attention backward": lambda: fused.attention_backward(40, 16, True, BF16, tokens=40, width=16),
}


@pytest.mark.skipif(
    backend.has_gpu, reason="runs the contests small on the simulators; the benchmark runs them on a GPU"
)
@pytest.mark.parametrize("name", SMALL)
def test_the_contests_run_and_agree_with_float64(name):
    """What a GPU will be asked to do, down to the library's side, at sizes that the simulators bear."""
    each = SMALL[name]()
    found = measure(each)
    for call in each.calls:
        assert found[f"{each.name}/error/{call}"].met, found[f"{each.name}/error/{call}"]
        assert found[f"{each.name}/rate/{call}"].value > 0
    assert sum("/ratio/" in name for name in found) == len(each.calls) - 1


def test_the_work_is_counted_right(monkeypatch):
    monkeypatch.setattr(products, "random", meta)
    monkeypatch.setattr(fused, "random", meta)
    assert products.ladder(4096, 1.0).work == products.halves(4096, BF16, 1.0).work == 2 * 4096**3
    assert products.thin(BF16).work == 2 * 64 * 65536 * 64
    assert fused.softmax(10, 20, 1.0).work == fused.normalised(10, 20, 1.0).work == 2 * 4 * 10 * 20
    # 4 sequences of 4096 tokens, 16 heads of 128: two products of 4096 x 4096 x 128 each.
    assert fused.attention(4096, 128, False, BF16).work == 4 * 16 * 2 * 2 * 4096**2 * 128
    assert fused.attention(4096, 128, True, BF16).work == 2 * 16 * 2 * 2 * 4096**2 * 128


def meta(*shape, dtype=torch.float32):
    """A tensor without memory."""
    return torch.empty(shape, dtype=dtype, device="meta")


def test_the_targets_stand_where_the_course_promises_them(monkeypatch):
    monkeypatch.setattr(products, "random", meta)
    monkeypatch.setattr(fused, "random", meta)
    wanted = {}
    for n, dtype in itertools.product(bench.SIZES, (BF16, FP16)):
        wanted[n, dtype] = dict(products.halves(n, dtype, 1.0).ratios)
    assert {key: value for key, value in wanted.items() if value} == {
        (4096, BF16): {"triton": 0.95},
        (8192, BF16): {"triton": 0.95, "persistent": 1.0},
    }
    ladders = {n: dict(products.ladder(n, 1.0).ratios) for n in bench.SIZES}
    assert ladders == {1024: {}, 2048: {}, 4096: {"vectorized": 0.85}, 8192: {}}
    assert "naive" not in products.ladder(4096, 1.0).calls
    for length, head, causal in itertools.product(bench.LENGTHS, bench.HEADS, (False, True)):
        target = dict(fused.attention(length, head, causal, BF16).ratios)
        assert target == ({"ours": 0.8} if length == 4096 else {})


def test_the_list_of_work_holds_every_size_once():
    full = bench.contests(False, BF16, LIMITS)
    attentions = len(bench.LENGTHS) * len(bench.HEADS) * 2
    assert len(full) == 3 * 4 + 1 + 4 + 2 * 2 + 2 * attentions
    old = bench.contests(False, FP16, LIMITS)  # a GPU without bfloat16
    assert len(old) == len(full) - 4
    assert not any("bfloat16" in name for name in old)
    assert set(bench.contests(True, BF16, LIMITS)) < set(full)


def test_the_limits_are_told_in_their_units():
    found = by_name(bench.limit_figures(LIMITS, BF16))
    assert {name: (each.value, each.unit) for name, each in found.items()} == {
        "limit/fp32": (60, "TFLOP/s"),
        "limit/tensor_bfloat16": (900, "TFLOP/s"),
        "limit/memory": (3000, "GB/s"),
    }


@pytest.mark.skipif(backend.has_gpu, reason="nothing is counted on a GPU")
def test_the_counts_are_those_of_the_formulas():
    found = by_name(simulated.counts((32, 32, 32)))
    off = {name: each for name, each in found.items() if name.endswith("off_formula")}
    assert len(off) == 4 * len(simulated.RUNGS)
    assert all(each.met for each in off.values()), off
    assert found["counts/naive/flop_per_byte"].value == 0.25
    assert found["counts/naive/efficiency"].value == pytest.approx(0.125)


@pytest.mark.exhaustive  # a whole quick benchmark with the stock simulator
@pytest.mark.skipif(backend.has_gpu, reason="needs the simulators")
def test_a_report_without_a_gpu_says_so_and_has_none_of_its_figures():
    report = bench.run(quick=True)
    assert bench.ABSENT in report.machine
    assert Report.from_json(report.to_json()).figures
    kinds = {figure.name.split("/")[0] for figure in report.figures}
    assert kinds == {"counts", "error", "simulator", "cpu_attention"}
    assert all(figure.met for figure in report.figures if figure.name.startswith("error/"))
    assert by_name(report.figures)[f"simulator/ratio_stock/shared_tiled/n={simulated.QUICK_STOCK}"].value > 1
