"""The name of a gradebook entry: a hash of everything that decides the result."""

from __future__ import annotations

import hashlib

from autograder.judge.submission import Submission


def entry_key(submission: Submission, grader_key: str, inputs: str) -> str:
    """SHA-256 (hexadecimal) that names the entry of one submission.

    grader_key: see judge/provenance.py. inputs: names the draw of the inputs, see seeds.py.
    """
    return hashlib.sha256(f"{submission.sha256}/{grader_key}/{inputs}".encode()).hexdigest()
