"""Lecture 00: its pictures say what the record says, and the committed ones are those of the committed record."""

import os

import pytest

from reference.benchmarks.napkin import figures, lecture
from reference.benchmarks.napkin.quotes import quotes
from reference.benchmarks.report import load_lecture
from reference.shared.plots.style import Picture
from reference.tests.shared.deck_text import unlike_their_figures, without_their_machine
from reference.tests.shared.lecture_pictures import hard_to_read, unlike_the_committed

DECK = figures.SLIDES.parent / "00_napkin.md"
BY_FORMULA = {"shares", "campaign", "gustafson", "service", "audit"}


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    """Those of the committed record, drawn once."""
    return figures.pictures(committed())


def committed() -> dict:
    try:
        return load_lecture("napkin")
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def test_alexnet_is_the_one_of_the_slides():
    assert sum(parameters for parameters, _ in figures.ALEXNET.values()) == 61_100_840
    assert sum(flop for _, flop in figures.ALEXNET.values()) == pytest.approx(1.43e9, rel=2e-3)


def test_the_ridge_batch_has_the_intensity_of_the_ridge():
    machine = {"peak": 1e11, "bandwidth": 1e10}
    rows = figures._ridge_batch(machine)
    flop, nbytes = 2 * rows * figures.LAYER**2, 4 * (figures.LAYER**2 + 2 * rows * figures.LAYER)
    assert flop / nbytes == pytest.approx(10)


def test_a_service_line_is_read_from_straight_measurements():
    record = {"batch": {str(b): 0.01 + 0.002 * b for b in (1, 2, 4, 8)}}
    assert figures.service_line(record) == pytest.approx((0.01, 0.002))


def test_a_loader_with_little_serial_work_gains_from_workers(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lecture, "WORKERS", (1, 4))
    monkeypatch.setattr(lecture, "FILES", 8)
    found = lecture.speedups(1e-3)
    assert list(found) == ["1", "4"]
    assert found["1"] == 1
    assert found["4"] > 1.2


def test_every_kernel_and_number_is_quoted():
    record = committed()
    told = "\n".join(quotes(record))
    assert all(name in told for name in (*record["kernels"], *record["sheet"], *record["growth"]))


def test_the_committed_pictures_are_those_of_the_committed_record(pictures: dict[str, Picture]):
    assert unlike_the_committed(pictures, figures.SLIDES, "00") == []


def test_every_letter_on_a_slide_can_be_read(pictures: dict[str, Picture]):
    assert hard_to_read(pictures) == []


def test_the_slides_say_what_their_figures_say_and_on_which_machine(pictures: dict[str, Picture]):
    record = committed()
    drawn = {f"00_{name}.svg": picture for name, picture in pictures.items()}
    assert unlike_their_figures(DECK, drawn) == []
    measured = set(drawn) - {f"00_{name}.svg" for name in BY_FORMULA}
    assert without_their_machine(DECK, measured, record["machine"], record["date"]) == []
