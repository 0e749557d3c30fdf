"""Characters that people may be shown."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"  # invisible, but part of the spelling of names in several scripts


def printable(char: str) -> bool:
    """Tell whether a character is text: no control, no mark of the reading direction, no line end.

    A character that is newer than this Python's tables counts as text: rare names have such ones.
    """
    return (
        char.isprintable() or char in JOINERS or (unicodedata.category(char) == "Cn" and is_free(ord(char)))
    )


def check_words(test: str, function: str) -> str:
    """The name of a check in words, without its task's function: "test_add_keeps_its_input" -> "keeps its input"."""
    name = test.removeprefix("test_")
    own = name.removeprefix(function)
    return (own.strip("_") if own[:1] in {"", "_"} else name).replace("_", " ") or name.replace("_", " ")


def is_free(code: int) -> bool:
    """False for the 66 code points that Unicode will never assign; XML forbids some of them."""
    return code & 0xFFFE != 0xFFFE and not 0xFDD0 <= code <= 0xFDEF
