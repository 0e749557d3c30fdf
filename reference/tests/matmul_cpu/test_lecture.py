"""The pictures of lecture 01: drawn from records, all of them shown, none of them stale."""

import json
import os
import re
from pathlib import Path

import pytest

from reference.benchmarks.matmul_cpu import figures
from reference.benchmarks.matmul_cpu.quotes import slide_quotes
from reference.benchmarks.report import load_lecture
from reference.shared.plots.style import Picture
from reference.tests.shared.deck_text import unlike_their_figures, without_their_machine
from reference.tests.shared.lecture_pictures import hard_to_read, unlike_the_committed

SLIDES = figures.SLIDES.parent / "01_matmul_cpu.md"
RUNGS = (*figures.BYTES_PER_FMA, "matmul")
MEASURED = {"ladder", "order", "gains", "roofline", "libraries", "denormal"}
RECORD = {
    "cores": 2,
    "caches": {"L1": 2**15, "L2": 2**20, "L3": 2**25},
    "peak": {"1": 7e10, "2": 1.4e11},
    "bandwidth": {"L1": 2e11, "L2": 1e11, "L3": 4e10, "memory": 2e10},
    "order": {"i, j, k": {"16": 1e9, "512": 5e8}, "i, k, j": {"16": 2e9, "512": 4e9}},
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
    "peak/float64/threads=1": 100.0,
    "peak/float32": 400.0,
}


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    """Those of the committed records, drawn once."""
    return figures.pictures(*committed())


def committed() -> tuple[dict, dict]:
    try:
        return load_lecture("matmul_cpu"), figures.recorded_bench()
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


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


def test_the_roofline_and_the_ladder_have_one_peak():
    assert "measured peak 200 GFLOPS" in figures.the_ladder(BENCH).alt
    assert "Highest peak 200 GFLOPS" in figures.the_roofline(RECORD, BENCH).alt
    assert figures.limits(RECORD, BENCH)[0] == {"1 core": 100e9, "2 cores": 200e9}


def test_a_level_is_as_fast_as_the_one_behind_it_and_as_the_rungs_show():
    slow = RECORD | {"bandwidth": {"L1": 1e9, "L2": 6e9, "L3": 1e9, "memory": 2e9}}
    asked = max(figures.rates(BENCH)[name] / 2 * size for name, size in figures.BYTES_PER_FMA.items())
    assert asked == pytest.approx(30.72e9)  # divide_and_conquer: 2.56 GFLOPS, 24 bytes for 2 FLOP
    assert figures.limits(slow, BENCH)[1] == {"L1": asked, "L2": 6e9, "L3, memory": 2e9}


def test_memory_is_as_fast_as_lecture_00_saw_it_on_the_same_machine():
    before = json.loads(figures.EARLIER.read_text(encoding="utf-8"))
    found = figures.limits(RECORD | {"machine": before["machine"]}, BENCH)[1]
    assert found["memory"] == max(2e10, before["bandwidth"])


def test_the_gains_are_those_of_both_tables():
    alt = figures.gains(RECORD, BENCH).alt
    assert "Divide and conquer gains 18.4× on 18 cores, 4× on 2" in alt
    assert "compiled: 47.1× and 16×" in alt


def test_no_rung_lies_above_the_committed_roofline():
    record, bench = committed()
    peaks, bandwidths = figures.limits(record, bench)
    for name, size in figures.BYTES_PER_FMA.items():
        roof = min(max(peaks.values()), max(bandwidths.values()) * 2 / size)
        assert figures.rates(bench)[name] <= roof * (1 + 1e-9), name


def test_the_committed_pictures_are_those_of_the_committed_records(pictures: dict[str, Picture]):
    assert unlike_the_committed(pictures, figures.SLIDES, "01") == []


def test_every_letter_on_a_slide_can_be_read(pictures: dict[str, Picture]):
    assert hard_to_read(pictures) == []


def test_the_slides_say_what_their_figures_say_and_on_which_machine(pictures: dict[str, Picture]):
    record, _ = committed()
    drawn = {f"01_{name}.svg": picture for name, picture in pictures.items()}
    assert unlike_their_figures(SLIDES, drawn) == []
    measured = {f"01_{name}.svg" for name in MEASURED}
    assert without_their_machine(SLIDES, measured, record["machine"], record["date"]) == []


def test_the_slides_and_their_notes_quote_the_records():
    deck = " ".join(SLIDES.read_text(encoding="utf-8").split())
    missing = [quote for quote in slide_quotes(*committed()) if quote not in deck]
    assert not missing, f"the slides should say: {missing}"
