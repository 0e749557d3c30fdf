"""Notebooks in tests. nbformat takes two seconds to import (a grammar of addresses): it waits for who needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def new(*cells: str) -> Any:
    """A notebook of these code cells."""
    import nbformat

    made = [nbformat.v4.new_code_cell(source) for source in cells]
    return nbformat.v4.new_notebook(cells=made, metadata=KERNEL)


def read(path: Path) -> Any:
    """The notebook at `path`. Raises nbformat.ValidationError for what is none."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def write(notebook: Any, path: Path) -> None:
    import nbformat

    nbformat.write(notebook, path)


def execute(notebook: Any, folder: Path, *, seconds: int = 120) -> None:
    """Run every cell in a fresh kernel, in `folder`. Raises `cell_error()` when one fails."""
    from nbclient import NotebookClient

    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=seconds, kernel_name="python3", resources=resources).execute()


def cell_error() -> type[Exception]:
    """The exception of a cell that failed, for pytest.raises."""
    from nbclient.exceptions import CellExecutionError

    return CellExecutionError
