"""Push files to one branch of a student's repository, without touching anything else there.

There is no working tree: git's plumbing commands write blobs, trees and the commit into a repository of our own, and
push one ref, never by force. Other branches are neither fetched nor written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from autograder.core.scratch import scratch_folder
from autograder.roster.git import FetchLimits, GitError, git

Tree: TypeAlias = Mapping[str, "bytes | Tree"]
FETCHED = "refs/fetched/branch"
RECEIVER = (
    "git -c safe.directory=* -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.alternateRefsCommand=true"
    " -c receive.denyCurrentBranch=refuse -c gc.auto=0 -c maintenance.auto=false receive-pack"
)
PEOPLE = ("-c", "user.name=autograder", "-c", "user.email=autograder@localhost")


def push_files(repository: str, branch: str, files: Tree, message: str, limits: FetchLimits) -> str:
    """Add `files` to `branch`; returns "pushed" or "unchanged".

    Replaces a file of the same path, and keeps the others. If somebody else pushes to the branch at the same moment,
    tries once more. Raises GitError if the repository cannot be reached, or refuses the push.
    """
    try:
        return attempt(repository, branch, files, message, limits)
    except GitError as error:
        if "failed to push" not in str(error):
            raise
    try:
        return attempt(repository, branch, files, message, limits)
    except GitError as error:
        raise GitError(
            f"{error} (check that your account may push, and that `{branch}` is not protected)"
        ) from None


def attempt(repository: str, branch: str, files: Tree, message: str, limits: FetchLimits) -> str:
    with scratch_folder("feedback") as folder:
        ours = Plumbing(folder / "git", limits)
        parent = ours.fetch(repository, f"refs/heads/{branch}")
        before = ours.run("rev-parse", f"{parent}^{{tree}}").decode().strip() if parent else ""
        tree = ours.tree(before, files)
        if tree == before:
            return "unchanged"
        parents = ("-p", parent) if parent else ()
        commit = ours.run("commit-tree", *parents, "-m", message, tree).decode().strip()
        ours.push(repository, commit, f"refs/heads/{branch}")
        return "pushed"


class Plumbing:
    """A bare repository of our own."""

    def __init__(self, home: Path, limits: FetchLimits) -> None:
        self.home, self.limits = home, limits
        git("init", "--quiet", "--bare", str(home), limits=limits)

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        return git(*PEOPLE, f"--git-dir={self.home}", *arguments, limits=self.limits, stdin=stdin)

    def fetch(self, repository: str, ref: str) -> str:
        """Fetch the tip of a ref, without its history; returns its hash, or "" if there is no such ref."""
        listed = self.run("ls-remote", repository, ref).decode(errors="replace")
        if not any(line.endswith(f"\t{ref}") for line in listed.splitlines()):
            return ""
        self.run("fetch", "--quiet", "--depth=1", "--no-tags", repository, f"+{ref}:{FETCHED}")
        return self.run("rev-parse", FETCHED).decode().strip()

    def push(self, repository: str, commit: str, ref: str) -> None:
        """Set a ref of the repository, unless commits would be lost.

        If the repository is a local folder, its side of the push runs on this machine: without its hooks.
        """
        here = repository.startswith(("/", "file:"))
        receiver = [f"--receive-pack={RECEIVER}"] if here else []
        self.run("push", "--quiet", "--no-verify", *receiver, repository, f"{commit}:{ref}")

    def tree(self, before: str, files: Tree) -> str:
        """Write the tree `before` ("" for none) plus `files`; returns its hash."""
        entries = dict(self.entries(before)) if before else {}
        for name, content in files.items():
            if isinstance(content, bytes):
                blob = self.run("hash-object", "-w", "--stdin", stdin=content).decode().strip()
                entries[name.encode()] = f"100644 blob {blob}".encode()
                continue
            kind, _, inner = entries.get(name.encode(), b"").decode().partition(" ")[2].partition(" ")
            below = self.tree(inner if kind == "tree" else "", content)
            entries[name.encode()] = f"040000 tree {below}".encode()
        lines = b"".join(entry + b"\t" + name + b"\0" for name, entry in entries.items())
        return self.run("mktree", "-z", stdin=lines).decode().strip()

    def entries(self, tree: str) -> list[tuple[bytes, bytes]]:
        """Name -> "mode type hash" of one level of a tree."""
        found = []
        for line in self.run("ls-tree", "-z", tree).split(b"\0"):
            entry, tab, name = line.partition(b"\t")
            if tab:
                found.append((name, entry))
        return found
