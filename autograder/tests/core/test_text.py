"""Words for people: names of checks."""

from __future__ import annotations

import pytest

from autograder.core.text import check_words


@pytest.mark.parametrize(
    ("test", "function", "words"),
    [
        ("test_add_keeps_its_input", "add", "keeps its input"),
        ("test_adds", "add", "adds"),
        ("test_additive", "add", "additive"),
        ("test_add", "add", "add"),
        ("test_sums", "add", "sums"),
    ],
)
def test_a_check_is_named_in_words(test: str, function: str, words: str):
    assert check_words(test, function) == words
