"""Lecture 04: its pictures and its text say what the records say, and name the machine."""

import os

import pytest

from reference.benchmarks.data_parallel import figures
from reference.benchmarks.data_parallel.quotes import quotes, slide_quotes
from reference.benchmarks.report import load_lecture
from reference.shared.plots.style import Picture
from reference.tests.shared.deck_text import unlike_their_figures, without_their_machine
from reference.tests.shared.lecture_pictures import hard_to_read, unlike_the_committed

DECK = figures.SLIDES.parent / "04_data_parallel.md"
COUNTED = {"04_steps.svg", "04_memory.svg"}  # steps and bytes are the same on every machine


def committed() -> dict:
    try:
        return load_lecture("data_parallel")
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    """Those of the committed record, drawn once."""
    return figures.pictures(committed())


def test_the_committed_pictures_are_those_of_the_committed_record(pictures: dict[str, Picture]):
    assert unlike_the_committed(pictures, figures.SLIDES, "04") == []


def test_every_letter_on_a_slide_can_be_read(pictures: dict[str, Picture]):
    assert hard_to_read(pictures) == []


def test_the_slides_say_what_their_figures_say_and_on_which_machine(pictures: dict[str, Picture]):
    record = committed()
    drawn = {f"04_{name}.svg": picture for name, picture in pictures.items()}
    assert unlike_their_figures(DECK, drawn) == []
    assert without_their_machine(DECK, set(drawn) - COUNTED, record["machine"], record["date"]) == []


def test_the_slides_and_their_notes_quote_the_records():
    deck = " ".join(DECK.read_text(encoding="utf-8").split())
    missing = [quote for quote in slide_quotes(committed()) if quote not in deck]
    assert not missing, f"the slides should say: {missing}"
    assert any("leave early" in line for line in quotes(committed()))
