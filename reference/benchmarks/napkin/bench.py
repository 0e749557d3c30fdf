"""Unit 00 beside what a user would pick instead: torch's FLOP counter, SciPy's bootstrap, timeit, a plain loop.

    ./mlsys bench napkin --out reference/benchmarks/records/napkin.json

Ratios are medians over rounds in which both sides ran in turns; 2 means twice as fast as the other one. What the
unit is for, agreement, is measured too: counts with torch's, intervals with SciPy's, medians with timeit's, the
roofline's prediction with the clock, and how often a function is found to differ from itself.
"""

from __future__ import annotations

import math
import time
import timeit
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import scipy.stats
import torch
from rich.console import Console
from torch import nn
from torch.utils.benchmark import Timer
from torch.utils.flop_counter import FlopCounterMode

from reference.benchmarks.report import Figure, Report
from reference.napkin.campaign import simulate_costs
from reference.napkin.modules import count_module
from reference.napkin.roofline import matmul_intensity, predict_seconds, ridge
from reference.napkin.sheet import sheet
from reference.napkin.stopwatch import in_turns, median_interval, ratio_interval
from reference.shared.timing.rotation import in_rotation
from reference.shared.timing.stopwatch import compare, measure_bandwidth, measure_peak, settle, time_calls

CAMPAIGN = (1e3, 1e4, 5e4, 2e3)  # dollars: data, a cycle, serving, a tweak
HELD = 0.90  # of the intervals of a function against itself should hold 1; 0.95 is the interval's own claim
AGREE = 0.10  # by which another timer's median may differ


def run(*, quick: bool = False) -> Report:
    """Every figure of the unit: about a minute and a half; `quick` takes a third of it, with fewer rounds."""
    console, rounds = Console(stderr=True), 7 if quick else 21
    steps: dict[str, Callable[[], Iterator[Figure]]] = {
        "counts": lambda: counts(rounds),
        "intervals": lambda: intervals(rounds),
        "campaigns": lambda: campaigns(rounds),
        "timers": timers,
        "twins": lambda: twins(20 if quick else 200),
        "the roofline": lambda: roofline(3 if quick else 9),
        "the sheet of numbers": numbers,
    }
    figures: list[Figure] = []
    with console.status("measuring") as status:
        for name, step in steps.items():
            status.update(name)
            figures += step()
    return Report("00_napkin", tuple(figures))


def models() -> dict[str, tuple[nn.Module, torch.Tensor]]:
    """Name -> (module, input) on the meta device, where shapes are all there is."""
    with torch.device("meta"):
        layer = nn.TransformerEncoderLayer(768, 12, 3072, batch_first=True)
        convolutions = [nn.Conv2d(64, 64, 3, padding=1) for _ in range(16)]
        return {
            "mlp": (nn.Sequential(*(nn.Linear(512, 512) for _ in range(8))), torch.empty(64, 512)),
            "convnet": (nn.Sequential(*convolutions), torch.empty(8, 64, 56, 56)),
            "transformer": (nn.TransformerEncoder(layer, 12), torch.empty(1, 512, 768)),
        }


def torch_flop(module: nn.Module, x: torch.Tensor) -> int:
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)  # the counter cannot see into the fused layer
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(x)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return counter.get_total_flops()


def counts(rounds: int) -> Iterator[Figure]:
    """FLOP of whole modules: the same number as torch's counter, and how many times as fast."""
    for name, (module, x) in models().items():
        ours = sum(row.flop for row in count_module(module, x))
        off = abs(ours / torch_flop(module, x) - 1)
        yield Figure(f"count/off_torch/{name}", off, "relative", "lower", 0.0)
        calls = {
            "torch": lambda m=module, x=x: torch_flop(m, x),
            "ours": lambda m=module, x=x: count_module(m, x),
        }
        yield from ratio(f"count/ratio_torch/{name}", calls, rounds, 1.0)


def intervals(rounds: int) -> Iterator[Figure]:
    """The bootstrap of a median beside SciPy's: where its ends lie, and how many times as fast."""
    for size in (20, 200):  # even: the median of an odd number jumps from one sample to the next
        samples = np.random.default_rng(size).lognormal(0, 0.1, size)

        def scipys(resamples: int = 2000, samples: np.ndarray = samples) -> Any:
            rng = np.random.default_rng(1)
            settings = {"method": "percentile", "vectorized": True, "n_resamples": resamples, "rng": rng}
            return scipy.stats.bootstrap((samples,), np.median, **settings).confidence_interval

        ours, theirs = median_interval(samples, 0, resamples=50_000), scipys(50_000)
        off = float(max(abs(a - b) for a, b in zip(ours, theirs, strict=True)))
        yield Figure(f"interval/off_scipy/n={size}", off, "of the median", "lower", 0.01)
        calls = {"scipy": scipys, "ours": lambda s=samples: median_interval(s, 0)}
        yield from ratio(f"interval/ratio_scipy/n={size}", calls, rounds, 1.0)


