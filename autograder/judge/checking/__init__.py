"""Everything that a check imports from the autograder; docs/checks.md explains the rules.

A check is a pytest function in `autograder/checks/NN_slug/test_*.py`. The manifest gives it points.

    import pytest

    from autograder.judge.checking import expect_close

    @pytest.mark.task("01.3")
    def test_numba_loops_handles_rectangles(student, rng):
        a, b = rng.standard_normal((3, 5)), rng.standard_normal((5, 2))
        got = student.call("numba_loops", a, b)
        expect_close(got, a @ b, rtol=1e-12, hint="c has as many rows as a, and as many columns as b.")

Fixtures
    student     the student's functions, in the sandbox: see `Student`
    baseline    the functions of the unit's baseline.py in a sandbox of their own, also a `Student`
    rng         numpy.random.Generator with a new seed for every run; the result names the seed

Marks
    task("01.3")    the task that the check belongs to, as in the manifest
    hidden          students do not get the check
    alone           the check measures time: nothing runs beside it (`baseline` implies it)

Take the expected value from an oracle that is independent of the reference. A failed check explains itself: it names
the call, the first wrong element, and a hint. `expect_close`, `expect_equal` and `fail` do so; a plain `assert` says
less. State the form of a value that the check itself uses: `student.call(..., gives=Array(np.int64, n))`. Take a
bound on rounding errors from `gamma`, never from experiments. Compare times only with `speed_ratio`.
"""

from autograder.core.result import Status
from autograder.judge.checking.bounds import gamma, product_and_bound, roundoff
from autograder.judge.checking.compare import expect_close, expect_equal
from autograder.judge.checking.describe import short
from autograder.judge.checking.failures import CheckFailure, StudentFailure, fail
from autograder.judge.checking.form import Array, DictOf, ListOf, expect_form
from autograder.judge.checking.rank_run import RankMessage, RankRun
from autograder.judge.checking.student import Student
from autograder.judge.checking.timing import SpeedRatio, Timing, speed_ratio

__all__ = [
    "Array",
    "CheckFailure",
    "DictOf",
    "ListOf",
    "RankMessage",
    "RankRun",
    "SpeedRatio",
    "Status",
    "Student",
    "StudentFailure",
    "Timing",
    "expect_close",
    "expect_equal",
    "expect_form",
    "fail",
    "gamma",
    "product_and_bound",
    "roundoff",
    "short",
    "speed_ratio",
]
