"""The submission inside the sandbox: finds the student's functions, and runs the unit's harness."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


class MissingError(Exception):
    """A missing file or function of the submission."""


class LoadedSubmission:
    """The graded files in `folder`; `functions` maps each function of the manifest to its file ("*": any)."""

    def __init__(self, folder: str, functions: dict[str, str]) -> None:
        self.folder, self.functions = folder, functions
        self.modules: dict[str, Any] = {}
        self.loading = ""  # the file whose import has not come to its end
        self.harnesses: dict[str, dict[str, Any]] = {}

    def function(self, name: str) -> Callable[..., Any]:
        """The student's function, or `file.py:name`. Raises MissingError, and the exceptions of the import."""
        self.loading = ""
        file, _, attribute = name.rpartition(":")
        file = file or self.functions.get(name) or self.functions.get("*", "")
        if not file:
            raise MissingError(f"no task asks for a function {name}")
        module = self.module(file)
        try:
            return getattr(module, attribute)
        except AttributeError:
            raise MissingError(f"{file} has no function {attribute}") from None

    def files(self) -> list[str]:
        """The files that hold the tasks."""
        return sorted({file for file in self.functions.values() if file})

    def module(self, file: str) -> Any:
        """A file of the submission, imported once in each process."""
        if file not in self.modules:
            if not Path(self.folder, file).is_file():
                raise MissingError(f"{file} is not in the submission")
            if self.folder not in sys.path:
                sys.path.insert(0, self.folder)
            name = file.removesuffix(".py").replace("/", ".")
            loaded = sys.modules.get(name)
            if loaded is not None and not str(getattr(loaded, "__file__", "")).startswith(self.folder):
                del sys.modules[name]  # a preloaded library of the same name
            self.loading = file
            self.modules[file] = importlib.import_module(name)
            self.loading = ""
        return self.modules[file]

    def harness(self, source: str, name: str) -> Callable[..., Any]:
        """A function of the unit's harness, in which `student_function(name)` gives the student's."""
        if source not in self.harnesses:
            space: dict[str, Any] = {"__name__": "harness", "student_function": self.function}
            exec(compile(source, "<harness>", "exec"), space)
            self.harnesses[source] = space
        try:
            return self.harnesses[source][name]
        except KeyError:
            raise LookupError(f"the harness has no function {name}") from None