def campaigns(rounds: int) -> Iterator[Figure]:
    """A thousand campaigns at once, beside a loop that draws them one by one."""

    def loop() -> np.ndarray:
        rng = np.random.default_rng(0)
        data, cycle, serving, tweak = CAMPAIGN
        costs = np.empty(1000)
        for i in range(1000):
            prices = rng.lognormal(math.log(cycle), 0.3, rng.integers(10, 101))
            costs[i] = data + prices.sum() + serving + tweak * rng.integers(0, 21)
        return costs

    ours = float(simulate_costs(0, 200_000, *CAMPAIGN).mean())
    exact = 1e3 + 55 * 1e4 * math.exp(0.3**2 / 2) + 5e4 + 10 * 2e3
    yield Figure("campaign/off_mean", abs(ours / exact - 1), "relative", "lower", 0.005)
    calls = {"loop": loop, "ours": lambda: simulate_costs(0, 1000, *CAMPAIGN)}
    yield from ratio("campaign/ratio_loop", calls, rounds, 1.0)


def timers() -> Iterator[Figure]:
    """Our median beside that of timeit and of torch.utils.benchmark, for a short call and for a long one."""
    values = np.random.default_rng(0).random(100_000)
    jobs: dict[str, Callable[[], object]] = {"nothing": lambda: None, "sort": lambda: np.sort(values)}
    for name, job in jobs.items():
        measure = {who: partial(_timed, who, job) for who in ("ours", "timeit", "torch")}
        found = in_rotation(measure, range(7))
        for who in ("timeit", "torch"):
            off = abs(math.log(np.median(np.divide(found["ours"], found[who]))))
            yield Figure(f"timer/off_{who}/{name}", off, "relative", "lower", AGREE)
        spread = max(found["ours"]) / min(found["ours"]) - 1
        yield Figure(f"timer/repeats_within/{name}", spread, "relative", "lower")


def _timed(who: str, job: Callable[[], object]) -> float:
    if who == "ours":
        return time_calls(job).seconds
    if who == "torch":
        return Timer("job()", globals={"job": job}).blocked_autorange(min_run_time=0.3).median
    timer = timeit.Timer("job()", globals={"job": job})
    number, _ = timer.autorange()
    return float(np.median(timer.repeat(5, max(1, number // 5)))) / max(1, number // 5)


def twins(pairs: int, rounds: int = 30) -> Iterator[Figure]:
    """The share of runs in which a function is not found to differ from itself: in turns, and one after the other."""
    values = np.random.default_rng(0).random(20_000)
    held = {"in_turns": 0, "one_after_the_other": 0}
    for pair in range(pairs):
        orders = in_turns(["a", "b"], rounds)
        blocks = [["a"] * rounds + ["b"] * rounds]
        for how, plan in (("in_turns", orders), ("one_after_the_other", blocks)):
            runs: dict[str, list[float]] = {"a": [], "b": []}
            for order in plan:
                for name in order:
                    start = time.perf_counter()
                    np.sort(values)
                    runs[name].append(time.perf_counter() - start)
            low, high = ratio_interval(runs["a"], runs["b"], pair)
            held[how] += low <= 1 <= high
    for how, times in held.items():
        wanted = HELD if how == "in_turns" else None
        yield Figure(f"twins/{how}/held", times / pairs, "of intervals", target=wanted)


def roofline(rounds: int) -> Iterator[Figure]:
    """Seconds that the roofline predicts, over those of the clock, in float32 on all cores: medians over rounds.

    Each round measures the two limits again. A figure above 1 for axpy is no mistake: the bandwidth is that of the
    triad, which counts 24 bytes an element, while the machine moves 32 (it reads the target's line before it writes
    it). axpy writes what it has read.
    """
    n, size = 4096, 2**25
    x, y, weights = torch.rand(size), torch.rand(size), torch.rand(n, n)
    vector, rows = torch.rand(n), torch.rand(1024, n)
    flop = 2 * 1024 * n * n
    work: dict[str, tuple[float, float, Callable[[], object]]] = {
        "axpy": (2 * size, 12 * size, lambda: y.add_(x, alpha=1e-9)),
        "matrix_vector": (2 * n * n, 4 * (n * n + 2 * n), lambda: weights @ vector),
        "matmul": (flop, flop / matmul_intensity(1024, n, n, 4), lambda: rows @ weights),
    }
    peaks, bandwidths = [], []
    shares: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        peaks.append(measure_peak(np.float32, repeats=5))
        bandwidths.append(measure_bandwidth(repeats=3))
        for name, (work_flop, nbytes, job) in work.items():
            settle()
            with torch.no_grad():
                seconds = time_calls(job, repeats=3).seconds
            shares[name].append(predict_seconds(work_flop, nbytes, peaks[-1], bandwidths[-1]) / seconds)
    peak, bandwidth = max(peaks), max(bandwidths)  # limits: what the machine can do
    yield Figure("roofline/peak", peak / 1e9, "GFLOP/s")
    yield Figure("roofline/bandwidth", bandwidth / 1e9, "GB/s")
    yield Figure("roofline/ridge", ridge(peak, bandwidth), "FLOP/byte")
    for name, found in shares.items():
        yield Figure(f"roofline/predicted_over_measured/{name}", float(np.median(found)), "ratio")


def numbers() -> Iterator[Figure]:
    for name, seconds in sheet().items():
        yield Figure(f"sheet/{name.replace(' ', '_')}", seconds * 1e9, "ns", "lower")


def ratio(
    name: str, calls: Mapping[str, Callable[[], object]], rounds: int, target: float
) -> Iterator[Figure]:
    """The speed-up of the second over the first, and the ends of the 95 % interval."""
    found = next(iter(compare(calls, rounds).ratios.values()))
    yield Figure(name, found.value, "ratio", target=target)
    yield Figure(f"{name}/low", found.low, "ratio")
    yield Figure(f"{name}/high", found.high, "ratio")
