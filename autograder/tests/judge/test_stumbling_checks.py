"""No reply, whatever its form, makes a check raise anything but a failure of the student."""

from __future__ import annotations

import os
import random

import pytest

from autograder.core.manifest import unit_manifest
from autograder.core.units import Unit, course_root, find_unit, find_units
from autograder.tests.judge.mutated_values import mutations, nothing
from autograder.tests.judge.rehearsal import EVERY, Stage, is_failure, sends_a_value, stage

# Changed replies of a check (None: every one). The checks of unit 02 and those that measure time compare large values.
MOST = {"00": None, "01": None}
UNITS = [unit.slug[:2] for unit in find_units()]
# Checks of a part of a function, whose value the harness sends.
NO_CALL = {
    "test_divide_and_conquer_leaves_fit",
    "test_divide_and_conquer_depth_in_order",
}
# The right answer is an empty text; the check also expects a message, which this test does not take away.
EMPTY_IS_RIGHT = {"test_disagreement_none"}
FIRST = 4  # replies of a check that are all changed; of the others the last one, and two that are drawn


def stumbles(play: Stage, name: str, draw: random.Random, most: int | None = None) -> list[str]:
    """What the check raised besides failures, over its replies (of `most` mutations, drawn, if that is given)."""
    student, baseline, raised = play.run(name)
    if not is_failure(raised) or (raised is not None and not play.timing(name)):
        return [f"{name} on the reference itself: {raised!r}"]
    count = len(student.replies)
    numbers = {*range(min(FIRST, count)), count - 1, *(draw.randrange(count) for _ in range(2))}
    tries = [(at, how, make) for at in numbers for how, make in mutations(student.replies[at].answer).items()]
    found = []
    for at, how, make in tries if most is None else draw.sample(tries, min(most, len(tries))):
        _, _, raised = play.run(name, student.replies, baseline.replies, at, lambda _, make=make: make())
        if not is_failure(raised):
            found.append(f"{name}, reply {at + 1} of {count}, {how}: {raised!r}"[:500])
    return found


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch):
    """Harnesses look for compiled code there; it stays, because compiling takes longer than all the rest."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(course_root() / "build" / "numba"))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "checks", "most"), [("00", 8, 30), ("01", 3, 30)])
def test_a_sample_of_checks_meets_replies_of_any_form(number: str, checks: int, most: int):
    unit = find_unit(number)
    seed = random.randrange(1 << 32)
    draw = random.Random(seed)
    manifest = unit_manifest(unit)
    names = draw.sample(list(manifest.checks), checks)
    with stage(unit, manifest, names) as play:
        quick = [name for name in names if not play.timing(name)]
        found = [each for name in quick for each in stumbles(play, name, draw, most)]
    assert not found, f"seed {seed}: {found}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", ["00", *(pytest.param(each, marks=pytest.mark.exhaustive) for each in UNITS[1:])]
)
def test_no_check_gives_points_to_a_function_that_computes_nothing(number: str):
    """Every value is 0, in the right form; what a harness sees and how long it takes is as in the reference."""
    unit = find_unit(number)
    with stage(unit, unit_manifest(unit)) as play:
        passed = []
        for name in play.manifest.checks:
            student, baseline, _ = play.run(name)
            if any(sends_a_value(reply) for reply in student.replies):
                _, _, raised = play.run(name, student.replies, baseline.replies, EVERY, nothing)
            else:
                raised = None  # it never calls the function
            passed += [name] * (raised is None)
    assert sorted(passed) == sorted((NO_CALL | EMPTY_IS_RIGHT) & play.manifest.checks.keys())


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("number", UNITS)
def test_every_check_meets_replies_of_any_form(number: str):
    unit: Unit = find_unit(number)
    only = os.environ.get("MLSYS_CHECKS", "")
    with stage(unit, unit_manifest(unit)) as play:
        names = [name for name in play.manifest.checks if only in name]
        found = [
            each
            for name in names
            for each in stumbles(
                play, name, random.Random(name), 60 if play.timing(name) else MOST.get(number, 80)
            )
        ]
    assert not found, "\n".join(found)
