"""A submission as plain data: the files of the manifest, or the links and other things in their places.

It is read once, from a folder or a commit. Engines send it as JSON, and the judge grades it.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.core.manifest import Manifest
from autograder.core.safe_open import (
    FileTooLargeError,
    LinkError,
    NotRegularError,
    open_folder,
    read_regular,
)

MAX_BYTES = 1 << 20  # of one source file
MAX_NEIGHBOURS = 2000  # names beside the files that are kept for advice
LONGEST_NAME = 255  # bytes of such a name
ADVICE = (".py", ".pth", ".ini", ".toml")  # names of this kind are worth a word to the student

Kind = Literal["file", "link", "folder", "large", "unreadable"]


@dataclass(frozen=True)
class Entry:
    """A directory entry with the name of a file of the manifest."""

    name: str
    kind: Kind  # folder: or a pipe, a device, a socket
    data: bytes = b""  # of a file
    size: int = 0  # bytes, of what is too large
    why: str = ""  # what is wrong, of what is unreadable: "cannot be read: Permission denied"

    @property
    def refusal(self) -> str:
        """The reason why it cannot be graded, for the student; "" for a file."""
        match self.kind:
            case "file":
                return ""
            case "link":
                return f"{self.name} is a symbolic link; hand in the file itself"
            case "folder":
                return f"{self.name} is not a regular file"
            case "large":
                limit = MAX_BYTES >> 20
                return f"{self.name} has {self.size >> 20} MB; the limit for a source file is {limit} MB"
            case "unreadable":
                return f"{self.name} {self.why or 'cannot be read'}"


@dataclass(frozen=True)
class Submission:
    """The entries in the manifest's order, and names of other files that the judge may mention."""

    entries: tuple[Entry, ...]
    neighbours: tuple[str, ...] = ()  # untrusted: print them through intake.printable
    refused: str = ""  # why nothing of the submission can be taken in

    @classmethod
    def of_folder(cls, folder: Path, manifest: Manifest) -> Submission:
        """Read a folder of this machine, without following links. Raises OSError if it is not a folder."""
        top = open_folder(folder)
        try:
            names = os.listdir(top)  # noqa: PTH208 -- of a descriptor
            entries = [entry for name in manifest.modules if (entry := read_entry(top, name)) is not None]
        finally:
            os.close(top)
        return cls(tuple(entries), worth_naming(names, manifest))

    @property
    def empty(self) -> bool:
        """True if none of the manifest's files exists."""
        return not self.entries

    @property
    def refusal(self) -> str:
        """The reason why it cannot be graded, for the student; "" if it can."""
        return self.refused or next(filter(None, (entry.refusal for entry in self.entries)), "")

    @property
    def content(self) -> str:
        """SHA-256 (hexadecimal) of the graded files only."""
        digest = hashlib.sha256(self.refused.encode())
        for entry in self.entries:
            told = (entry.name, entry.kind, entry.size, entry.why, len(entry.data))
            digest.update("\0".join(map(str, told)).encode() + b"\0" + entry.data)
        return digest.hexdigest()

    @property
    def sha256(self) -> str:
        """SHA-256 (hexadecimal) of everything that can change the result or its messages."""
        parts = [self.content, *self.neighbours]
        return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()

    def files(self) -> dict[str, bytes]:
        """Name -> content of the real files."""
        return {entry.name: entry.data for entry in self.entries if entry.kind == "file"}

    def to_data(self) -> dict[str, Any]:
        """JSON data for `from_data`."""
        entries = [[e.name, e.kind, base64.b64encode(e.data).decode(), e.size, e.why] for e in self.entries]
        return {"entries": entries, "neighbours": list(self.neighbours), "refused": self.refused}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Submission:
        entries = tuple(Entry(n, k, base64.b64decode(d), size, why) for n, k, d, size, why in data["entries"])
        return cls(entries, tuple(data["neighbours"]), data["refused"])


def read_entry(top: int, name: str) -> Entry | None:
    """The entry with this name in a folder that is open as `top`; None if there is none."""
    try:
        return Entry(name, "file", read_regular(name, MAX_BYTES, dir_fd=top))
    except FileNotFoundError:
        return None
    except LinkError:
        return Entry(name, "link")
    except NotRegularError:
        return Entry(name, "folder")
    except FileTooLargeError as error:
        grew = Entry(name, "unreadable", why="grows while it is read")
        return grew if error.grew else Entry(name, "large", size=error.size)
    except OSError as error:
        return Entry(name, "unreadable", why=f"cannot be read: {error.strerror}")


def worth_naming(names: list[str], manifest: Manifest) -> tuple[str, ...]:
    """The first of the other files that the judge may mention, in order."""
    modules = {name.casefold() for name in manifest.modules}

    def advises(name: str) -> bool:
        near = name.casefold().strip() in modules
        short = len(name.encode(errors="surrogatepass")) <= LONGEST_NAME
        return short and name not in manifest.modules and (near or name.endswith(ADVICE))

    return tuple(sorted(filter(advises, names))[:MAX_NEIGHBOURS])
