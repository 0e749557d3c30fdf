"""`./mlsys test`: which tests each tier, unit and part runs, and its exit codes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from autograder.authoring.testing import durations
from autograder.authoring.testing.selection import of_unit
from autograder.authoring.testing.tiers import ALL, DEFAULT, FAST, TIERS
from autograder.commands.test import both, chooses, tier_of
from autograder.core.units import course_root
from autograder.tests.tree import copy_tree, mlsys
from reference.shared.machine import usable_cores

TESTS = """
import os
import pytest

def test_quick():
    assert os.environ.get("BREAK") != "quick"

@pytest.mark.slow
def test_slow():
    assert os.environ.get("BREAK") != "slow"

@pytest.mark.exhaustive
def test_once_more():
    assert os.environ.get("BREAK") != "exhaustive"

@pytest.mark.alone
def test_alone(request):
    assert not hasattr(request.config, "workerinput"), "one of several workers runs it"
    assert os.environ.get("BREAK") != "alone"
"""
OF_UNITS = """
import pytest

@pytest.mark.exhaustive
@pytest.mark.parametrize("unit", ["81_tiny", "82_tinyfied"])
def test_each(unit):
    assert unit == "81_tiny"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The course with a test of each kind, and with tests of two units that have only slides."""
    root = copy_tree(tmp_path / "course", "autograder", "reference")
    for folder in ("autograder/tests", "reference/tests"):
        shutil.rmtree(root / folder)
        (root / folder).mkdir()
    shutil.copy2(course_root() / "pyproject.toml", root)
    (root / "reference/tests/test_kinds.py").write_text(TESTS)
    (root / "autograder/tests/test_units.py").write_text(OF_UNITS)
    (root / "slides").mkdir()
    for slug in ("81_tiny", "82_tinyfied"):
        (root / "slides" / f"{slug}.md").touch()
    return root


def passed(done: subprocess.CompletedProcess[str]) -> int:
    """How many tests passed, in all parts of a run that succeeded."""
    assert done.returncode == 0, done.stdout + done.stderr
    return sum(map(int, re.findall(r"(\d+) passed", done.stdout)))


def counts(text: str) -> list[str]:
    """What pytest's closing lines count, one line a part."""
    return [found.strip("= ") for found in re.findall(r"^(.*) in [\d.]+s\b", text, re.MULTILINE)]


@pytest.mark.slow
def test_the_default_tier_leaves_out_repetitions_and_runs_in_two_parts(tree: Path):
    done = mlsys(tree, "test", "--durations=1", BREAK="exhaustive")
    assert passed(done) == 3
    if usable_cores() > 1:
        assert [line.partition(",")[0] for line in counts(done.stdout)] == ["2 passed", "1 passed"]
    failed = mlsys(tree, "test", "-q", BREAK="slow")
    assert (failed.returncode, failed.stdout.count("1 failed")) == (1, 1), failed.stdout


@pytest.mark.slow
def test_fast_leaves_the_slow_tests_out(tree: Path):
    assert passed(mlsys(tree, "test", "--fast", BREAK="slow")) == 2
    name = "reference/tests/test_kinds.py::"
    recorded = {name + "test_quick": durations.LONG, name + "test_alone": durations.LONG - 0.1}
    (tree / durations.PLACE).write_text(json.dumps(recorded))
    assert passed(mlsys(tree, "test", "--fast", BREAK="quick")) == 1, "one test was recorded as long"


@pytest.mark.exhaustive  # four whole runs of the tests
def test_a_unit_has_all_of_its_tests_and_those_of_no_other(tree: Path):
    assert passed(mlsys(tree, "test", "--unit", "81")) == 1
    assert mlsys(tree, "test", "--unit", "82").returncode == 1


