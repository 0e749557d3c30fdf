"""Bubblewrap's file-system arguments: what the sandbox sees, and where."""

from __future__ import annotations

from pathlib import Path


class View:
    """Bubblewrap's file-system arguments, in order; parents are made readable, which bubblewrap does not."""

    def __init__(self, hidden: tuple[Path, ...]) -> None:
        self.arguments: list[str] = []
        self.bound: list[Path] = []
        self.made: set[Path] = {Path("/")}
        self.hidden = hidden

    def parents(self, path: Path) -> None:
        for parent in reversed(path.parents):
            covered = any(parent.is_relative_to(bound) for bound in self.bound)
            if parent not in self.made and not covered:
                self.arguments += ["--perms", "0755", "--dir", str(parent)]
                self.made.add(parent)

    def bind(self, path: Path, at: Path | None = None, *, optional: bool = False) -> None:
        at = at or path
        if optional and not path.exists():
            return
        if at == path and any(at.is_relative_to(bound) for bound in self.bound):
            return
        self.parents(at)
        self.arguments += ["--ro-bind", str(path), str(at)]
        self.bound.append(at)

    def system(self, path: Path) -> None:
        """/bin and its like: a link into /usr on most systems, a folder on others."""
        if path.is_symlink():
            self.arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            self.bind(path)

    def mask(self) -> None:
        """Cover what must not be seen where a bound folder holds it, for example a checkout below /usr."""
        for path in self.hidden:
            if not path.is_dir():
                continue
            holders = [bound for bound in self.bound if path.is_relative_to(bound)]
            inner = [bound for bound in self.bound if bound.is_relative_to(path) and bound != path]
            if holders:
                self.arguments += ["--tmpfs", str(path)]
                for bound in inner:
                    self.arguments += ["--ro-bind", str(bound), str(bound)]
