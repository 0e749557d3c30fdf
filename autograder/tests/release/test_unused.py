"""Helpers of checks that no public test needs stay behind, and the rest still imports."""

from __future__ import annotations

import ast

from autograder.core.units import Unit, find_units
from autograder.release.public_checks import public_check_files
from autograder.release.unused import definitions, used_names, without_unused
from autograder.tests.mini import write

TEST = """
import oracle
from edges import corner, middle
from oracle import (
    far,
    near,
)
import only_hidden


def test_one(student, numbers):
    near(student.probe("harness.py:seen", middle))
"""
ORACLE = """
LIMIT = 3


def near(x):
    return _inner(x)


def far(x):
    return _further(x)


def _inner(x):
    return LIMIT


def _further(x):
    return LIMIT


class Kept:
    def method(self):
        return self.other()

    def other(self):
        return 1


KEPT = Kept()


@pytest.fixture
def numbers(rng):
    return rng


@pytest.fixture
def letters(rng):
    return rng


@pytest.fixture(autouse=True)
def quiet():
    yield
"""
TEXTS = {
    "test_a.py": TEST,
    "oracle.py": ORACLE,
    "edges.py": "def corner():\n    return 1\n\n\ndef middle():\n    return 2\n",
    "only_hidden.py": "def zero():\n    return 0\n",
    "harness.py": "def seen(x):\n    return x\n\n\ndef unseen(x):\n    return x\n",
    "constants.py": "SIZES = (1, 2)\n",
}


def test_only_what_a_test_comes_to_is_kept():
    kept = without_unused(TEXTS)
    names = {name: [*definitions(text)] for name, text in kept.items()}
    assert names == {
        "test_a.py": ["test_one"],
        "oracle.py": ["near", "_inner", "Kept", "numbers", "quiet"],
        "edges.py": ["middle"],
        "harness.py": ["seen"],
        "constants.py": [],
    }
    assert [*map(ast.unparse, ast.parse(kept["test_a.py"]).body[:-1])] == [
        "import oracle",
        "from edges import middle",
        "from oracle import near",
    ]
    assert "def other" in kept["oracle.py"]


def test_nothing_changes_where_all_is_used():
    texts = {
        "test_a.py": "def test_one(student):\n    help()\n",
        "oracle.py": "def help():\n    pass  # yes\n",
    }
    assert without_unused(texts) == texts


def test_a_helper_of_hidden_tests_does_not_leave(unit: Unit):
    hidden = "import pytest\nfrom extra import secret_sizes\n\n\n@pytest.mark.hidden\n"
    hidden += "def test_x(student):\n    assert secret_sizes()\n\n\ndef test_y(student):\n    pass\n"
    write(unit.checks / "test_extra.py", hidden)
    write(unit.checks / "extra.py", "def secret_sizes():\n    return [7, 0]\n")
    files, names = public_check_files(unit)
    assert "test_x" in names
    assert "extra.py" not in files
    assert b"secret_sizes" not in b"".join(files.values())
    assert b"def test_y" in files["test_extra.py"]


def test_this_course_hands_out_no_helper_that_nothing_uses():
    for each in find_units():
        texts = {name: content.decode() for name, content in public_check_files(each)[0].items()}
        unused = {name for text in texts.values() for name in definitions(text)} - used_names(texts)
        assert unused == set(), each.slug
