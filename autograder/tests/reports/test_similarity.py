"""Similar passages are found where they are, the starter's are not, and the page accuses nobody."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from autograder.core.units import Unit, course_root
from autograder.reports import html
from autograder.reports.similarity import Work, compare, excerpt, fingerprint
from autograder.tests.reports import sample

STARTER = '''
"""Operations on lists."""

import itertools


def same_length(a, b):
    """Raises ValueError when the lengths differ."""
    if len(a) != len(b):
        raise ValueError(f"expected equal lengths, got {len(a)} and {len(b)}")
    return True


def add(a, b):
    """Sum two lists, element by element."""
    raise NotImplementedError("01.1 add")
'''
OWN = """    total = []
    for left, right in zip(a, b, strict=True):
        carry = left + right
        if carry > 1000:
            carry = carry - 1000 * (carry // 1000)
        total.append(carry)
    while total and total[-1] is None:
        total.pop()
    return total
"""
OTHER = """    import operator

    return list(itertools.starmap(operator.add, itertools.zip_longest(a, b, fillvalue=0)))
"""
RENAMED = OWN.replace("total", "answer").replace("carry", "s").replace("left", "x").replace("right", "y")


def solved(body: str) -> str:
    return STARTER.replace('    raise NotImplementedError("01.1 add")\n', body)


def works(**bodies: str) -> list[Work]:
    return [Work(name, {"ops.py": solved(body)}) for name, body in bodies.items()]


def test_a_renamed_copy_is_found_and_an_own_solution_is_not():
    found = compare(works(ada=OWN, bo="    # my own idea\n" + RENAMED, cy=OTHER), {"ops.py": STARTER})
    [pair] = found
    assert (pair.module, pair.left, pair.right) == ("ops.py", "ada", "bo")
    assert min(pair.shares) > 0.8
    shared = "".join(text for line in pair.excerpts[0].lines if line for text, flag in line.pieces if flag)
    assert "carry - 1000" in shared
    assert "expected equal lengths" not in shared, "that is the starter's"


def test_the_starter_is_not_similar_to_itself():
    assert compare(works(ada="    pass\n", bo="    pass\n"), {"ops.py": STARTER}) == []
    untouched = [Work(name, {"ops.py": STARTER}) for name in ("ada", "bo", "cy")]
    assert compare(untouched, {"ops.py": STARTER}) == []


def test_without_the_starter_it_would_be():
    assert len(compare(works(ada="    pass\n", bo="    pass\n"), {})) == 1


def test_what_much_of_the_class_wrote_is_left_out():
    many = works(**{f"s{number}": OWN for number in range(12)})
    assert compare(many, {"ops.py": STARTER}) == []


def test_files_of_any_kind_are_survived():
    odd = [
        Work("a", {"ops.py": "\ufeff\r\n\r\ndef f(:\r\n\x00'''"}),
        Work("b", {"ops.py": ""}),
        Work("c", {}),
        Work("d", {"ops.py": solved(OWN).replace("\n", "\r\n")}),
        Work("e", {"ops.py": "\n\n\n" + solved(OWN)}),
    ]
    [pair] = compare(odd, {"ops.py": STARTER})
    assert (pair.left, pair.right) == ("d", "e")
    for side in pair.excerpts:
        assert any("carry" in text for line in side.lines if line for text, flag in line.pieces if flag)


def test_an_excerpt_marks_the_very_characters():
    code = fingerprint("ops.py", "a = 1\nb = 2\n").raw_code
    found = excerpt(code, np.array([[2], [9]]))
    assert found.lines[0] is not None
    assert found.lines[0].pieces == (("a ", False), ("= 1", True))
    assert found.lines[1] is not None
    assert found.lines[1].pieces == (("b =", True), (" 2", False))


def test_the_page_shows_both_sides_and_accuses_nobody():
    bad = OWN.replace("1000:", "1000:  # </pre><script>alert(1)</script>\n")
    pairs = compare(
        [*works(ada=bad, bo=bad), Work(sample.HOSTILE, {"ops.py": solved(OWN)})], {"ops.py": STARTER}
    )
    page = html.template("similarity.html").render(unit="01_tiny", pairs=pairs, works=3, least=0.3)
    assert "<script" not in page
    assert "<mark>" in page
    assert "proves\nnothing" in page
    words = re.sub(r"<[^>]*>", " ", page).lower()
    for word in ("plagiar", "cheat", "copied", "guilty", "suspect", "misconduct"):
        assert word not in words
    assert "points" in words
    assert "changes nobody" in words


@pytest.mark.slow
def test_a_class_of_the_first_unit_is_fast(tmp_path: Path):
    """Sixty copies of a real module, changed a little: seconds, not minutes."""
    unit = Unit("01_matmul_cpu", course_root())
    text = (unit.reference / "blocked.py").read_text()
    people = [Work(f"s{n}", {"blocked.py": text.replace("def ", f"def p{n}_", n % 7)}) for n in range(60)]
    del tmp_path
    assert compare(people, {}) == [], "all of it is common to the class"
