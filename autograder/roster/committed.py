"""Read a submission from a commit: single objects by name, without a worktree or a full listing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from autograder.core.manifest import Manifest
from autograder.core.units import Unit
from autograder.judge.submission import MAX_BYTES, Entry, Submission, worth_naming
from autograder.roster.git import GitError
from autograder.roster.mirror import Mirror


@dataclass(frozen=True)
class TreeEntry:
    """One line of a folder in git."""

    mode: str
    kind: str  # "blob", "tree", "commit" (a submodule)
    sha: str
    size: int  # bytes; 0 for what is no blob


def of_commit(mirror: Mirror, commit: str, unit: Unit, manifest: Manifest) -> Submission:
    """The files of work/NN_slug/ in a commit, or of its top folder if they are there. Raises GitError."""
    top = listing(mirror, f"{commit}:")
    at_top = sum(is_file(top[name]) for name in manifest.modules if name in top)
    # Through a link no path leads on: a folder `work` that is one is not there.
    whole = at_top == len(manifest.modules)
    desk = {} if whole else listing(mirror, f"{commit}:work/{unit.slug}")
    at_desk = sum(is_file(desk[name]) for name in manifest.modules if name in desk)
    names = desk if desk and (not at_top or at_desk > at_top) else top  # one stray file hides no desk
    entries: list[Entry] = []
    wanted: list[tuple[str, TreeEntry]] = []
    for name in manifest.modules:
        found = names.get(name)
        if found is None:
            continue
        if not is_file(found):
            entries.append(Entry(name, "link" if found.mode == "120000" else "folder"))
        elif found.size > MAX_BYTES:
            entries.append(Entry(name, "large", size=found.size))
        else:
            wanted.append((name, found))
    contents = blobs(mirror, [found.sha for _, found in wanted])
    entries += [Entry(name, "file", data) for (name, _), data in zip(wanted, contents, strict=True)]
    entries.sort(key=lambda entry: manifest.modules.index(entry.name))
    return Submission(tuple(entries), worth_naming(list(names), manifest))


def is_file(entry: TreeEntry) -> bool:
    return entry.kind == "blob" and entry.mode.startswith("100")


def tree(mirror: Mirror, commit: str) -> dict[str, TreeEntry]:
    """Path -> entry of every file in a commit. Raises GitError if there are too many."""
    return listing(mirror, commit, "-r")


def listing(mirror: Mirror, tree: str, *options: str) -> dict[str, TreeEntry]:
    """Name -> entry of one folder, without its subfolders; {} if there is no folder.

    A tree that was made by hand may hold names such as "..": they are only compared with wanted names.
    """
    try:
        output = mirror.git("ls-tree", *options, "-z", "--long", "--full-tree", tree)
    except GitError as error:
        if error.timed_out or "too many" in str(error):
            raise
        return {}
    found: dict[str, TreeEntry] = {}
    for line in output.split(b"\0"):
        head, tab, name = line.partition(b"\t")
        fields = head.decode(errors="replace").split()
        if tab and len(fields) == 4:
            size = int(fields[3]) if fields[3].isdigit() else 0
            found.setdefault(name.decode(errors="replace"), TreeEntry(fields[0], fields[1], fields[2], size))
    return found


def blobs(mirror: Mirror, shas: list[str]) -> list[bytes]:
    """The contents of these objects, in order. Raises GitError if one is missing."""
    if not shas:
        return []
    output = mirror.git("cat-file", "--batch", stdin="".join(f"{sha}\n" for sha in shas).encode())
    found, at = [], 0
    for sha in shas:
        end = output.find(b"\n", at)
        head = output[at:end].split()
        if end < 0 or len(head) != 3:
            raise GitError(f"the object {sha} is missing")
        size = int(head[2])
        found.append(output[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return found


def changed_files(mirror: Mirror, commit: str, released: dict[str, str]) -> tuple[str, ...]:
    """The files of the course that this commit changed or removed; `released`: path -> blob id.

    A commit without any of them (a repository with only the solutions) changed nothing.
    """
    paths = sorted(released)
    names = "".join(f"{commit}:{path}\n" for path in paths)
    output = mirror.git("cat-file", "--batch-check=%(objectname)", stdin=names.encode()).decode(
        errors="replace"
    )
    found = dict(zip(paths, output.splitlines(), strict=False))
    there = [path for path, answer in found.items() if not answer.endswith(" missing")]
    if not there:
        return ()
    return tuple(path for path in paths if found.get(path) != released[path])


def blob_id(content: bytes) -> str:
    """Git's name (blob id) of a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
