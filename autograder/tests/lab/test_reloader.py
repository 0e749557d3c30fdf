"""Edits of the desk reach a running notebook, compiled functions included."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from autograder.lab.reloader import Reloader


class Desk:
    """A folder of modules, and a notebook's variables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reloader = Reloader(folder)
        self.names: dict[str, Any] = {}

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.py").write_text(text)

    def load(self, name: str) -> ModuleType:
        importlib.invalidate_caches()
        module = importlib.import_module(name)
        self.reloader.note()
        return module

    def refresh(self) -> list[str]:
        return self.reloader.refresh(self.names)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield Desk(tmp_path)
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(str(tmp_path)):
            del sys.modules[name]


def test_an_edit_reaches_the_module_and_the_names_taken_from_it(desk: Desk):
    desk.write("rdesk_a", "X = 1\ndef f():\n    return 1\nclass C:\n    kind = 1\n")
    module = desk.load("rdesk_a")
    desk.names |= {"f": module.f, "g": module.f, "C": module.C, "x": module.X, "other": len}
    assert desk.refresh() == []
    # Same length, same second: what a bytecode cache would miss.
    desk.write("rdesk_a", "X = 2\ndef f():\n    return 2\nclass C:\n    kind = 2\n")
    assert desk.refresh() == []
    assert module.f() == 2
    assert desk.names["f"]() == desk.names["g"]() == 2
    assert desk.names["C"].kind == 2
    assert desk.names["x"] == 1, "a number is the notebook's own"
    assert desk.names["other"] is len


def test_modules_that_import_an_edited_one_are_loaded_again_in_order(desk: Desk):
    desk.write("rdesk_a", "def f():\n    return 1\n")
    desk.write("rdesk_b", "from rdesk_a import f\nA = f()\n")
    desk.write("rdesk_c", "import rdesk_b\nB = rdesk_b.A * 10\n")
    desk.write("rdesk_d", "D = object()\n")
    c, d = desk.load("rdesk_c"), desk.load("rdesk_d")
    unrelated = d.D
    desk.write("rdesk_a", "def f():\n    return 2\n")
    assert desk.refresh() == []
    assert c.B == 20
    assert d.D is unrelated


def test_a_circle_of_imports_ends(desk: Desk):
    desk.write("rdesk_a", "import rdesk_b\nX = 1\n")
    desk.write("rdesk_b", "import rdesk_a\nX = 1\n")
    a = desk.load("rdesk_a")
    desk.write("rdesk_b", "import rdesk_a\nX = 22\n")
    assert desk.refresh() == []
    assert a.rdesk_b.X == 22


def test_a_broken_edit_keeps_the_old_version_and_says_so_once(desk: Desk):
    desk.write("rdesk_a", "def f():\n    return 1\n")
    module = desk.load("rdesk_a")
    desk.write("rdesk_a", "def f():\n    return (\n")
    [message] = desk.refresh()
    assert message.startswith("rdesk_a.py, line 2: ")
    assert "still uses the version from before your edit" in message
    assert module.f() == 1
    assert desk.refresh() == [], "told once"
    desk.write("rdesk_a", "def f():\n    return 3\nraise RuntimeError('no')\n")
    [message] = desk.refresh()
    assert "RuntimeError: no" in message
    assert module.f() == 1
    desk.write("rdesk_a", "def f():\n    return 4\n")
    assert desk.refresh() == []
    assert module.f() == 4


def test_a_deleted_function_is_gone_and_a_deleted_file_is_told(desk: Desk):
    desk.write("rdesk_a", "def f():\n    return 1\ndef g():\n    return 1\n")
    module = desk.load("rdesk_a")
    desk.write("rdesk_a", "def f():\n    return 1\n")
    assert desk.refresh() == []
    assert not hasattr(module, "g")
    (desk.folder / "rdesk_a.py").unlink()
    [message] = desk.refresh()
    assert message.startswith("rdesk_a.py: No such file")
    assert module.f() == 1


def test_compiled_functions_are_compiled_again(desk: Desk):
    pytest.importorskip("numba")
    kernel = "from numba import njit\n@njit(cache=True)\ndef kernel(x):\n    return x + {}\n"
    desk.write("rdesk_a", kernel.format(1))
    desk.write(
        "rdesk_b",
        "from numba import njit\nfrom rdesk_a import kernel\n"
        "@njit\ndef twice(x):\n    return kernel(kernel(x))\n",
    )
    a, b = desk.load("rdesk_a"), desk.load("rdesk_b")
    desk.names |= {"kernel": a.kernel, "twice": b.twice}
    assert (a.kernel(0), b.twice(0)) == (1, 2)
    desk.write("rdesk_a", kernel.format(10))
    assert desk.refresh() == []
    assert (a.kernel(0), b.twice(0)) == (10, 20)
    assert (desk.names["kernel"](0), desk.names["twice"](0)) == (10, 20)
