"""Rules that hold for the Markdown of every lecture."""

import re
from pathlib import Path

import pytest

from reference.tests.shared.deck_text import slides

DECKS = sorted((Path(__file__).resolve().parents[3] / "slides").glob("[0-9][0-9]_*.md"))


@pytest.mark.parametrize("deck", DECKS, ids=lambda path: path.stem)
def test_a_slide_has_one_headline(deck: Path):
    """The first slide has a subtitle as well; every other slide has one heading, outside of its code."""
    for slide in slides(deck):
        text = re.sub(r"```.*?```", "", slide.text, flags=re.DOTALL)
        found = re.findall(r"^#{1,6} .+$", text, re.MULTILINE)
        assert len(found) == (2 if slide.number == 1 else 1), f"slide {slide.number}: {found}"


@pytest.mark.parametrize("deck", DECKS, ids=lambda path: path.stem)
def test_a_slide_refers_to_slides_of_its_deck(deck: Path):
    """Notes and texts name other slides by number; a slide that was removed leaves a number without a slide."""
    last = slides(deck)[-1].number
    named = re.findall(r"\b[Ss]lides? (\d+)(?: (?:to|and) (\d+))?", deck.read_text(encoding="utf-8"))
    beyond = [number for pair in named for number in pair if number and not 1 <= int(number) <= last]
    assert not beyond, f"expected slides 1 to {last}, got references to {beyond}"
