"""Lecture 02: its pictures are those of the record, the record is what the kernels do, and the slides quote both."""

import json
import os
import re
import tomllib

import numpy as np
import pytest

from reference.benchmarks.matmul_gpu import counts, figures
from reference.benchmarks.matmul_gpu import saved_traces as keep
from reference.benchmarks.matmul_gpu.quotes import quotes
from reference.benchmarks.report import load_lecture
from reference.shared import gpu
from reference.shared.simulators.scheduler import watch
from reference.tests.shared.deck_text import unlike_their_figures
from reference.tests.shared.lecture_pictures import hard_to_read, unlike_the_committed

backend = gpu.select()

DECK = figures.SLIDES.parent / "02_matmul_gpu.md"
MANIFEST = figures.SLIDES.parents[1] / "assignments" / "02_matmul_gpu" / "assignment.toml"
AGAIN = "to make it again: python -m reference.benchmarks.lecture matmul_gpu"
simulated = pytest.mark.skipif(backend.has_gpu, reason="nothing is traced on a GPU")


def committed() -> dict:
    try:
        return load_lecture("matmul_gpu")
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def test_every_picture_is_drawn_shown_and_the_records():
    pictures = figures.pictures(committed())
    shown = set(re.findall(r"\]\(figures/([^)]+)\)", DECK.read_text(encoding="utf-8")))
    assert {f"02_{name}.svg" for name in pictures} == shown
    assert shown == {path.name for path in figures.SLIDES.glob("02_*.svg")}
    assert unlike_the_committed(pictures, figures.SLIDES, "02") == []


def test_the_figures_can_be_read_from_the_last_row():
    assert hard_to_read(figures.pictures(committed())) == []


def test_headings_have_the_numbers_of_their_figures():
    drawn = {f"02_{name}.svg": picture for name, picture in figures.pictures(committed()).items()}
    assert unlike_their_figures(DECK, drawn) == []


def test_the_slides_show_no_code_of_a_task():
    """Slides leave with the student tree. Code blocks show other kernels than those of the tasks."""
    code = re.findall(r"```.*?```", DECK.read_text(encoding="utf-8"), re.DOTALL)
    defined = {name for block in code for name in re.findall(r"^def (\w+)", block, re.MULTILINE)}
    assert len(code) == len(defined), "each block is a whole kernel"
    tasks = tomllib.loads(MANIFEST.read_text(encoding="utf-8"))["task"]
    assert not defined & {name for task in tasks for name in (task["function"], *task["bodies"])}
    for block in code:
        assert not re.search(r"syncthreads|tl\.dot|cuda\.shared|\bfor\b", block), block


def test_the_slides_quote_the_record():
    deck = " ".join(DECK.read_text(encoding="utf-8").split())
    missing = [quote for quote in quotes(committed()) if " ".join(quote.split()) not in deck]
    assert not missing, f"the slides should say: {missing}"


def test_the_slides_tell_no_measured_time_and_where_to_make_one():
    deck = DECK.read_text(encoding="utf-8")
    assert "./mlsys bench matmul_gpu --out reference/benchmarks/records/matmul_gpu.json" in deck
    assert "Not measured by this course" in deck


@simulated
@pytest.mark.parametrize("name", ["naive", "coalesced"])
def test_the_counts_of_the_record_are_those_of_the_kernels(name: str, monkeypatch: pytest.MonkeyPatch):
    """A smaller product gives the same counts for each multiply-add: nothing in them depends on the size."""
    record = committed()["ladder"][name]
    monkeypatch.setitem(counts.SIDES, name, 32)
    monkeypatch.setattr(counts, "DEPTH", 8)
    assert counts.asked(name) == pytest.approx(record)


@simulated
def test_tiles_are_counted_as_large_as_on_a_gpu():
    import reference.matmul_gpu.tiled as here

    assert here.TILE < 32
    assert counts.rung("shared_tiled").__globals__["TILE"] == 32
    assert not backend.has_gpu


@simulated
def test_the_race_is_found_in_every_order_and_a_barrier_ends_it():
    runs = counts.race()["runs"]
    assert [bool(run["fault"]) for run in runs] == [True] * len(counts.ORDERS) + [False]
    assert all("with no barrier between" in run["fault"] for run in runs[:-1])
    assert [run["read"] == list(range(counts.TURNED))[::-1] for run in runs] == [False] * 3 + [True]
    assert runs == committed()["race"]["runs"]


@simulated
@pytest.mark.parametrize("width", [32, 33])
def test_a_request_survives_its_record(width: int):
    from reference.lab.matmul_gpu.memory_drawings import request_of

    with watch() as trace:
        gpu.launch(counts.column_reader(width), 1, 32, np.zeros(32, np.float32))
    found = request_of(trace, "tile")
    again = keep.request_from(json.loads(json.dumps(keep.kept(found))))
    assert (again.places, again.lanes, again.ways) == (found.places, found.lanes, {32: 32, 33: 1}[width])


@simulated
def test_a_trace_survives_its_record():
    found = counts.puzzle()
    again = keep.trace_from(json.loads(json.dumps(found)))
    assert keep.kept_trace(again) == found
    assert again.launches[0].kernel == "pooling_kernel"
    assert again.faults() == []
