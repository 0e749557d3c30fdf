"""Benchmark unit 02: on a GPU beside cuBLAS and torch's kernels, without one the simulators.

    ./mlsys bench matmul_gpu --out reference/benchmarks/records/matmul_gpu.json

On a GPU it first measures the three limits, and then everything against them and against the libraries:
medians of CUDA events, interleaved, from an empty L2 cache; each result is compared with float64 once.
Without a GPU it cannot measure speed. The report then has the counts of the simulators, the errors, and the
simulators' own seconds, and its machine line says that the rest is absent. No figure is copied from
elsewhere.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import torch
from rich.console import Console

from reference.benchmarks.report import Figure, Report
from reference.shared import gpu
from reference.shared.machine import machine_summary

if TYPE_CHECKING:
    from reference.benchmarks.matmul_gpu.contest import Contest
    from reference.shared.timing.gpu_stopwatch import Clock

UNIT = "02_matmul_gpu"
ABSENT = "no GPU: every figure that needs one is absent"
SIZES, QUICK_SIZES = (1024, 2048, 4096, 8192), (1024, 4096)
LENGTHS, QUICK_LENGTHS = (1024, 2048, 4096, 8192), (1024, 4096)
HEADS = (64, 128)
MATRICES = ((16384, 1024), (8192, 4096), (4096, 16384), (2048, 65536))  # rows, columns: of softmax
NORMALISED = ((16384, 1024), (8192, 4096))
PACKAGES = ("torch", "triton", "numba", "numba-cuda")
Say = Callable[[str], None]


def run(*, quick: bool = False) -> Report:
    """Measure every figure that this machine can give; `quick` takes the small sizes and few rounds."""
    console = Console(stderr=True)
    with console.status("measuring") as status:
        if gpu.select().has_gpu:
            found, where = list(on_gpu(quick, status.update, console.print)), f"{card()}; {machine_summary()}"
        else:
            found, where = list(simulated(quick, status.update)), f"{machine_summary()}; {ABSENT}"
    if not gpu.select().has_gpu:
        console.print(f"{UNIT}: {ABSENT}. On a machine with an NVIDIA GPU the same command measures them.")
    return Report(UNIT, tuple(found), machine=where)


def simulated(quick: bool, say: Say) -> Iterator[Figure]:
    """Yield counts, errors, and seconds of the simulators and of torch on this CPU."""
    from reference.benchmarks.matmul_gpu import simulated as parts

    rounds = 6 if quick else 15
    steps: dict[str, Callable[[], Iterator[Figure]]] = {
        "counts": lambda: parts.counts(parts.QUICK_SIDES if quick else parts.SIDES),
        "errors": parts.errors,
        "the scheduler": lambda: parts.scheduler(rounds, parts.QUICK_STOCK if quick else parts.STOCK),
        "watching": lambda: parts.watching(rounds),
        "attention on the CPU": lambda: parts.attention_on_cpu(rounds, 512 if quick else 1024),
    }
    for name, step in steps.items():
        say(name)
        yield from step()


def on_gpu(quick: bool, say: Say, tell: Say) -> Iterator[Figure]:
    """Yield the limits of this GPU, then the figures of every contest."""
    from reference.shared.timing.gpu_limits import fp32_peak, memory_bandwidth, tensor_peak
    from reference.shared.timing.gpu_stopwatch import EventClock

    clock, properties = EventClock(), torch.cuda.get_device_properties(0)
    half = (
        torch.bfloat16 if properties.major >= 8 else torch.float16
    )  # older tensor cores do not know bfloat16
    say("the limits")
    limits = {
        "fp32": fp32_peak(clock, properties.multi_processor_count),
        "tensor": tensor_peak(clock, half),
        "memory": memory_bandwidth(clock),
    }
    yield from limit_figures(limits, half)
    before = torch.get_float32_matmul_precision()
    try:
        yield from measured(contests(quick, half, limits), clock, say, tell, budget=0.5 if quick else 2.0)
    finally:
        torch.set_float32_matmul_precision(before)


def measured(
    work: Mapping[str, Callable[[], Contest]], clock: Clock, say: Say, tell: Say, *, budget: float
) -> Iterator[Figure]:
    """Yield the figures of one contest after the other; each frees its tensors before the next allocates its own.

    tell: prints a line about a contest that cannot run here.
    """
    from reference.benchmarks.matmul_gpu.contest import figures, first_line

    for name, make in work.items():
        say(name)
        try:
            contest = make()
        except Exception as problem:  # a kernel that this GPU cannot run, or too little memory
            tell(f"{name}: left out: {first_line(problem)}")
            continue
        yield from figures(contest, clock, tell, budget=budget)
        del contest
        if gpu.select().has_gpu:
            torch.cuda.empty_cache()


def limit_figures(limits: dict[str, float], half: torch.dtype) -> Iterator[Figure]:
    """Yield the three measured limits: FLOP/s without and with tensor cores, bytes/s."""
    tensor = str(half).removeprefix("torch.")
    yield Figure("limit/fp32", limits["fp32"] / 1e12, "TFLOP/s")
    yield Figure(f"limit/tensor_{tensor}", limits["tensor"] / 1e12, "TFLOP/s")
    yield Figure("limit/memory", limits["memory"] / 1e9, "GB/s")


def contests(quick: bool, half: torch.dtype, limits: dict[str, float]) -> dict[str, Callable[[], Contest]]:
    """Return name -> function that makes the contest, and with it its tensors.

    half: the 16-bit dtype of this GPU's tensor cores. limits: "fp32" and "tensor" FLOP/s, "memory" bytes/s.
    """
    from reference.benchmarks.matmul_gpu import fused, products

    sizes, lengths = (QUICK_SIZES, QUICK_LENGTHS) if quick else (SIZES, LENGTHS)
    found: dict[str, Callable[[], Contest]] = {}
    for n in sizes:
        found[f"float32, n = {n}"] = partial(products.ladder, n, limits["fp32"])
    for dtype in dict.fromkeys((half, torch.float16)):
        for n in sizes:
            found[f"{dtype}, n = {n}"] = partial(products.halves, n, dtype, limits["tensor"])
    found["a thin product"] = partial(products.thin, half)
    for shape in MATRICES[:2] if quick else MATRICES:
        found[f"softmax {shape}"] = partial(fused.softmax, *shape, limits["memory"])
    for shape in NORMALISED[:1] if quick else NORMALISED:
        found[f"layer norm {shape}"] = partial(fused.normalised, *shape, limits["memory"])
        found[f"layer norm backward {shape}"] = partial(fused.normalised_backward, *shape, limits["memory"])
    for make, name in ((fused.attention, "attention"), (fused.attention_backward, "attention backward")):
        for head in HEADS:
            for length in lengths:
                for causal in (False, True):
                    title = f"{name}, head {head}, length {length}{', causal' if causal else ''}"
                    found[title] = partial(make, length, head, causal, half)
    return found


def card() -> str:
    """Return the GPU, its driver, and the versions of the packages that compile for it."""
    asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        lines = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=30).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        lines = []
    driver = f"driver {lines[0]}" if lines else "driver unknown"
    parts = [torch.cuda.get_device_name(), driver, f"CUDA {torch.version.cuda}"]
    return ", ".join(parts + [f"{name} {_version(name)}" for name in PACKAGES])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
