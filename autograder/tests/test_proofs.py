"""The proofs of this course: complete, as they were written, shown to readers, and true for what changed since."""

from __future__ import annotations

import warnings

import pytest

from autograder.authoring.proof_pages import page_problems
from autograder.authoring.proof_state import proof_state
from autograder.authoring.prove import verify
from autograder.core.units import Unit, find_units
from autograder.tests.needs import need_sandbox

UNITS = [unit for unit in find_units() if unit.manifest.exists()]
by_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.slug)


@by_unit
def test_every_submission_has_a_proof_that_nobody_edited(unit: Unit):
    problems = proof_state(unit).problems()
    assert not problems, "\n".join(problems)


@by_unit
def test_the_pages_show_the_proof(unit: Unit):
    problems = page_problems(unit)
    assert not problems, "\n".join(problems)


@pytest.mark.slow
@pytest.mark.alone  # it grades on all cores, and some checks measure time
@pytest.mark.timeout(1800)
@by_unit
def test_what_changed_since_the_proof_still_holds(unit: Unit):
    """Rows that changed inside the unit; a drawn sample where only the judge or shared code changed."""
    need_sandbox()
    problems, notes = verify(unit)
    for note in notes:
        warnings.warn(note, stacklevel=1)
    assert not problems, "\n".join(problems)


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.timeout(3600)
@by_unit
def test_every_row_holds(unit: Unit):
    need_sandbox()
    problems, _ = verify(unit, everything=True)
    assert not problems, "\n".join(problems)
