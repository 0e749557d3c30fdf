"""The stopwatch and the two limits of the machine."""

import dataclasses
import itertools
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.shared import machine as machine_module
from reference.shared.machine import Machine, human_bytes, machine, machine_summary, usable_cores
from reference.shared.timing import stopwatch as measure
from reference.shared.timing.cpu_limits import fma_kernel, measure_bandwidth, measure_peak, triad_kernel
from reference.shared.timing.statistics import timing_of
from reference.shared.timing.stopwatch import Timing, interleaved, matmul_flop, median_seconds, time_calls

pytestmark = pytest.mark.alone  # it measures time


def test_a_long_call_is_timed_alone_and_a_short_one_in_a_batch():
    assert time_calls(lambda: time.sleep(0.002), repeats=3).batch == 1
    assert time_calls(lambda: None, repeats=3).batch > 1


def test_a_call_is_never_timed_shorter_than_it_sleeps():
    assert median_seconds(lambda: time.sleep(0.002), repeats=3, warmup=0) >= 0.002


def test_the_warm_up_is_not_counted():
    pauses = iter([0.05] + [0.0] * 10**6)
    timing = time_calls(lambda: time.sleep(next(pauses)), repeats=5, warmup=1)
    assert timing.high < 0.05


def test_every_function_runs_equally_often_and_takes_turns_to_start():
    calls: list[str] = []

    def job(name: str):
        return lambda: (calls.append(name), time.sleep(0.001))

    timings = interleaved({name: job(name) for name in "abc"}, 4, warmup=2)
    assert list(timings) == ["a", "b", "c"]
    assert {name: calls.count(name) for name in "abc"} == dict.fromkeys("abc", 2 + 1 + 4)
    assert calls[-12:] == list("abcbcacababc")


def test_a_settled_run_follows_a_call_that_is_not_counted():
    calls = []
    timings = interleaved({"a": lambda: (calls.append(1), time.sleep(0.001))}, 3, warmup=0, settled=True)
    assert len(calls) == 1 + 3 * 2
    assert timings["a"].repeats == 3


def test_settle_waits_for_threads_that_spin():
    ended = []

    def spin() -> None:
        end = time.perf_counter() + 0.2
        while time.perf_counter() < end:
            pass
        ended.append(True)

    thread = threading.Thread(target=spin)
    thread.start()
    measure.settle()
    assert ended
    thread.join()


def test_the_median_ignores_one_slow_run():
    runs = [1.0, 1.01, 0.9, 1.0, 50.0]
    timing = timing_of(runs, 1)
    assert timing.seconds == 1.0
    assert timing.fastest == 0.9
    assert not timing.noisy


@given(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=30))
def test_the_quartiles_stand_in_order(runs: list[float]):
    timing = timing_of(runs, 1)
    assert timing.fastest <= timing.low <= timing.seconds <= timing.high
    assert timing.spread >= 0
    assert timing.repeats == len(runs)


def test_a_noisy_timing_says_so():
    timing = Timing(seconds=1.0, fastest=0.8, low=0.9, high=1.4, repeats=5, batch=1)
    assert timing.noisy
    assert "noisy" in str(timing)
    assert "noisy" not in str(dataclasses.replace(timing, low=0.99, high=1.01))


def test_rate_is_work_over_the_median():
    timing = Timing(2.0, 2.0, 2.0, 2.0, 1, 1)
    assert timing.rate(matmul_flop(100, 50, 10)) == 50_000
    with pytest.raises(ValueError, match="at least 0"):
        timing.rate(-1)


@pytest.mark.parametrize(("repeats", "warmup"), [(0, 1), (-1, 1), (1.5, 1), (True, 1), (1, -1)])
def test_bad_counts_are_refused(repeats, warmup):
    with pytest.raises(ValueError, match="whole number"):
        time_calls(lambda: None, repeats=repeats, warmup=warmup)


def test_nothing_to_time_is_refused():
    with pytest.raises(ValueError, match="at least one function"):
        interleaved({})
    with pytest.raises(TypeError, match="lambda"):
        interleaved({"sum": 3.0})  # pyright: ignore[reportArgumentType]


