"""Lay out JupyterLab's window for a unit: the notebook, and the files to write beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.core.units import Unit

SHARES = [0.46, 0.54]  # of the window's width: at 1600 pixels the editor shows 88 columns
# Six tabs still show their names. With more modules, the first three get one; the notebook links to the others.
MOST_TABS, FIRST_TABS = 6, 3


def opened(modules: Sequence[str]) -> Sequence[str]:
    """The modules that get a tab at first."""
    return modules if len(modules) <= MOST_TABS else modules[:FIRST_TABS]


def layout(notebook: str, modules: Sequence[str], folder: str) -> dict[str, Any]:
    """JupyterLab's description of its window: the notebook on the left, a tab for each module on the right.

    All paths are relative to the server's root. The file browser shows `folder`, and is closed.
    """
    modules = opened(modules)
    left, right = f"notebook:{notebook}", [f"editor:{module}" for module in modules]
    widgets: dict[str, Any] = {left: {"data": {"path": notebook, "factory": "Notebook"}}}
    widgets |= {f"editor:{module}": {"data": {"path": module, "factory": "Editor"}} for module in modules}
    panes = [{"type": "tab-area", "currentIndex": 0, "widgets": names} for names in ([left], right) if names]
    dock = {
        "type": "split-area",
        "orientation": "horizontal",
        "sizes": SHARES[: len(panes)],
        "children": panes,
    }
    return widgets | {
        "file-browser-filebrowser:cwd": {"path": folder},
        "layout-restorer:data": {
            "main": {"dock": dock, "current": left},
            "left": {
                "collapsed": True,
                "visible": True,
                "widgets": ["filebrowser", "running-sessions", "@jupyterlab/toc:plugin"],
            },
            "right": {"collapsed": True, "widgets": []},
        },
    }


def write_workspace(folder: Path, unit: Unit, modules: Sequence[str]) -> None:
    """Write the layout into JupyterLab's `folder`, unless a layout there shows the notebook.

    That one has the changes that the student made, so it stays.
    """
    # Jupyter's server takes seconds to import, and every other use of this module needs none of it.
    from jupyterlab_server.workspaces_handler import WORKSPACE_EXTENSION, WorkspacesManager, slugify

    desk = unit.desk.relative_to(unit.root).as_posix()
    notebook = f"{desk}/{unit.slug}.ipynb"
    if shows(folder / (slugify(unit.slug) + WORKSPACE_EXTENSION), f"notebook:{notebook}"):
        return
    data = layout(notebook, [f"{desk}/{module}" for module in modules], desk)
    workspace = {"data": data, "metadata": {"id": unit.slug}}
    WorkspacesManager(str(folder)).save(unit.slug, json.dumps(workspace))


def shows(file: Path, widget: str) -> bool:
    """True if the layout in `file` has `widget` in its main area; False if it cannot be read."""
    try:
        main = json.loads(file.read_text())["data"]["layout-restorer:data"]["main"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return f'"{widget}"' in json.dumps(main, ensure_ascii=False)