@pytest.mark.exhaustive  # three whole runs of the tests
def test_the_parts_of_everything_are_everything(tree: Path):
    record, ran = tree / durations.PLACE, Counter[str]()
    mlsys(tree, "test", "--all", "--record")
    assert set(durations.read(tree)) == {
        "autograder/tests/test_units.py",
        "reference/tests/test_kinds.py",
        "reference/tests/test_kinds.py (alone)",
    }
    record.write_text(json.dumps(dict.fromkeys(durations.read(tree), 1.0)))
    for shard in ("1/2", "2/2"):
        told = mlsys(tree, "test", "--all", "--shard", shard, "-rA").stdout
        ran.update(re.findall(r"^(?:PASSED|FAILED) \S+::(\S+)", told, re.MULTILINE))
    assert ran == Counter(
        [
            "test_quick",
            "test_slow",
            "test_once_more",
            "test_alone",
            "test_each[81_tiny]",
            "test_each[82_tinyfied]",
        ]
    )


@pytest.mark.slow
def test_other_words_go_to_pytest(tree: Path):
    done = mlsys(tree, "test", "--fast", "-k", "no_such_test")
    assert (done.returncode, counts(done.stdout)) == (5, ["6 deselected"]), done.stdout
    one = mlsys(tree, "test", "-x", BREAK="slow")
    assert (one.returncode, counts(one.stdout)) == (1, ["1 failed, 1 passed, 3 deselected"]), "in their order"
    assert mlsys(tree, "test", "no/such/file.py").returncode == 4


@pytest.mark.parametrize(
    ("words", "options", "tier"),
    [
        ([], {}, DEFAULT),
        (["-q", "--durations=3"], {}, DEFAULT),
        ([], {"fast": True}, FAST),
        (["-k", "wire"], {"fast": True}, FAST),
        ([], {"everything": True}, ALL),
        (["-k", "wire"], {}, ALL),
        (["-x", "autograder/tests"], {}, ALL),
        (["reference/tests/effort.py::test_x"], {}, ALL),
        ([], {"unit": "03"}, ALL),
        ([], {"unit": "03", "fast": True}, FAST),
    ],
)
def test_tests_that_you_choose_run_in_any_tier(words: list[str], options: dict, tier: object):
    assert tier_of(words, **{"fast": False, "everything": False, "unit": None, **options}) is tier


def test_what_chooses_tests():
    assert [word for word in ("-k", "--lf", "autograder/cli.py", "-x", "--pdb", "wire") if chooses(word)] == [
        "-k",
        "--lf",
        "autograder/cli.py",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fast", "--all"), "--fast and --all exclude each other"),
        (("--shard", "7/6"), "expected i/N with 1 <= i <= N, like 2/6\n  got: '7/6'"),
        (("--shard", "half"), "got: 'half'"),
        (("--unit", "99"), "unknown unit '99'"),
        (("--record",), "--record needs all tests in one run"),
        (("--all", "--shard", "1/2", "--record"), "--record needs all tests in one run"),
    ],
)
def test_wrong_options_are_one_message(arguments: tuple[str, ...], message: str):
    done = mlsys(course_root(), "test", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("first", "second", "code"), [(0, 0, 0), (0, 1, 1), (1, 0, 1), (0, 5, 0), (5, 1, 1), (5, 5, 5), (1, 4, 4)]
)
def test_two_runs_have_one_exit_code(first: int, second: int, code: int):
    assert both(first, second) == code


@pytest.mark.parametrize(
    ("test", "belongs"),
    [
        ("reference/tests/serving/test_queue.py::test_empty", True),
        ("reference/tests/lab/serving/test_charts.py::test_x", True),
        ("autograder/tests/test_proofs.py::test_every_row_holds[08_serving]", True),
        ("reference/tests/shared/test_serving_loop.py::test_x", True),
        ("reference/tests/conserving/test_x.py::test_preserving", False),
    ],
)
def test_a_test_of_a_unit_has_its_name_as_a_word(test: str, belongs: bool):
    assert of_unit(test, "08_serving") is belongs


def test_larger_tiers_leave_out_less_and_help_says_how_long_they_take():
    fast, default, everything = TIERS.values()
    assert set(fast.leaves_out) > set(default.leaves_out) > set(everything.leaves_out)
    assert fast.effort < default.effort <= everything.effort == 1
    told = " ".join(mlsys(course_root(), "test", "--help", COLUMNS="200", TERM="dumb").stdout.split())
    assert all(tier.budget in told for tier in (fast, default, everything))
