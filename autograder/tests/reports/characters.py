"""Characters that a report may show, by their Unicode category."""

from __future__ import annotations

import unicodedata

SPACES_AND_JOINERS = " \u200c\u200d"  # the joiners are part of the spelling of names in several scripts


def is_text(char: str) -> bool:
    """Letters, marks, numbers, punctuation and symbols, also those that are newer than this Python (Cn)."""
    category = unicodedata.category(char)
    return category[0] in "LMNPS" or category == "Cn" or char in SPACES_AND_JOINERS
