"""Bubblewrap's file-system arguments: the files that the sandbox sees, with their paths inside."""

from __future__ import annotations

from pathlib import Path


class View:
    """Bubblewrap's file-system arguments, in order; also makes parent folders readable, which bubblewrap does not.

    hidden: folders that must not be seen, even where a bound folder holds them.
    """

    def __init__(self, hidden: tuple[Path, ...]) -> None:
        self.arguments: list[str] = []
        self.asked: list[Path] = []  # bound at their own place
        self.bound: set[Path] = set()
        self.made: set[Path] = {Path("/")}
        self.hidden = hidden

    def covered(self, path: Path) -> bool:
        """True if a bound folder contains the path."""
        return path in self.bound or not self.bound.isdisjoint(path.parents)

    def parents(self, path: Path) -> None:
        for parent in reversed(path.parents):
            if parent not in self.made and not self.covered(parent):
                self.arguments += ["--perms", "0755", "--dir", str(parent)]
                self.made.add(parent)

    def bind(self, path: Path, at: Path | None = None, *, optional: bool = False) -> None:
        """Show `path`, read-only, at its own place or at another."""
        if optional and not path.exists():
            return
        if at is None:
            self.asked.append(path)
            if self.covered(path):
                return
        self.parents(at or path)
        self.arguments += ["--ro-bind", str(path), str(at or path)]
        self.bound.add(at or path)

    def device(self, path: Path, at: Path) -> None:
        """Make the device file `path`, or a folder of them, usable at `at`, in an existing folder."""
        self.arguments += ["--dev-bind", str(path), str(at)]

    def temporary(self, path: Path, megabytes: int) -> None:
        """Make a writable folder in memory; later bindings inside it are visible."""
        self.arguments += ["--perms", "1777", "--size", str(megabytes << 20), "--tmpfs", str(path)]
        self.made.add(path)

    def system(self, path: Path) -> None:
        """Show /bin and the like: a link into /usr on most systems, a folder on others."""
        if path.is_symlink():
            self.arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            self.bind(path)

    def mask(self) -> None:
        """Cover the hidden folders that are visible, and bind the requested paths inside them again."""
        for path in self.hidden:
            if path.is_dir() and self.covered(path) and path not in self.asked:
                self.arguments += ["--perms", "0755", "--tmpfs", str(path)]
                for inner in self.asked:
                    if path in inner.parents:
                        for parent in reversed(inner.parents):
                            if path in parent.parents:
                                self.arguments += ["--perms", "0755", "--dir", str(parent)]
                        self.arguments += ["--ro-bind", str(inner), str(inner)]
