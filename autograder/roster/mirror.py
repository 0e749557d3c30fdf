"""The grader's own copy of one repository: it keeps every tip that it fetched, whatever is pushed later.

A fetch takes only the tip of the default branch, without its history (`--depth=1`), so that an old large file does no
harm. The name of its ref has the time at which the fetch began. Git writes the ref after the objects, so a kill
in between loses nothing that was received.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from autograder.core.locks import locked
from autograder.roster.addresses import short_name
from autograder.roster.git import FetchLimits, GitError, git, safe_path

STAMP = "%Y%m%dT%H%M%S.%fZ"
INCOMING, RECEIVED = "refs/incoming/", "refs/received/"
BRANCH = re.compile(r"([0-9a-f]{40,64})\trefs/heads/(\w[^\s:*?\[\\^~]{0,200})")
FEEDBACK = "feedback"  # the branch of our own reports
MOST_BRANCHES = 10
USUAL = ("main", "master")
OPTIONS = ("--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")


class FetchError(Exception):
    """A failed fetch; the message is for the instructor."""


class TooLargeError(FetchError):
    """A repository above the size limit; the message is for the student too."""


class EmptyError(FetchError):
    """A repository without commits."""


class Mirror:
    """A bare repository in `home`, made at its first use."""

    def __init__(self, home: Path, address: str, limits: FetchLimits) -> None:
        self.folder = home / f"{short_name(address)}.git"
        self.address, self.limits = address, limits

    @contextlib.contextmanager
    def locked(self) -> Iterator[int]:
        """Lock the repository. Git inherits the lock, so that a git process that outlives its grader keeps it."""
        with locked(self.folder.with_suffix(".lock")) as fd:
            yield fd

    def git(self, *arguments: str, stdin: bytes = b"", keep: tuple[int, ...] = ()) -> bytes:
        place = f"--git-dir={safe_path(self.folder)}"
        return git(place, *arguments, limits=self.limits, stdin=stdin, keep=keep)

    def make(self) -> None:
        """Make the repository, whole or not at all."""
        if self.folder.exists():
            for stale in [*self.folder.glob("*.lock"), *self.folder.glob("refs/**/*.lock")]:
                stale.unlink(missing_ok=True)  # of a git that was killed: this process has the lock
            self.drop_partial_packs()
            return
        temporary = Path(tempfile.mkdtemp(prefix=".new-", dir=self.folder.parent))
        try:
            git("init", "--quiet", "--bare", safe_path(temporary), limits=self.limits)
            temporary.rename(self.folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise

    def fetch(self, at: datetime, lock: int) -> None:
        """Fetch the tip of the default branch, for the time `at`. Raises FetchError and its subclasses."""
        self.make()
        ref = INCOMING + at.astimezone(UTC).strftime(STAMP)
        try:
            self.git(
                "fetch", *OPTIONS, "--no-auto-maintenance", "--", self.address, f"+HEAD:{ref}", keep=(lock,)
            )
        except GitError as error:
            if self.drop_partial_packs() >= (self.limits.megabytes << 20) - 4096:
                limit = f"{self.limits.megabytes} MB"
                raise TooLargeError(f"the repository is larger than {limit}: it is not graded") from None
            if error.timed_out:
                raise FetchError(f"fetching took longer than {self.limits.seconds:g} s") from None
            if "remote ref HEAD" in str(error):
                raise EmptyError("the repository is empty: nothing was pushed to it") from None
            raise FetchError(f"cannot be fetched: {error}") from None

    def fetch_branches(self, lock: int) -> list[tuple[str, str]]:
        """(branch, commit) of at most ten branches, which are fetched now, main and master first; [] if none can be.

        For a repository without work in its default branch: a branch that cannot be fetched is left out.
        """
        try:
            listing = self.git("ls-remote", "--heads", "--", self.address, keep=(lock,))
        except GitError:
            return []
        tips = [(found[2], found[1]) for found in BRANCH.finditer(listing.decode(errors="replace"))]
        tips = sorted((tip for tip in tips if tip[0] != FEEDBACK), key=lambda tip: (tip[0] not in USUAL, tip))
        fetched = []
        for branch, commit in tips[:MOST_BRANCHES]:
            ref = f"+refs/heads/{branch}:{RECEIVED}{commit}"
            try:
                self.git("fetch", *OPTIONS, "--no-auto-maintenance", "--", self.address, ref, keep=(lock,))
            except GitError:
                self.drop_partial_packs()
                continue
            fetched.append((branch, self.git("rev-parse", f"{RECEIVED}{commit}").decode().strip()))
        return fetched

    def drop_partial_packs(self) -> int:
        """Remove the files of a failed fetch; returns the size in bytes of the largest."""
        largest = 0
        for path in self.folder.glob("objects/pack/tmp_*"):
            with contextlib.suppress(OSError):
                largest = max(largest, path.stat().st_size)
                path.unlink()
        return largest

    def incoming(self) -> list[tuple[datetime, str]]:
        """(time, commit) of each fetch that is not in the record yet, the earliest first."""
        listing = self.git("for-each-ref", "--format=%(objectname) %(refname)", INCOMING).decode()
        found = []
        for line in listing.splitlines():
            commit, _, ref = line.partition(" ")
            with contextlib.suppress(ValueError):
                found.append(
                    (datetime.strptime(ref.removeprefix(INCOMING), STAMP).replace(tzinfo=UTC), commit)
                )
        return sorted(found)

    def keep(self, at: datetime, commit: str) -> None:
        """Keep the objects of a recorded commit for good."""
        incoming = INCOMING + at.strftime(STAMP)
        lines = f"update {RECEIVED}{commit} {commit}\ndelete {incoming}\n"
        self.git("update-ref", "--stdin", stdin=lines.encode())
