"""A submission as plain data: the files that the manifest names, and what else stands in their places.

It travels to any engine, and is written out for the judge, who decides what to make of links and the like.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.core.manifest import Manifest
from autograder.judge.intake import MAX_BYTES, MAX_ENTRIES

Kind = Literal["file", "link", "folder", "large", "unreadable"]
ADVICE = (".py", ".pth", ".ini", ".toml")  # names of this kind are worth a word from the judge


@dataclass(frozen=True)
class Entry:
    """What has the name of one of the manifest's files."""

    name: str
    kind: Kind
    data: bytes = b""  # of a file
    size: int = 0  # bytes, of what is too large


@dataclass(frozen=True)
class Snapshot:
    """The entries in the manifest's order, and the names of their neighbours."""

    entries: tuple[Entry, ...]
    neighbours: tuple[str, ...] = ()
    refused: str = ""  # why nothing of the submission can be taken in

    @property
    def empty(self) -> bool:
        """True when none of the manifest's files is there."""
        return not self.entries

    @property
    def content(self) -> str:
        """SHA-256 (hexadecimal) of what is graded; what lies beside it does not count."""
        digest = hashlib.sha256(self.refused.encode())
        for entry in self.entries:
            digest.update(
                f"{entry.name}\0{entry.kind}\0{entry.size}\0{len(entry.data)}\0".encode() + entry.data
            )
        return digest.hexdigest()

    @property
    def sha256(self) -> str:
        """SHA-256 (hexadecimal) of everything that can change the result or the words in it."""
        return hashlib.sha256("\0".join([self.content, *self.neighbours]).encode()).hexdigest()

    def write(self, folder: Path) -> None:
        """Put everything where the judge takes it in; a link leads nowhere, a large file is empty space."""
        for name in self.neighbours:
            (folder / name).touch()
        for entry in self.entries:
            path = folder / entry.name
            match entry.kind:
                case "file":
                    path.write_bytes(entry.data)
                case "link":
                    path.symlink_to("a-link-of-the-submission")
                case "folder" | "unreadable":
                    path.mkdir()
                case "large":
                    with path.open("wb") as file:
                        file.truncate(min(entry.size, 1 << 40))

    def files(self) -> dict[str, bytes]:
        """The real files alone."""
        return {entry.name: entry.data for entry in self.entries if entry.kind == "file"}

    def to_data(self) -> dict[str, Any]:
        """JSON data that `from_data` turns back."""
        entries = [[e.name, e.kind, base64.b64encode(e.data).decode(), e.size] for e in self.entries]
        return {"entries": entries, "neighbours": list(self.neighbours), "refused": self.refused}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Snapshot:
        entries = tuple(Entry(n, k, base64.b64decode(d), size) for n, k, d, size in data["entries"])
        return cls(entries, tuple(data["neighbours"]), data["refused"])


def worth_naming(names: list[str], manifest: Manifest) -> tuple[str, ...]:
    """Neighbours that the judge may mention: harmless as file names, and not too many."""
    taken = {name.casefold() for name in manifest.modules}
    found = []
    for name in sorted(names):
        near = name.casefold().strip() in taken and name not in manifest.modules
        plain = name.isprintable() and "/" not in name and len(name.encode(errors="replace")) <= 200
        if (
            plain
            and (near or (name.endswith(ADVICE) and name not in manifest.modules))
            and name not in (".", "..")
        ):
            found.append(name)
    return tuple(found[:MAX_ENTRIES])


def of_folder(folder: Path, manifest: Manifest) -> Snapshot:
    """What lies in a folder of this machine; links are seen, not followed. Raises OSError for no folder."""
    top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        names = [os.fsencode(name).decode(errors="replace") for name in os.listdir(top)]  # noqa: PTH208
        entries = [entry for name in manifest.modules if (entry := look(top, name)) is not None]
    finally:
        os.close(top)
    return Snapshot(tuple(entries), worth_naming(names, manifest))


def look(top: int, name: str) -> Entry | None:
    """One name in a folder that is open as `top`."""
    try:
        status = os.stat(name, dir_fd=top, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            return Entry(name, "link")
        if not stat.S_ISREG(status.st_mode):
            return Entry(name, "folder")
        if status.st_size > MAX_BYTES:
            return Entry(name, "large", size=status.st_size)
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=top)
    except FileNotFoundError:
        return None
    except OSError:
        return Entry(name, "unreadable")
    with os.fdopen(fd, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    return Entry(name, "file", data) if len(data) <= MAX_BYTES else Entry(name, "large", size=len(data))
