"""The judge: run a unit's checks against a submission, without importing it.

    from autograder.judge.grading import grade_submission
    result = grade_submission(unit, folder)

This file imports nothing: the sandboxed worker shares the package, and starts in milliseconds.
"""
