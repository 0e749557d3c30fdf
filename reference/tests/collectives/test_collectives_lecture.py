"""Lecture 03: its pictures say what the records say, and the committed ones are those of the committed records."""

import os

import pytest

from reference.benchmarks.collectives import bench, figures
from reference.benchmarks.collectives.quotes import quotes
from reference.benchmarks.report import load_lecture
from reference.shared.plots.style import Picture
from reference.tests.shared.deck_text import unlike_their_figures, without_their_machine
from reference.tests.shared.lecture_pictures import hard_to_read, unlike_the_committed

DECK = figures.SLIDES.parent / "03_collectives.md"
BY_FORMULA = {"cluster", "ranks", "straggler"}


def committed() -> dict:
    try:
        return load_lecture("collectives")
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    """Those of the committed records, drawn once."""
    return figures.pictures(committed())


def test_the_committed_pictures_are_those_of_the_committed_records(pictures: dict[str, Picture]):
    assert unlike_the_committed(pictures, figures.SLIDES, "03") == []


def test_every_letter_on_a_slide_can_be_read(pictures: dict[str, Picture]):
    assert hard_to_read(pictures) == []


def test_the_slides_say_what_their_figures_say_and_on_which_machine(pictures: dict[str, Picture]):
    record = committed()
    drawn = {f"03_{name}.svg": picture for name, picture in pictures.items()}
    assert unlike_their_figures(DECK, drawn) == []
    measured = set(drawn) - {f"03_{name}.svg" for name in BY_FORMULA} - {"03_window.svg"}
    assert without_their_machine(DECK, measured, record["machine"], record["date"]) == []


def test_the_quotes_name_both_constants_and_the_lateness():
    told = "\n".join(quotes(committed()))
    assert "alpha" in told
    assert "beta" in told
    assert "100 ms late" in told


@pytest.mark.exhaustive  # a whole quick benchmark
def test_a_quick_benchmark_measures_every_variant():
    report = bench.run(quick=True)
    for name in ("in_window", "copied", "ring"):
        assert report[f"ratio_mpi/{name}/ranks=2/MiB=1"].value > 0
    assert report["latency/message/bytes=8"].value > 0
