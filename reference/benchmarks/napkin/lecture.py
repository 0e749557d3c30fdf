"""The measurements behind the pictures of lecture 00; `figures.py` draws them.

python -m reference.benchmarks.lecture napkin       about two minutes; keep the machine quiet
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import numpy as np

from reference.napkin.sheet import load_seconds, sheet
from reference.napkin.stopwatch import in_turns
from reference.shared.machine import machine
from reference.shared.timing.stopwatch import interleaved, measure_bandwidth, measure_peak, time_calls

LAYER = 4096  # inputs and outputs of the layer that is timed: 64 MiB of float32, more than the caches hold
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
WORKERS = (1, 2, 3, 4, 6, 8, 12, 16)
FILES, FETCH_SECONDS = 48, 4e-3
KMEANS_POINTS, SVM_POINTS = (32_000, 64_000, 128_000, 256_000), (1000, 2000, 4000, 8000)
ITERATIONS, CLUSTERS, DIMENSIONS = 10, 16, 16
CHASED_BYTES = tuple(2**power for power in range(12, 28))
READS = 2_000


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Everything the pictures need, in seconds, FLOP/s and bytes/s."""
    here = machine()
    record: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": str(here),
        "cores": here.cores,
        "caches": here.caches,
    }
    say("peak and bandwidth")
    record["peak"] = measure_peak(np.float32, here.cores)
    record["bandwidth"] = measure_bandwidth(here.cores)
    say("kernels, and a layer over its batch")
    record["kernels"] = kernels()
    record["batch"] = {str(batch): layer_seconds(batch) for batch in BATCHES}
    say("speed-up")
    record["speedup"] = {f"{ms:g} ms of serial work": speedups(ms * 1e-3) for ms in (2.0, 10.0, 40.0)}
    say("growth")
    record["growth"] = growth()
    say("many runs of one function")
    record["runs"] = single_runs()
    record["twins"] = twins()
    say("the sheet of numbers")
    record["sheet"] = sheet()
    record["chase"] = {str(size): load_seconds(size) for size in CHASED_BYTES}
    return record


def kernels() -> dict[str, dict[str, float]]:
    """Pieces of work in float32 on all cores: name -> FLOP, bytes to and from memory, seconds."""
    import torch

    torch.manual_seed(0)
    n, size = LAYER, 2**25
    x, y = torch.rand(size), torch.rand(size)
    w, v = torch.rand(n, n), torch.rand(n)
    found: dict[str, dict[str, float]] = {}

    def add(name: str, flop: float, nbytes: float, job: Callable[[], Any]) -> None:
        found[name] = {"flop": flop, "bytes": nbytes, "seconds": time_calls(job, repeats=7).seconds}

    with torch.no_grad():
        add("y += s x", 2 * size, 12 * size, lambda: y.add_(x, alpha=1e-9))
        add("matrix × vector", 2 * n * n, 4 * (n * n + 2 * n), lambda: w @ v)
        for batch in (8, 64, 512):
            rows = torch.rand(batch, n)
            flop, nbytes = 2 * batch * n * n, 4 * (n * n + 2 * batch * n)
            add(f"layer, batch {batch}", flop, nbytes, lambda rows=rows: rows @ w)
    return found


def layer_seconds(batch: int) -> float:
    """Seconds of one (batch, LAYER) by (LAYER, LAYER) product in float32."""
    import torch

    with torch.no_grad():
        rows, weights = torch.rand(batch, LAYER), torch.rand(LAYER, LAYER)
        return time_calls(lambda: rows @ weights, repeats=7 if batch < 200 else 3).seconds


def fetch_all(workers: ThreadPoolExecutor, serial: float) -> None:
    """A loader: list the files (serial), fetch them (each waits, as for a far server), merge them (serial)."""
    spin(serial / 2)
    list(workers.map(lambda _: time.sleep(FETCH_SECONDS), range(FILES)))
    spin(serial / 2)


def spin(seconds: float) -> None:
    """Keep one core busy for so long."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def speedups(serial: float) -> dict[str, float]:
    """Workers -> how many times as fast as one worker, median of three rounds taken in turns."""
    pools = {count: ThreadPoolExecutor(count) for count in WORKERS}
    try:
        jobs = {str(count): lambda pool=pool: fetch_all(pool, serial) for count, pool in pools.items()}
        timed = interleaved(jobs, 3)
    finally:
        for pool in pools.values():
            pool.shutdown()
    return {name: timed["1"].seconds / timing.seconds for name, timing in timed.items()}


def growth() -> dict[str, dict[str, float]]:
    """Seconds of k-means (Lloyd, a fixed number of iterations) and of an SVM over the number of points."""
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.svm import SVC
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng(0)
    lines: dict[str, dict[str, float]] = {"k-means": {}, "SVM": {}}
    # One thread: the exponent is that of the algorithm, not of the threads' start.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # ten iterations are meant not to converge
        for n in KMEANS_POINTS:
            data = rng.normal(size=(n, DIMENSIONS))
            settings: dict[str, Any] = {
                "init": data[:CLUSTERS],
                "n_init": 1,
                "max_iter": ITERATIONS,
                "tol": 0,
            }
            means = KMeans(CLUSTERS, algorithm="lloyd", **settings)
            timing = time_calls(lambda means=means, data=data: means.fit(data), repeats=5)
            lines["k-means"][str(n)] = timing.fastest  # of the algorithm, not of a neighbour
    for n in SVM_POINTS:
        data, labels, svm = rng.normal(size=(n, DIMENSIONS)), rng.integers(0, 2, n), SVC(C=1.0)
        start = time.perf_counter()
        svm.fit(data, labels)
        lines["SVM"][str(n)] = time.perf_counter() - start
    return lines


def single_runs() -> list[float]:
    """Seconds of READS single calls of one small function, on a machine with nothing else to do."""
    numbers = np.random.default_rng(0).random(20_000)
    runs = []
    for _ in range(READS):
        start = time.perf_counter()
        np.sort(numbers)
        runs.append(time.perf_counter() - start)
    return runs


def twins(rounds: int = 60) -> dict[str, dict[str, list[float]]]:
    """Two names of one function: seconds of each run, all of one first and then the other, and in turns.

    Half way through, another thread begins to use the machine, as a neighbour does.
    """
    import torch

    a = torch.rand(600, 600)

    def run() -> float:
        start = time.perf_counter()
        _ = a @ a
        return time.perf_counter() - start

    def neighbour(stop: threading.Event) -> None:
        other = torch.rand(400, 400)
        while not stop.is_set():
            _ = other @ other

    found: dict[str, dict[str, list[float]]] = {}
    after = ["A"] * rounds + ["B"] * rounds
    turns = [name for order in in_turns(["A", "B"], rounds) for name in order]
    for how, names in (("one after the other", after), ("in turns", turns)):
        stop, samples = threading.Event(), {"A": [], "B": []}
        thread = threading.Thread(target=neighbour, args=(stop,))
        for number, name in enumerate(names):
            if number == rounds:
                thread.start()
            samples[name].append(run())
        stop.set()
        thread.join()
        found[how] = samples
    return found
