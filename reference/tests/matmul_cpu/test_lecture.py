"""The pictures of lecture 01: drawn from records, all of them shown, none of them stale."""

import os
import re
from html import unescape
from pathlib import Path

import pytest

from reference.benchmarks.matmul_cpu import figures, lecture
from reference.benchmarks.report import load_lecture

SLIDES = figures.SLIDES.parent / "01_matmul_cpu.md"
RUNGS = (*figures.BYTES_PER_FMA, "matmul")
RECORD = {
    "cores": 2,
    "caches": {"L1": 2**15, "L2": 2**20, "L3": 2**25},
    "peak": {"1": 7e10, "2": 1.4e11},
    "bandwidth": {"L1": 2e11, "L2": 1e11, "L3": 4e10, "memory": 2e10},
    "order": {"i, j, k": {"16": 1e9, "512": 5e8}, "i, k, j": {"16": 2e9, "512": 4e9}},
    "recursion": {"numba_parallel": {"128": 5e9, "512": 6e9}, "divide_and_conquer": {"128": 4e9, "512": 9e9}},
    "denormal": {"normal numbers": 5e9, "denormal products": 1e8},
}
BENCH = {
    **{f"ladder/{rung}/gflops": 0.01 * 4.0**i for i, rung in enumerate(RUNGS)},
    **{f"ladder/{rung}/timed_at_n": 96 if "python" in rung else 4096 for rung in RUNGS},
    **{
        f"rate/float32/threads={t}/{n}": 100.0 * t
        for t in (1, 2)
        for n in ("n=256", "n=4096", "m=64,k=8,n=64")
    },
    **{f"ratio_{name}/float32/threads=2/n={n}": 2.0 for name in ("numpy", "torch") for n in (256, 4096)},
    **{f"ratio_{name}/float32/threads=2/geometric_mean": 1.25 for name in ("numpy", "torch")},
    "peak/float64": 200.0,
    "peak/float32": 400.0,
}


def test_every_picture_is_drawn_and_every_drawn_picture_is_shown(tmp_path: Path):
    drawn = {path.name for path in figures.draw(RECORD, tmp_path, BENCH)}
    shown = set(re.findall(r"\]\(figures/([^)]+)\)", SLIDES.read_text(encoding="utf-8")))
    assert drawn == shown == {path.name for path in tmp_path.iterdir()}


def test_the_ladder_is_the_benchmarks():
    assert list(figures.rates(BENCH)) == list(RUNGS)
    assert figures.rates(BENCH)["numba_loops"] == pytest.approx(0.16e9)
    assert figures.smaller(BENCH) == ["python_loops", "python_reordered"]
    first, second = figures.ladder_columns(BENCH).rows[:2]
    assert first[0] == "python_loops\u00a0*"
    assert second[3:5] == ("4", "4.0")
    assert "matmul 164 GFLOPS" in figures.the_ladder(BENCH).alt


def test_the_libraries_are_rated_from_the_ratios():
    alt = figures.libraries(BENCH).alt
    assert "1.25 of NumPy" in alt
    assert "matmul: 200 at 256" in alt, "rates of the largest thread count are wanted"
    assert "NumPy: 100 at 256" in alt


def test_the_roofline_counts_the_bytes_of_the_inner_loops():
    alt = figures.the_roofline(RECORD, BENCH).alt
    assert "numba_loops at 0.0833 FLOP/byte" in alt
    assert "register_blocked at 0.333 FLOP/byte" in alt
    assert "microkernel at 1.5 FLOP/byte" in alt


def test_the_order_is_measured_against_its_mirror():
    loops = lecture.columns_of_b()
    a, b = lecture._operands(7)
    assert loops(a, b) == pytest.approx(a @ b)


def test_the_committed_pictures_are_those_of_the_committed_records():
    try:
        record, bench = load_lecture("matmul_cpu"), figures.recorded_bench()
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    for name, picture in figures.pictures(record, bench).items():
        text = (figures.SLIDES / f"01_{name}.svg").read_text(encoding="utf-8")
        title = re.search(r"<dc:title>(.*?)</dc:title>", text, re.S)
        assert title, f"01_{name}.svg has no title"
        assert unescape(title[1]) == picture.alt, (
            "to draw again: python -m reference.benchmarks.lecture matmul_cpu --draw"
        )