def test_the_work_of_a_product():
    assert matmul_flop(4096, 4096, 4096) == 2 * 4096**3
    assert matmul_flop(0, 5, 5) == 0
    with pytest.raises(ValueError, match="at least 0"):
        matmul_flop(-1, 2, 3)


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.5 s"), (0.0123, "12.3 ms"), (4e-6, "4 µs"), (5e-9, "5 ns"), (0.0, "0 ns")]
)
def test_human_seconds(seconds, text):
    assert measure.human_seconds(seconds) == text


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_peak_loop_does_the_multiply_adds_it_is_counted_for(dtype):
    kernel, flop = fma_kernel(np.dtype(dtype))
    lanes = machine().vector_bits // 8 // np.dtype(dtype).itemsize
    count = flop // (2 * lanes)
    # every accumulator starts at its number + seed and gains seed*seed a pass; the kernel returns their sum
    passes, seed = 10, 2.0
    want = sum(range(1, count + 1)) + count * seed + count * passes * seed**2
    assert kernel(passes, seed) == want


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_peak_loop_holds_nothing_but_multiply_adds(dtype):
    if not machine().fma:
        pytest.skip("this CPU has no fused multiply-add")
    kernel, flop = fma_kernel(np.dtype(dtype))
    lanes = machine().vector_bits // 8 // np.dtype(dtype).itemsize
    assembly = next(iter(kernel.inspect_asm().values()))  # pyright: ignore[reportFunctionMemberAccess]
    lines = [line.strip() for line in assembly.splitlines()]
    rows, count = [line.startswith(("vfmadd", "fmla")) for line in lines], flop // (2 * lanes)
    runs = [len(list(run)) for fused, run in itertools.groupby(rows) if fused]
    # For some processors LLVM does several passes a turn, and those that are left in a loop of their own.
    assert {length % count for length in runs} == {0}, "another instruction stands between the multiply-adds"


def test_the_triad():
    target, left, right = np.zeros(1001), np.arange(1001.0), np.ones(1001)
    triad_kernel()(target, left, right, 3.0, 2)
    np.testing.assert_array_equal(target, np.arange(1001.0) + 3)


def test_the_limits_are_plausible():
    single = measure_peak(np.float32, 1, repeats=3)
    double = measure_peak(np.float64, 1, repeats=3)
    assert 1e8 < double < single < 1e14
    assert 1e8 < measure_bandwidth(1, repeats=1) < 1e13
    assert 1e8 < measure_bandwidth(2, working_set=2**14, repeats=1) < 1e14


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
def test_bad_thread_counts_are_refused(threads):
    for limit in (lambda: measure_peak(np.float32, threads), lambda: measure_bandwidth(threads)):
        with pytest.raises(ValueError, match="threads"):
            limit()


def test_other_bad_input_of_the_limits():
    with pytest.raises(ValueError, match="float32 or float64, got int32"):
        measure_peak(np.int32)
    with pytest.raises(ValueError, match="at least 2048 bytes, got 100"):
        measure_bandwidth(2, working_set=100)
    for limit in (lambda: measure_peak(repeats=0), lambda: measure_bandwidth(repeats=0)):
        with pytest.raises(ValueError, match="repeats"):
            limit()


def test_the_machine_describes_itself():
    here = machine()
    assert 1 <= here.cores == usable_cores()
    assert here.vector_bits in {128, 256, 512}
    assert list(here.caches.values()) == sorted(here.caches.values())
    summary = machine_summary()
    assert "\n" not in summary
    assert here.system in summary


def test_an_unknown_machine_still_prints():
    bare = Machine("", "Plan9 mips", "3.11.0", 1, "", 128, False, 64, 0, 0, 0)
    assert bare.caches == {}
    assert str(bare) == "1 core, Plan9 mips, Python 3.11.0"


def test_cache_sizes_are_read_as_the_kernel_writes_them(tmp_path, monkeypatch):
    rows = [("1", "Data", "48K"), ("1", "Instruction", "32K"), ("2", "Unified", "2M"), ("3", "Unified", "")]
    for number, (level, kind, size) in enumerate(rows):
        folder = tmp_path / f"index{number}"
        folder.mkdir()
        entries = {"level": level, "type": kind, "size": size, "coherency_line_size": "128"}
        for name, text in entries.items():
            (folder / name).write_text(text + "\n")
    monkeypatch.setattr(machine_module, "CPU_FOLDER", tmp_path)
    monkeypatch.setattr(machine_module.platform, "system", lambda: "Linux")
    assert machine_module._caches() == ({1: 48 * 1024, 2: 2 * 1024**2, 3: 0}, 128)


@given(st.integers(0, 2**50))
def test_human_bytes_is_short_and_right(size):
    number, unit = human_bytes(size).split()
    scale = 1024 ** ("B", "KiB", "MiB", "GiB", "TiB").index(unit)
    assert float(number) * scale == pytest.approx(size, rel=1e-3)
    assert len(number) <= 5


def test_negative_bytes_are_refused():
    with pytest.raises(ValueError, match="negative"):
        human_bytes(-1)
