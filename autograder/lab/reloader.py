"""Load edits of the desk's files into a running notebook.

Before a cell runs, every desk module whose file changed is loaded again, together with the modules that import it:
a compiled function keeps the functions it was compiled with, so a patch in place is not enough. Names that the
notebook imported from such a module (`from loops import python_loops`) get their new values.
"""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import MutableMapping
from pathlib import Path
from types import ModuleType
from typing import Any

Stamp = tuple[int, int]


class Reloader:
    """Watcher of the modules that were imported from `desk`."""

    def __init__(self, desk: Path) -> None:
        self.desk = desk
        self.stamps: dict[str, Stamp] = {}

    def modules(self) -> dict[str, ModuleType]:
        """The desk's imported modules, by name."""
        found = {}
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if "." not in name and isinstance(file, str) and Path(file).parent == self.desk:
                found[name] = module
        return found

    def note(self) -> None:
        """Record the state of files that were imported since the last call."""
        for name in self.modules():
            self.stamps.setdefault(name, self.stamp(name))

    def stamp(self, name: str) -> Stamp:
        with contextlib.suppress(OSError):
            status = (self.desk / f"{name}.py").stat()
            return status.st_mtime_ns, status.st_size
        return 0, -1

    def refresh(self, names: MutableMapping[str, Any]) -> list[str]:
        """Load changed files again, update `names` (the notebook's variables), and return messages for the reader.

        If a file does not load, its former version stays in use, and a message says so.
        """
        modules = self.modules()
        for name in modules:
            self.stamps.setdefault(name, self.stamp(name))
        changed = {name for name in modules if self.stamps[name] != self.stamp(name)}
        messages = []
        for name in self.order(modules, changed):
            message = self.load_again(modules[name], names)
            self.stamps[name] = self.stamp(name)
            if message:
                messages.append(message)
        return messages

    def order(self, modules: dict[str, ModuleType], changed: set[str]) -> list[str]:
        """The changed modules and their importers, each after its own imports."""
        imports = {name: self.imports(name) & modules.keys() for name in modules}
        affected = set(changed)
        while more := {name for name in modules if imports[name] & affected} - affected:
            affected |= more
        ordered: list[str] = []

        def visit(name: str, path: tuple[str, ...]) -> None:
            for each in sorted(imports[name]):
                if each not in path:  # a circle of imports is loaded in any order
                    visit(each, (*path, each))
            if name in affected and name not in ordered:
                ordered.append(name)

        for name in sorted(affected):
            visit(name, (name,))
        return ordered

    def imports(self, name: str) -> set[str]:
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            found: set[str] = set()
            for node in ast.walk(ast.parse((self.desk / f"{name}.py").read_bytes())):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found.add(node.module)
            return found
        return set()

    def load_again(self, module: ModuleType, names: MutableMapping[str, Any]) -> str:
        space = vars(module)
        former = dict(space)
        file = self.desk / f"{module.__name__}.py"
        try:
            # Not importlib.reload: it may use bytecode of the old text if an edit keeps the second and the size.
            code = compile(file.read_bytes(), str(file), "exec")
            for name in [name for name in space if not name.startswith("__")]:
                del space[name]  # what is gone from the file must not linger
            exec(code, space)
        except BaseException as error:
            space.clear()
            space.update(former)
            if isinstance(error, KeyboardInterrupt):
                raise
            return f"{told(error, file.name)} The notebook still uses the version from before your edit."
        for name, value in list(names.items()):
            for attribute, old in former.items():
                if value is old and not attribute.startswith("__") and is_own(old, module):
                    names[name] = space.get(attribute, value)
                    break
        return ""


def told(error: BaseException, file: str) -> str:
    if isinstance(error, SyntaxError):
        return f"{file}, line {error.lineno}: {error.msg}."
    if isinstance(error, OSError):
        return f"{file}: {error.strerror}."
    return f"{file}: {type(error).__name__}: {error}."


def is_own(value: Any, module: ModuleType) -> bool:
    """True for a value that the module made: a function, a class, a compiled function; not `np` or 3."""
    return getattr(value, "__module__", None) == module.__name__
