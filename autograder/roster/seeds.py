"""The seeds of a gradebook's entries: each submission has inputs of its own, which nobody can compute beforehand.

The folder of the gradebook holds a secret, which is made once and which only its owner can read. The seed of an entry
is a keyed hash (HMAC) of the submission, of the grader, and of the number of the draw: `--regrade` starts a new draw.
So the same submission keeps its seed, and the seed of one submission says nothing about the seed of another.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from autograder.core.append_log import Journal
from autograder.core.files import write_new
from autograder.core.storage import explain
from autograder.core.units import CourseError
from autograder.judge.submission import Submission
from autograder.roster.keys import entry_key

BITS = 53  # every seed is exact in JSON, also where numbers are floats
SECRET = re.compile(rb"[0-9a-f]{64}\n")


@dataclass(frozen=True)
class Seeds:
    """The seeds of one grading. given: the one seed of everybody (`--seed`). draw: counts the regrades, from 1."""

    draw: int
    given: int | None = None
    secret: bytes = b""

    def entry(self, submission: Submission, grader: str) -> tuple[str, int]:
        """(the key of the submission's entry, its seed)."""
        if self.given is not None:
            return entry_key(submission, grader, str(self.given)), self.given
        text = f"{submission.sha256}/{grader}/{self.draw}"
        digest = hmac.digest(self.secret, text.encode(), "sha256")
        # The key is public. It names the draw by all bits of the hash: who tries every seed of 53 bits finds nothing.
        return entry_key(submission, grader, hashlib.sha256(digest).hexdigest()), seed_of(digest)


def seed_of(digest: bytes) -> int:
    return int.from_bytes(digest[:8]) >> (64 - BITS)


def choose_seeds(home: Path, journal: Journal, *, given: int | None, fresh: bool) -> Seeds:
    """The seeds for the next grading of the gradebook in `home`: those of the last one, so that entries stay valid.

    given: the seed that the caller asks for. fresh: start a new draw; an interrupted regrade continues with its draw.
    Raises CourseError if the secret of earlier entries is gone.
    """
    draw, last, unfinished = 0, None, False
    for event in journal:
        if event["event"] == "started":
            last, unfinished = event, True
            draw = max(draw, int(event.get("draw") or 0))
        elif event["event"] == "finished":
            unfinished = False
    if given is not None:
        return Seeds(draw, given)
    go_on = last is not None and (not fresh or (unfinished and last.get("fresh")))
    if go_on and last is not None and last.get("seed") is not None:
        return Seeds(draw, int(last["seed"]))
    path = home / ".secret"
    if go_on and draw and not path.exists():
        raise CourseError(
            f"{path} is missing, so the inputs of earlier gradings cannot be drawn again\n"
            "  to fix: copy it back from a backup, or add --regrade to draw new inputs for everybody"
        )
    return Seeds(draw if go_on and draw else draw + 1, None, secret_in(path))


def secret_in(path: Path) -> bytes:
    """The secret in this file, made at the first use: mode 600. Raises CourseError if it cannot be read."""
    try:
        if not path.exists():
            write_new(path, f"{secrets.token_hex(32)}\n".encode(), mode=0o600)
        found = path.read_bytes()
    except OSError as error:
        if explain(error):  # a full disk, say: the command line has the words
            raise
        raise CourseError(f"{path}: expected the gradebook's secret, got: {error.strerror}") from None
    if not SECRET.fullmatch(found):
        raise CourseError(
            f"{path}: expected 64 hexadecimal digits, got {len(found)} bytes\n"
            "  to fix: copy it back from a backup, or remove it and add --regrade to draw new inputs for everybody"
        )
    return bytes.fromhex(found.decode().strip())
